;; Calls from the host to `torvyn:filtering/router`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "route" (func $route (param i64 i64 i32 i32 i32 i32) (result i32)))
  (import "guest" "route.post" (func $post (param i32)))
  ;; Records the host's text as the name of a port that gets the element. Empties the text. Traps when it is not UTF-8.
  (import "host" "port" (func $port))
  (import "stage" "area" (func $area (param i32 i32 i32)))
  (import "stage" "list" (func $list (param i32 i32 i32 i32)))
  (import "stage" "text" (func $text (param i32 i32)))
  (import "stage" "enter" (func $enter))
  (import "stage" "type_len" (func $type_len (param i32) (result i32)))
  (import "stage" "lend" (func $lend (param i32 i32) (result i32 i32 i32)))
  (import "stage" "end_loan" (func $end_loan (param i32)))
  (import "stage" "returned" (func $returned))
  (import "stage" "begin_post" (func $begin_post))
  (import "stage" "exit" (func $exit))
  (import "stage" "is_error" (func $is_error (param i32) (result i32)))
  (import "stage" "lift_error" (func $lift_error (param i32)))

  ;; Calls `route` with an element, given by its metadata (`type` is the number of the content type) and the id of its
  ;; buffer. Records the chosen ports in the host. Returns @outcome.emitted, or @outcome.failed.
  ;;
  ;; `result<list<string>, process-error>` has its case at 0, either value at 4.
  (func (export "route") (param $sequence i64) (param $timestamp i64) (param $type i32) (param $id i32) (result i32)
    (local $at i32) (local $name i32) (local $payload i32) (local $context i32) (local $outcome i32)
    (call $enter)
    (call $lend (local.get $type) (local.get $id))
    (local.set $context)
    (local.set $payload)
    (local.set $name)
    (local.set $at
      (call $route
        (local.get $sequence)
        (local.get $timestamp)
        (local.get $name)
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
        (call $ports (i32.load $g offset=4 (local.get $at)) (i32.load $g offset=8 (local.get $at)))
        (local.set $outcome (i32.const @outcome.emitted))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (call $end_loan (local.get $id))
    (local.get $outcome))

  ;; Records the names of ports, a list of `count` texts at `at`, in the host.
  (func $ports (param $at i32) (param $count i32)
    (call $list (local.get $at) (local.get $count) (i32.const 8) (i32.const 3))
    (block $end
      (loop $names
        (br_if $end (i32.eqz (local.get $count)))
        (call $text (i32.load $g (local.get $at)) (i32.load $g offset=4 (local.get $at)))
        (call $port)
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $names)))))
