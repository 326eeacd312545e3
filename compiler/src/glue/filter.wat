;; Calls from the host to `torvyn:filtering/filter`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "evaluate" (func $evaluate (param i64 i64 i32 i32 i32 i32) (result i32)))
  (import "guest" "evaluate.post" (func $post (param i32)))
  (import "stage" "area" (func $area (param i32 i32 i32)))
  (import "stage" "enter" (func $enter))
  (import "stage" "type_len" (func $type_len (param i32) (result i32)))
  (import "stage" "lend" (func $lend (param i32 i32) (result i32 i32 i32)))
  (import "stage" "end_loan" (func $end_loan (param i32)))
  (import "stage" "returned" (func $returned))
  (import "stage" "begin_post" (func $begin_post))
  (import "stage" "exit" (func $exit))
  (import "stage" "is_error" (func $is_error (param i32) (result i32)))
  (import "stage" "lift_error" (func $lift_error (param i32)))

  ;; Calls `evaluate` with an element, given by its metadata (`type` is the number of the content type) and the id of
  ;; its buffer. Returns the outcome: @outcome.emitted if the element passes, @outcome.ended if not, or @outcome.failed.
  ;;
  ;; `result<bool, process-error>` has its case at 0, either value at 4.
  (func (export "evaluate") (param $sequence i64) (param $timestamp i64) (param $type i32) (param $id i32) (result i32)
    (local $at i32) (local $text i32) (local $payload i32) (local $context i32) (local $outcome i32)
    (call $enter)
    (call $lend (local.get $type) (local.get $id))
    (local.set $context)
    (local.set $payload)
    (local.set $text)
    (local.set $at
      (call $evaluate
        (local.get $sequence)
        (local.get $timestamp)
        (local.get $text)
        (call $type_len (local.get $type))
        (local.get $payload)
        (local.get $context)))
    (call $returned)
    (call $area (local.get $at) (i32.const 16) (i32.const 3))
    (if (call $is_error (local.get $at))
      (then
        (call $lift_error (i32.add (local.get $at) (i32.const 4)))
        (local.set $outcome (i32.const @outcome.failed)))
      (else
        (local.set $outcome
          (select
            (i32.const @outcome.emitted)
            (i32.const @outcome.ended)
            (i32.load8_u $g offset=4 (local.get $at))))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (call $end_loan (local.get $id))
    (local.get $outcome)))
