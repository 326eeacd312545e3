;; Calls from the host to `torvyn:streaming/source`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "pull" (func $pull (result i32)))
  (import "guest" "pull.post" (func $post (param i32)))
  (import "guest" "notify-backpressure" (func $notify (param i32)))
  (import "guest" "notify-backpressure.post" (func $notify_post))
  (import "stage" "check_case" (func $check_case (param i32 i32 i32)))
  (import "stage" "area" (func $area (param i32 i32 i32)))
  (import "stage" "enter" (func $enter))
  (import "stage" "begin_post" (func $begin_post))
  (import "stage" "exit" (func $exit))
  (import "stage" "is_error" (func $is_error (param i32) (result i32)))
  (import "stage" "lift_error" (func $lift_error (param i32)))
  (import "stage" "lift_output" (func $lift_output (param i32)))
  (import "stage" "accept" (func $accept (result i32)))

  ;; Calls `pull`. Returns the outcome: @outcome.ended if the source is exhausted, that of `accept` if there is an
  ;; element, or @outcome.failed.
  ;;
  ;; `result<option<output-element>, process-error>` has its cases at 0 and 8, the element at 16, the error at 8.
  (func (export "pull") (result i32)
    (local $at i32) (local $outcome i32)
    (call $enter)
    (local.set $at (call $pull))
    (call $area (local.get $at) (i32.const 48) (i32.const 7))
    (if (call $is_error (local.get $at))
      (then
        (call $lift_error (i32.add (local.get $at) (i32.const 8)))
        (local.set $outcome (i32.const @outcome.failed)))
      (else
        (local.set $outcome (i32.load8_u $g offset=8 (local.get $at)))
        (call $check_case (local.get $outcome) (i32.const 1) (i32.const @violation.option_case))
        (if (local.get $outcome)
          (then (call $lift_output (i32.add (local.get $at) (i32.const 16)))))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (if (i32.eq (local.get $outcome) (i32.const @outcome.emitted))
      (then (return (call $accept))))
    (local.get $outcome))

  ;; Calls `notify-backpressure` with the case of a `backpressure-signal`.
  (func (export "notify") (param $signal i32)
    (call $enter)
    (call $notify (local.get $signal))
    (call $begin_post)
    (call $notify_post)
    (call $exit)))
