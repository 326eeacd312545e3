;; Implements the imports from WASI that the core call paths support: standard output and error, clocks, random numbers,
;; `proc_exit`, and arguments and environment, which are empty. Error numbers are those of WASI 0.1, 0 for success. All
;; functions trap when an address is out of bounds.
(module
  (import "exchange" "memory" (memory $x 1 65536 shared))
  (import "guest" "memory" (memory $g 0))
  ;; Writes bytes of scratch, of the number given second, to standard output (1) or error (2). Returns an error number.
  (import "host" "write" (func $write (param i32 i32) (result i32)))
  ;; Returns the nanoseconds of clock 0 (since the Unix epoch) or 1 (monotonic). Traps when the clock is not granted.
  (import "host" "clock" (func $clock (param i32) (result i64)))
  ;; Fills that many bytes of scratch with random ones. Traps when random numbers are not granted.
  (import "host" "random" (func $random (param i32)))
  ;; Fills that many bytes of scratch with random ones, without a grant: every guest may seed its hash tables.
  (import "host" "seed" (func $seed (param i32)))
  ;; Traps because the guest exits with that code.
  (import "host" "exit" (func $exit (param i32)))
  (import "stage" "leave" (func $leave))
  (import "stage" "is_in_guest" (func $is_in_guest (param i32 i32) (result i32)))
  (import "stage" "return_area" (func $return_area (param i32 i32 i32)))
  (import "stage" "take" (func $take (param i32 i32 i32)))
  (import "stage" "give" (func $give (param i32 i32 i32)))

  ;; Traps unless `len` bytes at `at` are in the guest's memory. In one of 4 GiB, `take` and `give` would begin again at 0.
  (func $in_guest (param $at i32) (param $len i32)
    (if (i32.eqz (call $is_in_guest (local.get $at) (local.get $len))) (then (unreachable))))

  ;; Writes the first part that is not empty, as far as it fits into scratch: like the component adapter of WASI 0.1,
  ;; which writes one part per call. Stores the number of bytes at `to`. Returns an error number.
  (func (export "wasi_snapshot_preview1#fd_write")
    (param $fd i32) (param $parts i32) (param $count i32) (param $to i32) (result i32)
    (local $len i32) (local $error i32)
    (call $leave)
    (if (i32.gt_u (i32.sub (local.get $fd) (i32.const 1)) (i32.const 1))
      ;; `badf`
      (then (return (i32.const 8))))
    (block $found
      (loop $next
        (if (i32.eqz (local.get $count))
          (then (i32.store $g (local.get $to) (i32.const 0)) (return (i32.const 0))))
        (br_if $found (local.tee $len (i32.load $g offset=4 (local.get $parts))))
        (local.set $parts (i32.add (local.get $parts) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
    (if (i32.gt_u (local.get $len) (i32.const @scratch.size))
      (then (local.set $len (i32.const @scratch.size))))
    (call $in_guest (i32.load $g (local.get $parts)) (local.get $len))
    (call $take (i32.const @scratch.first) (i32.load $g (local.get $parts)) (local.get $len))
    (if (local.tee $error (call $write (local.get $fd) (local.get $len)))
      (then (return (local.get $error))))
    (i32.store $g (local.get $to) (local.get $len))
    (i32.const 0))

  ;; Stores 0 as the number of arguments or variables and of their bytes. Returns 0.
  (func $none (param $count i32) (param $bytes i32) (result i32)
    (call $leave)
    (i32.store $g (local.get $count) (i32.const 0))
    (i32.store $g (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (export "wasi_snapshot_preview1#environ_sizes_get" (func $none))
  (export "wasi_snapshot_preview1#args_sizes_get" (func $none))

  ;; Stores no arguments or variables. Returns 0.
  (func $nothing (param i32 i32) (result i32)
    (call $leave)
    (i32.const 0))
  (export "wasi_snapshot_preview1#environ_get" (func $nothing))
  (export "wasi_snapshot_preview1#args_get" (func $nothing))

  ;; Stores the nanoseconds of clock 0 or 1 at `to`. Returns an error number. Traps when the clock is not granted.
  (func (export "wasi_snapshot_preview1#clock_time_get")
    (param $clock i32) (param $precision i64) (param $to i32) (result i32)
    (call $leave)
    (if (i32.gt_u (local.get $clock) (i32.const 1))
      ;; `inval`
      (then (return (i32.const 28))))
    (i64.store $g (local.get $to) (call $clock (local.get $clock)))
    (i32.const 0))

  ;; Fills `len` bytes at `to` with random ones. Returns 0. Traps when random numbers are not granted.
  (func (export "wasi_snapshot_preview1#random_get") (param $to i32) (param $len i32) (result i32)
    (local $part i32)
    (call $leave)
    (block $end
      (loop $parts
        (br_if $end (i32.eqz (local.get $len)))
        (local.set $part
          (select (local.get $len) (i32.const @scratch.size) (i32.lt_u (local.get $len) (i32.const @scratch.size))))
        (call $random (local.get $part))
        (call $in_guest (local.get $to) (local.get $len))
        (call $give (local.get $to) (i32.const @scratch.first) (local.get $part))
        (local.set $to (i32.add (local.get $to) (local.get $part)))
        (local.set $len (i32.sub (local.get $len) (local.get $part)))
        (br $parts)))
    (i32.const 0))

  ;; Does nothing. Returns 0.
  (func (export "wasi_snapshot_preview1#sched_yield") (result i32)
    (call $leave)
    (i32.const 0))

  ;; Traps because the guest exits with `code`.
  (func (export "wasi_snapshot_preview1#proc_exit") (param $code i32)
    (call $leave)
    (call $exit (local.get $code))
    (unreachable))

  ;; Stores 16 random bytes at `to`. Traps when `to` is misaligned.
  (func (export "wasi:random/insecure-seed#insecure-seed") (param $to i32)
    (call $leave)
    (call $seed (i32.const 16))
    (call $return_area (local.get $to) (i32.const 16) (i32.const 7))
    (call $give (local.get $to) (i32.const @scratch.first) (i32.const 16))))
