;; Buffers in the exchange memory.

;; Returns the offset of a buffer's slot from the first slot, in bytes.
(func $slot (export "slot") (param $id i32) (result i32)
  (i32.shl (i32.and (local.get $id) (i32.const 0xffff)) (i32.const 6)))

;; Allocates a buffer of at least `capacity` bytes, owned by the stage. Returns its id; or, if the host refuses, -1
;; minus the length of the reason, which is then in scratch.
;;
;; Takes the buffer that was returned last to the smallest sufficient tier. Leaves all other cases to the host: a limit
;; of the stage, a tier without a free buffer, a capacity beyond the tiers.
(func $allocate (export "allocate") (param $capacity i64) (result i64)
  (local $tier i32) (local $bytes i64) (local $held i64) (local $free i32) (local $slot i32) (local $live i64)
  (block $slow
    (br_if $slow
      (i64.gt_u (local.get $capacity) (i64.load $x offset=@node.max_buffer_bytes (global.get $base))))
    ;; The smallest sufficient tier, as an offset from the first one.
    (block $found
      (loop $tiers
        (local.set $bytes (i64.load32_u $x offset=@tier.slot_bytes (local.get $tier)))
        (br_if $found (i64.le_u (local.get $capacity) (local.get $bytes)))
        (local.set $tier (i32.add (local.get $tier) (i32.const @tier.size)))
        (br_if $tiers (i32.lt_u (local.get $tier) (i32.const @tier.end))))
      (br $slow))
    (local.set $held
      (i64.add (i64.load $x offset=@node.held_bytes (global.get $base)) (local.get $bytes)))
    (br_if $slow (i64.gt_u (local.get $held) (i64.load $x offset=@node.budget_bytes (global.get $base))))
    (br_if $slow (i32.eqz (local.tee $free (i32.load $x offset=@tier.free (local.get $tier)))))
    (local.set $slot (i32.shl (i32.sub (local.get $free) (i32.const 1)) (i32.const 6)))
    (i32.store $x offset=@tier.free (local.get $tier) (i32.load $x offset=@slot.next (local.get $slot)))
    (i64.store $x offset=@node.held_bytes (global.get $base) (local.get $held))
    (i64.store $x offset=@statistics.reused (i32.const 0)
      (i64.add (i64.load $x offset=@statistics.reused (i32.const 0)) (i64.const 1)))
    (local.set $live (i64.add (i64.load $x offset=@statistics.allocated (i32.const 0)) (i64.const 1)))
    (i64.store $x offset=@statistics.allocated (i32.const 0) (local.get $live))
    (local.set $live (i64.sub (local.get $live) (i64.load $x offset=@statistics.returned (i32.const 0))))
    (if (i64.gt_u (local.get $live) (i64.load $x offset=@statistics.peak_live (i32.const 0)))
      (then (i64.store $x offset=@statistics.peak_live (i32.const 0) (local.get $live))))
    (i32.store $x offset=@slot.state (local.get $slot) (i32.const @state.draft))
    (i32.store $x offset=@slot.owner (local.get $slot) (i32.load $x offset=@node.position (global.get $base)))
    (i32.store $x offset=@slot.refs (local.get $slot) (i32.const 1))
    (i32.store $x offset=@slot.len (local.get $slot) (i32.const 0))
    (i32.store $x offset=@slot.content_type (local.get $slot) (i32.const 0))
    (return (i64.load32_u $x offset=@slot.id (local.get $slot))))
  (call $host_allocate (local.get $capacity)))

;; Returns a buffer without owner or holder to the pool, under a new id; in the host if its bytes are outside the
;; exchange memory.
(func $give_back (param $slot i32)
  (local $tier i32)
  (local.set $tier (i32.load $x offset=@slot.tier (local.get $slot)))
  (if (i32.eq (local.get $tier) (i32.const @tier.count))
    (then (call $host_free (i32.load $x offset=@slot.id (local.get $slot))) (return)))
  (i32.store $x offset=@slot.state (local.get $slot) (i32.const @state.pooled))
  (i32.store $x offset=@slot.id (local.get $slot)
    (i32.add (i32.load $x offset=@slot.id (local.get $slot)) (i32.const @slot.generation)))
  (i64.store $x offset=@statistics.returned (i32.const 0)
    (i64.add (i64.load $x offset=@statistics.returned (i32.const 0)) (i64.const 1)))
  (local.set $tier (i32.shl (local.get $tier) (i32.const 4)))
  (i32.store $x offset=@slot.next (local.get $slot) (i32.load $x offset=@tier.free (local.get $tier)))
  (i32.store $x offset=@tier.free (local.get $tier)
    (i32.add (i32.shr_u (local.get $slot) (i32.const 6)) (i32.const 1))))

;; Ends the stage's ownership of a buffer, whose capacity no longer counts as held by the stage.
(func $disown (param $slot i32)
  (i64.store $x offset=@node.held_bytes (global.get $base)
    (i64.sub
      (i64.load $x offset=@node.held_bytes (global.get $base))
      (i64.load32_u $x offset=@slot.capacity (local.get $slot))))
  (i32.store $x offset=@slot.owner (local.get $slot) (i32.const @slot.flow)))

;; Returns a buffer that the stage owns to the pool. Does nothing if the id is stale: the handle of a mutable buffer may
;; be dropped after `freeze`.
(func $drop_owned (export "drop_owned") (param $id i32)
  (local $slot i32)
  (local.set $slot (call $slot (local.get $id)))
  (if (i32.eq (i32.load $x offset=@slot.id (local.get $slot)) (local.get $id))
    (then
      (call $disown (local.get $slot))
      (call $give_back (local.get $slot)))))

;; Ends one claim on a buffer in transit. Returns the buffer to the pool if it was the last one.
(func $release (export "release") (param $id i32)
  (local $slot i32) (local $refs i32)
  (local.set $slot (call $slot (local.get $id)))
  (local.set $refs (i32.sub (i32.load $x offset=@slot.refs (local.get $slot)) (i32.const 1)))
  (i32.store $x offset=@slot.refs (local.get $slot) (local.get $refs))
  (if (i32.eqz (local.get $refs))
    (then (call $give_back (local.get $slot)))))
