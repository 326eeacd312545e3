;; Calls from the host to `torvyn:streaming/processor`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "process" (func $process (param i64 i64 i32 i32 i32 i32) (result i32)))
  (import "guest" "process.post" (func $post (param i32)))
  (import "stage" "check_case" (func $check_case (param i32 i32 i32)))
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
  (import "stage" "lift_output" (func $lift_output (param i32)))
  (import "stage" "accept" (func $accept (result i32)))

  ;; Calls `process` with an element, given by its metadata (`type` is the number of the content type) and the id of its
  ;; buffer. Returns the outcome: @outcome.ended for `drop`, that of `accept` for `emit`, or @outcome.failed.
  ;;
  ;; `result<process-result, process-error>` has its cases at 0 and 8, the element at 16, the error at 8.
  (func (export "process") (param $sequence i64) (param $timestamp i64) (param $type i32) (param $id i32) (result i32)
    (local $at i32) (local $text i32) (local $payload i32) (local $context i32) (local $outcome i32)
    (call $enter)
    (call $lend (local.get $type) (local.get $id))
    (local.set $context)
    (local.set $payload)
    (local.set $text)
    (local.set $at
      (call $process
        (local.get $sequence)
        (local.get $timestamp)
        (local.get $text)
        (call $type_len (local.get $type))
        (local.get $payload)
        (local.get $context)))
    (call $returned)
    (call $area (local.get $at) (i32.const 48) (i32.const 7))
    (if (call $is_error (local.get $at))
      (then
        (call $lift_error (i32.add (local.get $at) (i32.const 8)))
        (local.set $outcome (i32.const @outcome.failed)))
      (else
        ;; `emit` is case 0 and @outcome.emitted 1; `drop` is case 1 and @outcome.ended 0.
        (local.set $outcome (i32.load8_u $g offset=8 (local.get $at)))
        (call $check_case (local.get $outcome) (i32.const 1) (i32.const @violation.variant_case))
        (local.set $outcome (i32.sub (i32.const 1) (local.get $outcome)))
        (if (local.get $outcome)
          (then (call $lift_output (i32.add (local.get $at) (i32.const 16)))))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (call $end_loan (local.get $id))
    (if (i32.eq (local.get $outcome) (i32.const @outcome.emitted))
      (then (return (call $accept))))
    (local.get $outcome)))
