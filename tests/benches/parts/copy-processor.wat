;; A processor that copies its input to its output and does nothing besides: world `torvyn:streaming/transform`, as a
;; core module. It allocates nothing but what the host asks for, so that a call costs the crossing alone.
(module
  (import "torvyn:streaming/types@0.1.0" "[method]buffer.read-all" (func $read-all (param i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]buffer" (func $drop-buffer (param i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]flow-context" (func $drop-context (param i32)))
  (import "torvyn:streaming/buffer-allocator@0.1.0" "allocate" (func $allocate (param i64 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.append"
    (func $append (param i32 i32 i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.set-content-type"
    (func $set-content-type (param i32 i32 i32)))
  (import "torvyn:streaming/types@0.1.0" "[method]mutable-buffer.freeze" (func $freeze (param i32) (result i32)))
  (import "torvyn:streaming/types@0.1.0" "[resource-drop]mutable-buffer" (func $drop-draft (param i32)))

  (memory (export "memory") 2)

  ;; Bytes 0 to 47 hold the result, 48 to 55 a list, 56 to 71 what an allocation or a write came to; everything the host
  ;; allocates is behind them, and dead after each call.
  (global $free (mut i32) (i32.const 72))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $start i32)
    ;; Round up to the alignment.
    (local.set $start
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $start) (local.get $size)))
    (if (i32.gt_u (global.get $free) (i32.const 131072)) (then (unreachable)))
    (local.get $start))

  (func (export "torvyn:streaming/processor@0.1.0#process")
    (param $sequence i64) (param $timestamp-ns i64) (param $content-type i32) (param $content-type-len i32)
    (param $payload i32) (param $context i32) (result i32)
    (local $draft i32)
    (call $read-all (local.get $payload) (i32.const 48))
    (call $drop-buffer (local.get $payload))
    (call $drop-context (local.get $context))

    (call $allocate (i64.extend_i32_u (i32.load offset=52 (i32.const 0))) (i32.const 56))
    (if (i32.load8_u offset=56 (i32.const 0)) (then (unreachable)))
    (local.set $draft (i32.load offset=60 (i32.const 0)))
    (call $append
      (local.get $draft) (i32.load offset=48 (i32.const 0)) (i32.load offset=52 (i32.const 0)) (i32.const 56))
    (if (i32.load8_u offset=56 (i32.const 0)) (then (unreachable)))
    (call $set-content-type (local.get $draft) (local.get $content-type) (local.get $content-type-len))
    ;; ok, emit, with the handle of the payload; metadata stay zero: the runtime has its own
    (i32.store offset=40 (i32.const 0) (call $freeze (local.get $draft)))
    (call $drop-draft (local.get $draft))
    (global.set $free (i32.const 72))
    (i32.const 0)))
