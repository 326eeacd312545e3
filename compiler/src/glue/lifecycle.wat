;; Calls from the host to `torvyn:streaming/lifecycle`. They trap when the guest breaks a rule of the canonical ABI.
(module
  (import "guest" "memory" (memory $g 0))
  (import "guest" "init" (func $init (param i32 i32) (result i32)))
  (import "guest" "init.post" (func $post (param i32)))
  (import "guest" "teardown" (func $teardown))
  (import "guest" "teardown.post" (func $teardown_post))
  ;; Copies the node's configuration, from that offset on, to scratch, as far as it fits. Returns the number of bytes.
  (import "host" "config" (func $config (param i32) (result i32)))
  (import "stage" "area" (func $area (param i32 i32 i32)))
  (import "stage" "reserve" (func $reserve (param i32 i32) (result i32)))
  (import "stage" "give" (func $give (param i32 i32 i32)))
  (import "stage" "enter" (func $enter))
  (import "stage" "begin_post" (func $begin_post))
  (import "stage" "exit" (func $exit))
  (import "stage" "is_error" (func $is_error (param i32) (result i32)))
  (import "stage" "lift_error" (func $lift_error (param i32)))

  ;; Calls `init` with the node's configuration, which has `len` bytes. Returns @outcome.emitted, or @outcome.failed.
  ;;
  ;; `result<_, process-error>` has its case at 0, the error at 4.
  (func (export "init") (param $len i32) (result i32)
    (local $at i32) (local $outcome i32) (local $text i32) (local $done i32) (local $part i32)
    (call $enter)
    (local.set $text (call $reserve (i32.const 1) (local.get $len)))
    (block $end
      (loop $parts
        (br_if $end (i32.ge_u (local.get $done) (local.get $len)))
        (local.set $part (call $config (local.get $done)))
        (call $give
          (i32.add (local.get $text) (local.get $done))
          (i32.const @scratch.first)
          (local.get $part))
        (local.set $done (i32.add (local.get $done) (local.get $part)))
        (br $parts)))
    (local.set $at (call $init (local.get $text) (local.get $len)))
    (call $area (local.get $at) (i32.const 16) (i32.const 3))
    (local.set $outcome (i32.const @outcome.emitted))
    (if (call $is_error (local.get $at))
      (then
        (call $lift_error (i32.add (local.get $at) (i32.const 4)))
        (local.set $outcome (i32.const @outcome.failed))))
    (call $begin_post)
    (call $post (local.get $at))
    (call $exit)
    (local.get $outcome))

  ;; Calls `teardown`.
  (func (export "teardown")
    (call $enter)
    (call $teardown)
    (call $begin_post)
    (call $teardown_post)
    (call $exit)))
