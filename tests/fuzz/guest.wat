;; A stage in every role that does whatever a script says: first calls of imported functions, then a result of any bytes.
;; A configuration that begins with `S` is a script, two letters for each byte; it holds for the call that follows.
;;
;; Memory, three pages:
;;   0x0400  return areas, texts and lists that the script puts there
;;   0x0700  eight letters: what the host answered so far
;;   0x0800  the usual result
;;   0x1000  the script: see `Script` in script.rs for its layout
;;   0x4000  what is passed while no script is there
;;   0x10000 what is passed while there is one
(module
  (import "torvyn:streaming/types@0.1.0" "[method]buffer.size" (func $size (param i32) (result i64)))
  (import "torvyn:streaming/types@0.1.0" "[method]buffer.content-type" (func $content-type (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]buffer.read" (func $read (param i32 i64 i64 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]buffer.read-all" (func $read-all (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.write"
    (func $write (param i32 i64 i32 i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.append" (func $append (param i32 i32 i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.size" (func $draft-size (param i32) (result i64)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.capacity"
    (func $capacity (param i32) (result i64)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.set-content-type"
    (func $set-content-type (param i32 i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.freeze" (func $freeze (param i32) (result i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]flow-context.trace-id" (func $trace-id (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]flow-context.span-id" (func $span-id (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]flow-context.deadline-ns"
    (func $deadline-ns (param i32) (result i64)))
  (import "torvyn:streaming/types@0.1.0" "[method]flow-context.flow-id" (func $flow-id (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]buffer" (func $drop-buffer (param i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]mutable-buffer" (func $drop-draft (param i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]flow-context" (func $drop-context (param i32)))
  (import "torvyn:streaming/buffer-allocator@0.1.0" "allocate" (func $allocate (param i64 i32)))
  (import "torvyn:streaming/buffer-allocator@0.1.0" "clone-into-mutable" (func $clone (param i32 i32)))
  (import "torvyn:capabilities/capability-query@0.1.0" "has-capability"
    (func $has-capability (param i32 i32) (result i32)))
  (import "torvyn:capabilities/capability-query@0.1.0" "granted-capabilities" (func $granted (param i32)))

  (memory (export "memory") 3)

  ;; Whether a script is there.
  (global $armed (mut i32) (i32.const 0))
  ;; Whether the call brings it: that call is not the one that it is for.
  (global $arming (mut i32) (i32.const 0))
  ;; Calls of the allocator since then, and where it goes on.
  (global $allocations (mut i32) (i32.const 0))
  (global $free (mut i32) (i32.const 0x10000))
  (global $digest (mut i32) (i32.const 0))
  ;; Registers: what was lent, then the handles of drafts and of buffers, the newest first; then the text of the element.
  (global $r0 (mut i32) (i32.const 0))
  (global $r1 (mut i32) (i32.const 0))
  (global $r2 (mut i32) (i32.const 0))
  (global $r3 (mut i32) (i32.const 0))
  (global $r4 (mut i32) (i32.const 0))
  (global $r5 (mut i32) (i32.const 0))
  (global $r6 (mut i32) (i32.const 0))
  (global $r7 (mut i32) (i32.const 0))

  (func $mix (param $value i32)
    (global.set $digest
      (i32.mul (i32.xor (i32.rotl (global.get $digest) (i32.const 5)) (local.get $value)) (i32.const 0x9e3779b1))))

  (func $mix64 (param $value i64)
    (call $mix (i32.wrap_i64 (local.get $value)))
    (call $mix (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32)))))

  ;; The bytes at `at`, as far as they are in memory, 64 at most.
  (func $mix-bytes (param $at i32) (param $len i32)
    (if (i32.gt_u (local.get $len) (i32.const 64)) (then (local.set $len (i32.const 64))))
    (block $end
      (loop $bytes
        (br_if $end (i32.eqz (local.get $len)))
        (br_if $end (i32.ge_u (local.get $at) (i32.shl (memory.size) (i32.const 16))))
        (call $mix (i32.load8_u (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (br $bytes))))

  (func $mix-list (param $at i32)
    (call $mix (i32.load (local.get $at)))
    (call $mix (i32.load offset=4 (local.get $at)))
    (call $mix-bytes (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))))

  ;; Writes the digest as letters.
  (func $publish
    (local $letter i32)
    (loop $letters
      (i32.store8
        (i32.add (i32.const 0x700) (local.get $letter))
        (i32.add
          (i32.const 97)
          (i32.and (i32.shr_u (global.get $digest) (i32.shl (local.get $letter) (i32.const 2))) (i32.const 15))))
      (br_if $letters
        (i32.lt_u (local.tee $letter (i32.add (local.get $letter) (i32.const 1))) (i32.const 8)))))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32) (local $number i32)
    (if (i32.eqz (global.get $armed)) (then (return (i32.const 0x4000))))
    (local.set $number (global.get $allocations))
    (global.set $allocations (i32.add (local.get $number) (i32.const 1)))
    ;; The script may have it call out.
    (if (i32.and
          (i32.and (i32.load (i32.const 0x1004)) (i32.const 1))
          (i32.eq (local.get $number) (i32.shr_u (i32.load (i32.const 0x1004)) (i32.const 8))))
      (then (call $allocate (i64.const 1) (i32.const 0x400))))
    (if (i32.lt_u (local.get $number) (i32.const 8))
      (then
        (if (local.tee $at (i32.load offset=0x1010 (i32.shl (local.get $number) (i32.const 2))))
          (then (return (local.get $at))))))
    (local.set $at
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (if (i32.gt_u (local.get $size) (i32.const 0x20000)) (then (unreachable)))
    (if (i32.gt_u (i32.add (local.get $at) (local.get $size)) (i32.const 0x30000))
      (then (local.set $at (i32.const 0x10000))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; An argument: itself, or what is in a register.
  (func $value (param $value i32) (result i32)
    (if (i32.ne (i32.and (local.get $value) (i32.const 0xfffffff8)) (i32.const 0x7fff0000))
      (then (return (local.get $value))))
    (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 (i32.and (local.get $value) (i32.const 7))))
      (return (global.get $r0))) (return (global.get $r1))) (return (global.get $r2))) (return (global.get $r3)))
      (return (global.get $r4))) (return (global.get $r5))) (return (global.get $r6)))
    (global.get $r7))

  ;; What an allocation came to.
  (func $allocated (param $at i32)
    (call $mix (i32.load8_u (local.get $at)))
    (if (i32.load8_u (local.get $at))
      (then
        (call $mix (i32.load8_u offset=4 (local.get $at)))
        (call $mix-list (i32.add (local.get $at) (i32.const 8))))
      (else
        (global.set $r4 (global.get $r2))
        (global.set $r2 (i32.load offset=4 (local.get $at)))
        (call $mix (global.get $r2)))))

  (func $written (param $at i32)
    (call $mix (i32.load8_u (local.get $at)))
    (if (i32.load8_u (local.get $at)) (then (call $mix (i32.load8_u offset=4 (local.get $at))))))

  ;; Names many content types: the letters of the digest after each change of it.
  (func $many-types (param $handle i32) (param $count i32)
    (loop $types
      (call $mix (local.get $count))
      (call $publish)
      (call $set-content-type (local.get $handle) (i32.const 0x700) (i32.const 8))
      (br_if $types (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Takes so many buffers that are not given back.
  (func $many-buffers (param $capacity i64) (param $count i32)
    (loop $buffers
      (call $allocate (local.get $capacity) (i32.const 0x400))
      (call $allocated (i32.const 0x400))
      (br_if $buffers (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; One step of the script: number of the function, a to d, and a 64-bit number.
  (func $step (param $at i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $wide i64)
    (local.set $a (call $value (i32.load offset=4 (local.get $at))))
    (local.set $b (call $value (i32.load offset=8 (local.get $at))))
    (local.set $c (call $value (i32.load offset=12 (local.get $at))))
    (local.set $d (call $value (i32.load offset=16 (local.get $at))))
    (local.set $wide (i64.load offset=24 (local.get $at)))
    (block $fail
    (block $26 (block $25 (block $24 (block $23 (block $22 (block $21 (block $20 (block $19 (block $18
    (block $17 (block $16 (block $15 (block $14 (block $13 (block $12 (block $11 (block $10 (block $9
    (block $8 (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $19 $20 $21 $22 $23 $24 $25 $26 $fail
        (i32.load (local.get $at))))
      (return))
      ;; 1: allocate
      (call $allocate (local.get $wide) (local.get $b))
      (call $allocated (local.get $b)) (return))
      ;; 2: clone-into-mutable
      (call $clone (local.get $a) (local.get $b))
      (call $allocated (local.get $b)) (return))
      ;; 3: append
      (call $append (local.get $a) (local.get $c) (local.get $d) (local.get $b))
      (call $written (local.get $b)) (return))
      ;; 4: write
      (call $write (local.get $a) (local.get $wide) (local.get $c) (local.get $d) (local.get $b))
      (call $written (local.get $b)) (return))
      ;; 5: mutable-buffer.size
      (call $mix64 (call $draft-size (local.get $a))) (return))
      ;; 6: mutable-buffer.capacity
      (call $mix64 (call $capacity (local.get $a))) (return))
      ;; 7: set-content-type
      (call $set-content-type (local.get $a) (local.get $c) (local.get $d)) (return))
      ;; 8: freeze
      (global.set $r5 (global.get $r3))
      (global.set $r3 (call $freeze (local.get $a)))
      (call $mix (global.get $r3)) (return))
      ;; 9: buffer.size
      (call $mix64 (call $size (local.get $a))) (return))
      ;; 10: buffer.content-type
      (call $content-type (local.get $a) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      ;; 11: buffer.read
      (call $read (local.get $a) (local.get $wide) (i64.extend_i32_u (local.get $d)) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      ;; 12: buffer.read-all
      (call $read-all (local.get $a) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      ;; 13 to 15: drop a buffer, a draft, a context
      (call $drop-buffer (local.get $a)) (return))
      (call $drop-draft (local.get $a)) (return))
      (call $drop-context (local.get $a)) (return))
      ;; 16 to 19: flow-context
      (call $trace-id (local.get $a) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      (call $span-id (local.get $a) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      (call $mix64 (call $deadline-ns (local.get $a))) (return))
      (call $flow-id (local.get $a) (local.get $b))
      (call $mix-list (local.get $b)) (return))
      ;; 20, 21: capability-query
      (call $mix (call $has-capability (local.get $c) (local.get $d))) (return))
      (call $granted (local.get $b))
      (call $mix (i32.load offset=4 (local.get $b)))
      (call $mix-bytes (i32.load (local.get $b)) (i32.const 16)) (return))
      ;; 22: a word into memory
      (i32.store (local.get $b) (local.get $c)) (return))
      ;; 23: more memory
      (call $mix (memory.grow (local.get $c))) (return))
      ;; 24: the letters so far
      (call $publish) (return))
      ;; 25, 26: many content types, many buffers
      (call $many-types (local.get $a) (i32.or (i32.and (local.get $d) (i32.const 0x7ff)) (i32.const 1))) (return))
      (call $many-buffers (local.get $wide) (i32.or (i32.and (local.get $d) (i32.const 0x7ff)) (i32.const 1))) (return))
    (unreachable))

  ;; Runs the script. Returns what it has for a result.
  (func $run (result i32)
    (local $step i32) (local $at i32)
    (if (i32.eqz (global.get $armed)) (then (return (i32.const 0x900))))
    (call $mix-bytes (global.get $r6) (global.get $r7))
    (block $end
      (loop $steps
        (br_if $end (i32.ge_u (local.get $step) (i32.and (i32.load (i32.const 0x1008)) (i32.const 63))))
        (call $step (i32.add (i32.const 0x1180) (i32.shl (local.get $step) (i32.const 5))))
        (local.set $step (i32.add (local.get $step) (i32.const 1)))
        (br $steps)))
    (call $publish)
    (memory.copy (i32.const 0x800) (i32.const 0x1050) (i32.const 48))
    ;; Handles into the result.
    (local.set $step (i32.and (i32.load (i32.const 0x100c)) (i32.const 3)))
    (block $end
      (loop $handles
        (br_if $end (i32.eqz (local.get $step)))
        (local.set $step (i32.sub (local.get $step) (i32.const 1)))
        (local.set $at (i32.shl (local.get $step) (i32.const 3)))
        (i32.store
          (i32.load offset=0x1030 (local.get $at))
          (call $value (i32.load offset=0x1034 (local.get $at))))
        (br $handles)))
    (call $value (i32.load (i32.const 0x1000))))

  (func $post (param $at i32)
    (global.set $armed (i32.const 0))
    (if (i32.and (i32.load (i32.const 0x1004)) (i32.const 2))
      (then (call $allocate (i64.const 1) (i32.const 0x400))))
    (if (i32.and (i32.load (i32.const 0x1004)) (i32.const 4))
      (then (unreachable)))
    (i32.store (i32.const 0x1004) (i32.const 0)))

  (func $call (param $sequence i64) (param $timestamp i64) (param $text i32) (param $text-len i32)
    (param $payload i32) (param $context i32) (result i32)
    (call $mix64 (local.get $sequence))
    (call $mix64 (local.get $timestamp))
    (global.set $r0 (local.get $payload))
    (global.set $r1 (local.get $context))
    (global.set $r6 (local.get $text))
    (global.set $r7 (local.get $text-len))
    (call $run))

  (func (export "torvyn:streaming/lifecycle@0.1.0#init") (param $text i32) (param $len i32) (result i32)
    (local $at i32) (local $end i32) (local $to i32)
    (global.set $r6 (local.get $text))
    (global.set $r7 (local.get $len))
    (if (global.get $armed) (then (return (call $run))))
    (if (i32.or (i32.eqz (local.get $len)) (i32.ne (i32.load8_u (local.get $text)) (i32.const 83)))
      (then (return (i32.const 0x900))))
    (local.set $at (i32.add (local.get $text) (i32.const 1)))
    (local.set $end (i32.add (local.get $text) (local.get $len)))
    (local.set $to (i32.const 0x1000))
    (block $end
      (loop $bytes
        (br_if $end (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store8 (local.get $to)
          (i32.or
            (i32.shl (i32.sub (i32.load8_u (local.get $at)) (i32.const 65)) (i32.const 4))
            (i32.sub (i32.load8_u offset=1 (local.get $at)) (i32.const 65))))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))
        (br $bytes)))
    (global.set $armed (i32.const 1))
    (global.set $arming (i32.const 1))
    ;; What the host wrote for the last script may have been put there.
    (i32.store8 (i32.const 0x900) (i32.const 0))
    (global.set $allocations (i32.const 0))
    (i32.const 0x900))
  (func (export "cabi_post_torvyn:streaming/lifecycle@0.1.0#init") (param $at i32)
    (if (global.get $arming)
      (then (global.set $arming (i32.const 0)))
      (else (call $post (local.get $at)))))

  (func (export "torvyn:streaming/lifecycle@0.1.0#teardown")
    (drop (call $run))
    (call $post (i32.const 0)))
  (func (export "torvyn:streaming/source@0.1.0#pull") (result i32) (call $run))
  (func (export "cabi_post_torvyn:streaming/source@0.1.0#pull") (param $at i32) (call $post (local.get $at)))
  (func (export "torvyn:streaming/source@0.1.0#notify-backpressure") (param $signal i32)
    (call $mix (local.get $signal))
    (drop (call $run))
    (global.set $armed (i32.const 0)))
  (export "torvyn:streaming/processor@0.1.0#process" (func $call))
  (func (export "cabi_post_torvyn:streaming/processor@0.1.0#process") (param $at i32) (call $post (local.get $at)))
  (export "torvyn:filtering/filter@0.1.0#evaluate" (func $call))
  (func (export "cabi_post_torvyn:filtering/filter@0.1.0#evaluate") (param $at i32) (call $post (local.get $at)))
  (export "torvyn:filtering/router@0.1.0#route" (func $call))
  (func (export "cabi_post_torvyn:filtering/router@0.1.0#route") (param $at i32) (call $post (local.get $at)))
  (export "torvyn:aggregation/aggregator@0.1.0#ingest" (func $call))
  (func (export "cabi_post_torvyn:aggregation/aggregator@0.1.0#ingest") (param $at i32) (call $post (local.get $at)))
  (func (export "torvyn:aggregation/aggregator@0.1.0#flush") (result i32) (call $run))
  (func (export "cabi_post_torvyn:aggregation/aggregator@0.1.0#flush") (param $at i32) (call $post (local.get $at)))
  (export "torvyn:streaming/sink@0.1.0#push" (func $call))
  (func (export "cabi_post_torvyn:streaming/sink@0.1.0#push") (param $at i32) (call $post (local.get $at)))
  (func (export "torvyn:streaming/sink@0.1.0#complete") (result i32) (call $run))
  (func (export "cabi_post_torvyn:streaming/sink@0.1.0#complete") (param $at i32) (call $post (local.get $at))))
