;; Calls from the host to `torvyn:aggregation/aggregator`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "ingest" (func $ingest (param i64 i64 i32 i32 i32 i32) (result i32)))
  (import "guest" "ingest.post" (func $post (param i32)))
  (import "guest" "flush" (func $flush (result i32)))
  (import "guest" "flush.post" (func $flush_post (param i32)))
  ;; Records the element in the stage's block as one of several results.
  (import "host" "result" (func $result))
  (import "stage" "check_case" (func $check_case (param i32 i32 i32)))
  (import "stage" "area" (func $area (param i32 i32 i32)))
  (import "stage" "list" (func $list (param i32 i32 i32 i32)))
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

  ;; Calls `ingest` with an element, given by its metadata (`type` is the number of the content type) and the id of its
  ;; buffer. Returns the outcome: @outcome.ended without a result, that of `accept` with one, or @outcome.failed.
  ;;
  ;; `result<option<output-element>, process-error>` has its cases at 0 and 8, the element at 16, the error at 8.
  (func (export "ingest") (param $sequence i64) (param $timestamp i64) (param $type i32) (param $id i32) (result i32)
    (local $at i32) (local $text i32) (local $payload i32) (local $context i32) (local $outcome i32)
    (call $enter)
    (call $lend (local.get $type) (local.get $id))
    (local.set $context)
    (local.set $payload)
    (local.set $text)
    (local.set $at
      (call $ingest
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
        (local.set $outcome (i32.load8_u $g offset=8 (local.get $at)))
        (call $check_case (local.get $outcome) (i32.const 1) (i32.const @violation.option_case))
        (if (local.get $outcome)
          (then (call $lift_output (i32.add (local.get $at) (i32.const 16)))))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (call $end_loan (local.get $id))
    (if (i32.eq (local.get $outcome) (i32.const @outcome.emitted))
      (then (return (call $accept))))
    (local.get $outcome))

  ;; Calls `flush` and records the results in the host, which takes over their buffers. Returns @outcome.emitted, or
  ;; @outcome.failed.
  ;;
  ;; `result<list<output-element>, process-error>` has its case at 0, either value at 4.
  (func (export "flush") (result i32)
    (local $at i32) (local $outcome i32)
    (call $enter)
    (local.set $at (call $flush))
    (call $area (local.get $at) (i32.const 16) (i32.const 3))
    (if (call $is_error (local.get $at))
      (then
        (call $lift_error (i32.add (local.get $at) (i32.const 4)))
        (local.set $outcome (i32.const @outcome.failed)))
      (else
        (call $results (i32.load $g offset=4 (local.get $at)) (i32.load $g offset=8 (local.get $at)))
        (local.set $outcome (i32.const @outcome.emitted))))
    (call $begin_post)
    (call $flush_post (local.get $at))
    (call $exit)
    (local.get $outcome))

  ;; Lifts the results, a list of `count` elements at `at`, and records each in the host.
  (func $results (param $at i32) (param $count i32)
    (call $list (local.get $at) (local.get $count) (i32.const 32) (i32.const 7))
    (block $end
      (loop $elements
        (br_if $end (i32.eqz (local.get $count)))
        (call $lift_output (local.get $at))
        (call $result)
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $elements)))))
