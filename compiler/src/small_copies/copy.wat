;; `memory.copy` within memory 0, for code that copies few bytes most of the time. Up to 64 bytes, loads and stores are
;; cheaper than that operator, which is a call into the engine. All loads come before the stores, because the two places
;; may overlap; and the last bytes are stored first, so that nothing is written if not all of it can be.
(module
  (memory 0)
  (func $copy (param $to i32) (param $from i32) (param $len i32)
    (local $to_end i32) (local $from_end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $word i64) (local $half i32)
    ;; No bytes, or more than 64; or a place so high up that its end might be counted from 0 again.
    (if (i32.gt_u
          (i32.or
            (i32.sub (local.get $len) (i32.const 1))
            (i32.and (i32.or (local.get $to) (local.get $from)) (i32.const 0x80000000)))
          (i32.const 63))
      (then
        (memory.copy (local.get $to) (local.get $from) (local.get $len))
        (return)))
    (local.set $to_end (i32.add (local.get $to) (local.get $len)))
    (local.set $from_end (i32.add (local.get $from) (local.get $len)))
    (if (i32.lt_u (local.get $len) (i32.const 16))
      (then
        (if (i32.ge_u (local.get $len) (i32.const 8))
          (then
            (local.set $word (i64.load (local.get $from)))
            (i64.store
              (i32.sub (local.get $to_end) (i32.const 8))
              (i64.load (i32.sub (local.get $from_end) (i32.const 8))))
            (i64.store (local.get $to) (local.get $word))
            (return)))
        (if (i32.ge_u (local.get $len) (i32.const 4))
          (then
            (local.set $half (i32.load (local.get $from)))
            (i32.store
              (i32.sub (local.get $to_end) (i32.const 4))
              (i32.load (i32.sub (local.get $from_end) (i32.const 4))))
            (i32.store (local.get $to) (local.get $half))
            (return)))
        (if (i32.ge_u (local.get $len) (i32.const 2))
          (then
            (local.set $half (i32.load16_u (local.get $from)))
            (i32.store16
              (i32.sub (local.get $to_end) (i32.const 2))
              (i32.load16_u (i32.sub (local.get $from_end) (i32.const 2))))
            (i32.store16 (local.get $to) (local.get $half))
            (return)))
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (return)))
    (local.set $to_end (i32.sub (local.get $to_end) (i32.const 16)))
    (local.set $from_end (i32.sub (local.get $from_end) (i32.const 16)))
    (local.set $a (v128.load (local.get $from)))
    (if (i32.le_u (local.get $len) (i32.const 32))
      (then
        (v128.store (local.get $to_end) (v128.load (local.get $from_end)))
        (v128.store (local.get $to) (local.get $a))
        (return)))
    (local.set $b (v128.load offset=16 (local.get $from)))
    (local.set $c (v128.load (i32.sub (local.get $from_end) (i32.const 16))))
    (v128.store (local.get $to_end) (v128.load (local.get $from_end)))
    (v128.store (i32.sub (local.get $to_end) (i32.const 16)) (local.get $c))
    (v128.store offset=16 (local.get $to) (local.get $b))
    (v128.store (local.get $to) (local.get $a))))
