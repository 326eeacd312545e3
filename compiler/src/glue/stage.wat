;; What every function of a stage's glue stands on: handles, buffers, texts, and the beginning and end of a call.
;;
;; `@a.b` is a number from the runtime's `layout` or from `violation`. Memory $x is the exchange memory, $g the guest's.
;; Ids name buffers (generation and slot); handles are what the guest has instead of ids.
(module
  (import "exchange" "memory" (memory $x 1 65536 shared))
  (import "guest" "memory" (memory $g 0))
  (import "guest" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  ;; Address of the stage's block.
  (import "base" "base" (global $base i32))
  ;; Ends the call: the guest broke a rule. Does not return.
  (import "host" "violation" (func $violation (param i32 i32)))
  ;; A buffer for this stage when its tier has no free one: its id, or -1 - length of the reason, which is in scratch.
  (import "host" "allocate" (func $host_allocate (param i64) (result i64)))
  ;; Gives back a buffer whose bytes are outside of the exchange memory.
  (import "host" "free" (func $host_free (param i32)))
  ;; Appends that many bytes of scratch to the host's text.
  (import "host" "text" (func $host_text (param i32)))
  ;; The number of the content type that the host's text names, -1 when the flow has too many; empties the text.
  (import "host" "content_type" (func $host_content_type (result i32)))
  ;; The host's text is that of an error of this category; empties the text.
  (import "host" "failed" (func $host_failed (param i32)))

  ;; ---- rules

  (func $check (export "check") (param $holds i32) (param $violation i32)
    (if (i32.eqz (local.get $holds))
      (then (call $violation (local.get $violation) (i32.const 0)) (unreachable))))

  ;; That a case is one of 0 to `last`.
  (func $check_case (export "check_case") (param $case i32) (param $last i32) (param $violation i32)
    (if (i32.gt_u (local.get $case) (local.get $last))
      (then (call $violation (local.get $violation) (local.get $case)) (unreachable))))

  ;; Whether the guest may call the host now (canonical ABI: not from `realloc` and `post-return`).
  (func $leave (export "leave")
    (if (i32.eqz (i32.load $x offset=@node.may_leave (global.get $base)))
      (then (call $violation (i32.const @violation.may_not_leave) (i32.const 0)) (unreachable))))

  (func $is_in_guest (export "is_in_guest") (param $at i32) (param $len i32) (result i32)
    (i64.le_u
      (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $len)))
      (i64.shl (i64.extend_i32_u (memory.size $g)) (i64.const 16))))

  ;; The result of a function of the guest: `size` bytes, aligned to `mask + 1`.
  (func (export "area") (param $at i32) (param $size i32) (param $mask i32)
    (call $place
      (local.get $at)
      (local.get $size)
      (local.get $mask)
      (i32.const @violation.unaligned)
      (i32.const @violation.out_of_bounds)))

  ;; The place that the guest names for the result of a function of the host.
  (func (export "return_area") (param $at i32) (param $size i32) (param $mask i32)
    (call $place
      (local.get $at)
      (local.get $size)
      (local.get $mask)
      (i32.const @violation.area_unaligned)
      (i32.const @violation.area_out_of_bounds)))

  (func $place (param $at i32) (param $size i32) (param $mask i32) (param $unaligned i32) (param $out_of_bounds i32)
    (call $check (i32.eqz (i32.and (local.get $at) (local.get $mask))) (local.get $unaligned))
    (call $check (call $is_in_guest (local.get $at) (local.get $size)) (local.get $out_of_bounds)))

  ;; A list of `count` items, `size` bytes each, aligned to `mask + 1`.
  (func (export "list") (param $at i32) (param $count i32) (param $size i32) (param $mask i32)
    (call $check
      (i64.le_u
        (i64.add
          (i64.extend_i32_u (local.get $at))
          (i64.mul (i64.extend_i32_u (local.get $count)) (i64.extend_i32_u (local.get $size))))
        (i64.shl (i64.extend_i32_u (memory.size $g)) (i64.const 16)))
      (i32.const @violation.list_out_of_bounds))
    (call $check (i32.eqz (i32.and (local.get $at) (local.get $mask))) (i32.const @violation.list_unaligned)))

  ;; ---- copies

  ;; Copies from the guest, whose bounds the caller has checked, to the exchange memory.
  (func $take (export "take") (param $to i32) (param $from i32) (param $len i32)
    (local $last_to i32) (local $last_from i32)
    ;; A call of the engine costs more than a few steps here.
    (if (i32.gt_u (local.get $len) (i32.const 128))
      (then (memory.copy $x $g (local.get $to) (local.get $from) (local.get $len)) (return)))
    (if (i32.lt_u (local.get $len) (i32.const 16))
      (then (call $take_few (local.get $to) (local.get $from) (local.get $len)) (return)))
    ;; From both ends; what is copied from them may overlap.
    (local.set $last_to (i32.add (local.get $to) (i32.sub (local.get $len) (i32.const 16))))
    (local.set $last_from (i32.add (local.get $from) (i32.sub (local.get $len) (i32.const 16))))
    (v128.store $x (local.get $to) (v128.load $g (local.get $from)))
    (v128.store $x (local.get $last_to) (v128.load $g (local.get $last_from)))
    (if (i32.le_u (local.get $len) (i32.const 32)) (then (return)))
    (local.set $last_to (i32.sub (local.get $last_to) (i32.const 16)))
    (local.set $last_from (i32.sub (local.get $last_from) (i32.const 16)))
    (v128.store $x offset=16 (local.get $to) (v128.load $g offset=16 (local.get $from)))
    (v128.store $x (local.get $last_to) (v128.load $g (local.get $last_from)))
    (if (i32.le_u (local.get $len) (i32.const 64)) (then (return)))
    (local.set $last_to (i32.sub (local.get $last_to) (i32.const 32)))
    (local.set $last_from (i32.sub (local.get $last_from) (i32.const 32)))
    (v128.store $x offset=32 (local.get $to) (v128.load $g offset=32 (local.get $from)))
    (v128.store $x offset=48 (local.get $to) (v128.load $g offset=48 (local.get $from)))
    (v128.store $x (local.get $last_to) (v128.load $g (local.get $last_from)))
    (v128.store $x offset=16 (local.get $last_to) (v128.load $g offset=16 (local.get $last_from))))

  ;; Fewer than 16 bytes: the first and the last ones, which may overlap.
  (func $take_few (param $to i32) (param $from i32) (param $len i32)
    (local $last i32)
    (if (i32.ge_u (local.get $len) (i32.const 8))
      (then
        (local.set $last (i32.sub (local.get $len) (i32.const 8)))
        (i64.store $x (local.get $to) (i64.load $g (local.get $from)))
        (i64.store $x
          (i32.add (local.get $to) (local.get $last))
          (i64.load $g (i32.add (local.get $from) (local.get $last))))
        (return)))
    (block $end
      (loop $bytes
        (br_if $end (i32.eqz (local.get $len)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (i32.store8 $x
          (i32.add (local.get $to) (local.get $len))
          (i32.load8_u $g (i32.add (local.get $from) (local.get $len))))
        (br $bytes))))

  ;; Copies from the exchange memory to the guest, whose bounds the caller has checked.
  (func $give (export "give") (param $to i32) (param $from i32) (param $len i32)
    (local $last_to i32) (local $last_from i32)
    ;; A call of the engine costs more than a few steps here.
    (if (i32.gt_u (local.get $len) (i32.const 128))
      (then (memory.copy $g $x (local.get $to) (local.get $from) (local.get $len)) (return)))
    (if (i32.lt_u (local.get $len) (i32.const 16))
      (then (call $give_few (local.get $to) (local.get $from) (local.get $len)) (return)))
    ;; From both ends; what is copied from them may overlap.
    (local.set $last_to (i32.add (local.get $to) (i32.sub (local.get $len) (i32.const 16))))
    (local.set $last_from (i32.add (local.get $from) (i32.sub (local.get $len) (i32.const 16))))
    (v128.store $g (local.get $to) (v128.load $x (local.get $from)))
    (v128.store $g (local.get $last_to) (v128.load $x (local.get $last_from)))
    (if (i32.le_u (local.get $len) (i32.const 32)) (then (return)))
    (local.set $last_to (i32.sub (local.get $last_to) (i32.const 16)))
    (local.set $last_from (i32.sub (local.get $last_from) (i32.const 16)))
    (v128.store $g offset=16 (local.get $to) (v128.load $x offset=16 (local.get $from)))
    (v128.store $g (local.get $last_to) (v128.load $x (local.get $last_from)))
    (if (i32.le_u (local.get $len) (i32.const 64)) (then (return)))
    (local.set $last_to (i32.sub (local.get $last_to) (i32.const 32)))
    (local.set $last_from (i32.sub (local.get $last_from) (i32.const 32)))
    (v128.store $g offset=32 (local.get $to) (v128.load $x offset=32 (local.get $from)))
    (v128.store $g offset=48 (local.get $to) (v128.load $x offset=48 (local.get $from)))
    (v128.store $g (local.get $last_to) (v128.load $x (local.get $last_from)))
    (v128.store $g offset=16 (local.get $last_to) (v128.load $x offset=16 (local.get $last_from))))

  ;; Fewer than 16 bytes: the first and the last ones, which may overlap.
  (func $give_few (param $to i32) (param $from i32) (param $len i32)
    (local $last i32)
    (if (i32.ge_u (local.get $len) (i32.const 8))
      (then
        (local.set $last (i32.sub (local.get $len) (i32.const 8)))
        (i64.store $g (local.get $to) (i64.load $x (local.get $from)))
        (i64.store $g
          (i32.add (local.get $to) (local.get $last))
          (i64.load $x (i32.add (local.get $from) (local.get $last))))
        (return)))
    (block $end
      (loop $bytes
        (br_if $end (i32.eqz (local.get $len)))
        (local.set $len (i32.sub (local.get $len) (i32.const 1)))
        (i32.store8 $g
          (i32.add (local.get $to) (local.get $len))
          (i32.load8_u $x (i32.add (local.get $from) (local.get $len))))
        (br $bytes))))

  ;; Counts a copy of `len` bytes in the counters at `at` of the stage's block.
  (func $count (export "count") (param $at i32) (param $len i32)
    (local.set $at (i32.add (global.get $base) (local.get $at)))
    (i64.store $x (local.get $at) (i64.add (i64.load $x (local.get $at)) (i64.const 1)))
    (i64.store $x offset=8 (local.get $at)
      (i64.add (i64.load $x offset=8 (local.get $at)) (i64.extend_i32_u (local.get $len)))))

  ;; Memory of the guest for `len` bytes, by its own allocator.
  (func $reserve (export "reserve") (param $align i32) (param $len i32) (result i32)
    (local $at i32)
    (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 0))
    (local.set $at (call $realloc (i32.const 0) (i32.const 0) (local.get $align) (local.get $len)))
    (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 1))
    (if (i32.and (local.get $at) (i32.sub (local.get $align) (i32.const 1)))
      (then (call $violation (i32.const @violation.realloc_unaligned) (i32.const 0)) (unreachable)))
    (if (i32.eqz (call $is_in_guest (local.get $at) (local.get $len)))
      (then (call $violation (i32.const @violation.realloc_out_of_bounds) (i32.const 0)) (unreachable)))
    (local.get $at))

  ;; A copy in the guest of `len` bytes at `from` of the exchange memory.
  (func $lower (export "lower") (param $from i32) (param $len i32) (result i32)
    (local $at i32)
    (local.set $at (call $reserve (i32.const 1) (local.get $len)))
    (call $give (local.get $at) (local.get $from) (local.get $len))
    (local.get $at))

  ;; Sends a text of the guest to the host, which checks that it is UTF-8.
  (func $text (export "text") (param $from i32) (param $len i32)
    (local $part i32)
    (call $check (call $is_in_guest (local.get $from) (local.get $len)) (i32.const @violation.text_out_of_bounds))
    (loop $parts
      (local.set $part
        (select (local.get $len) (i32.const @scratch.size) (i32.lt_u (local.get $len) (i32.const @scratch.size))))
      (call $take (i32.const @scratch.first) (local.get $from) (local.get $part))
      (call $host_text (local.get $part))
      (local.set $from (i32.add (local.get $from) (local.get $part)))
      (br_if $parts (local.tee $len (i32.sub (local.get $len) (local.get $part))))))

  ;; ---- handles

  (func $entry (param $handle i32) (result i32)
    (i32.add (i32.load $x offset=@node.handles (global.get $base)) (i32.shl (local.get $handle) (i32.const 3))))

  (func $insert (export "insert") (param $kind i32) (param $id i32) (result i32)
    (local $handle i32) (local $at i32)
    (if (local.tee $handle (i32.load $x offset=@node.free_handle (global.get $base)))
      (then
        (local.set $at (call $entry (local.get $handle)))
        (i32.store $x offset=@node.free_handle (global.get $base) (i32.load $x offset=4 (local.get $at))))
      (else
        (local.set $handle (i32.load $x offset=@node.unused_handle (global.get $base)))
        (call $check (i32.lt_u (local.get $handle) (i32.const @handle.count)) (i32.const @violation.too_many_handles))
        (i32.store $x offset=@node.unused_handle (global.get $base) (i32.add (local.get $handle) (i32.const 1)))
        (local.set $at (call $entry (local.get $handle)))))
    (i32.store $x (local.get $at) (local.get $kind))
    (i32.store $x offset=4 (local.get $at) (local.get $id))
    (local.get $handle))

  ;; Where the entry of a handle is. That of handle 0, which is never in use, stands for all that the stage never had.
  (func $find (export "find") (param $handle i32) (result i32)
    (i32.add
      (i32.load $x offset=@node.handles (global.get $base))
      (i32.shl
        (select
          (local.get $handle)
          (i32.const 0)
          (i32.lt_u (local.get $handle) (i32.load $x offset=@node.unused_handle (global.get $base))))
        (i32.const 3))))

  ;; Frees the entry of a handle.
  (func $remove (export "remove") (param $at i32) (param $handle i32)
    (i32.store $x (local.get $at) (i32.const @handle.free))
    (i32.store $x offset=4 (local.get $at) (i32.load $x offset=@node.free_handle (global.get $base)))
    (i32.store $x offset=@node.free_handle (global.get $base) (local.get $handle)))

  ;; A borrowed handle was given up.
  (func $end_borrow (export "end_borrow")
    (i32.store $x offset=@node.borrows (global.get $base)
      (i32.sub (i32.load $x offset=@node.borrows (global.get $base)) (i32.const 1))))

  ;; A handle is not of the kind that is needed. Does not return.
  (func $wrong_handle (export "wrong_handle") (param $handle i32)
    (call $violation
      (select
        (i32.const @violation.wrong_type)
        (i32.const @violation.unknown_handle)
        (i32.load $x (call $find (local.get $handle))))
      (local.get $handle))
    (unreachable))

  ;; ---- buffers

  ;; Where a buffer's slot is, from the first one.
  (func $slot (export "slot") (param $id i32) (result i32)
    (i32.shl (i32.and (local.get $id) (i32.const 0xffff)) (i32.const 6)))

  ;; A buffer that the stage owns: its id, or -1 - length of the reason, which is in scratch.
  (func $allocate (export "allocate") (param $capacity i64) (result i64)
    (local $tier i32) (local $bytes i64) (local $held i64) (local $free i32) (local $slot i32) (local $live i64)
    (block $slow
      (br_if $slow
        (i64.gt_u (local.get $capacity) (i64.load $x offset=@node.max_buffer_bytes (global.get $base))))
      ;; The smallest tier that is large enough.
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
    (call $allocate_elsewhere (local.get $capacity)))

  (func $allocate_elsewhere (param $capacity i64) (result i64)
    (call $host_allocate (local.get $capacity)))

  ;; Returns a buffer that nobody holds any more to the pool.
  (func $give_back (param $slot i32)
    (local $tier i32)
    (local.set $tier (i32.load $x offset=@slot.tier (local.get $slot)))
    (if (i32.eq (local.get $tier) (i32.const @tier.count))
      (then (call $free_elsewhere (local.get $slot)) (return)))
    (i32.store $x offset=@slot.state (local.get $slot) (i32.const @state.pooled))
    (i32.store $x offset=@slot.id (local.get $slot)
      (i32.add (i32.load $x offset=@slot.id (local.get $slot)) (i32.const @slot.generation)))
    (i64.store $x offset=@statistics.returned (i32.const 0)
      (i64.add (i64.load $x offset=@statistics.returned (i32.const 0)) (i64.const 1)))
    (local.set $tier (i32.shl (local.get $tier) (i32.const 4)))
    (i32.store $x offset=@slot.next (local.get $slot) (i32.load $x offset=@tier.free (local.get $tier)))
    (i32.store $x offset=@tier.free (local.get $tier)
      (i32.add (i32.shr_u (local.get $slot) (i32.const 6)) (i32.const 1))))

  (func $free_elsewhere (param $slot i32)
    (call $host_free (i32.load $x offset=@slot.id (local.get $slot))))

  ;; The stage owns the buffer no longer.
  (func $disown (param $slot i32)
    (i64.store $x offset=@node.held_bytes (global.get $base)
      (i64.sub
        (i64.load $x offset=@node.held_bytes (global.get $base))
        (i64.load32_u $x offset=@slot.capacity (local.get $slot))))
    (i32.store $x offset=@slot.owner (local.get $slot) (i32.const @slot.flow)))

  ;; The stage gives up a buffer of its own. After `freeze` the mutable handle is dead, and dropping it is no error.
  (func $drop_owned (export "drop_owned") (param $id i32)
    (local $slot i32)
    (local.set $slot (call $slot (local.get $id)))
    (if (i32.eq (i32.load $x offset=@slot.id (local.get $slot)) (local.get $id))
      (then
        (call $disown (local.get $slot))
        (call $give_back (local.get $slot)))))

  ;; Ends a claim on a buffer in transit.
  (func $release (export "release") (param $id i32)
    (local $slot i32) (local $refs i32)
    (local.set $slot (call $slot (local.get $id)))
    (local.set $refs (i32.sub (i32.load $x offset=@slot.refs (local.get $slot)) (i32.const 1)))
    (i32.store $x offset=@slot.refs (local.get $slot) (local.get $refs))
    (if (i32.eqz (local.get $refs))
      (then (call $give_back (local.get $slot)))))

  ;; ---- content types

  ;; The number of a content type that the guest names; -1 when the flow has too many, or it is too long.
  (func $intern (export "intern") (param $at i32) (param $len i32) (result i32)
    (call $check (call $is_in_guest (local.get $at) (local.get $len)) (i32.const @violation.text_out_of_bounds))
    (if (i32.eqz (local.get $len)) (then (return (i32.const 0))))
    (call $intern_text (local.get $at) (local.get $len)))

  ;; Mostly it is the one that was named last.
  (func $intern_text (param $at i32) (param $len i32) (result i32)
    (local $recent i32)
    (local.set $recent (i32.load $x offset=@node.recent_type (global.get $base)))
    (if (call $is_type (local.get $recent) (local.get $at) (local.get $len))
      (then (return (local.get $recent))))
    (call $intern_another (local.get $at) (local.get $len)))

  (func $intern_another (param $at i32) (param $len i32) (result i32)
    (local $type i32)
    (call $text (local.get $at) (local.get $len))
    (if (i32.ge_s (local.tee $type (call $host_content_type)) (i32.const 0))
      (then (i32.store $x offset=@node.recent_type (global.get $base) (local.get $type))))
    (local.get $type))

  (func $type_at (export "type_at") (param $type i32) (result i32)
    (i32.load $x offset=@content_type.first (i32.shl (local.get $type) (i32.const 3))))

  (func $type_len (export "type_len") (param $type i32) (result i32)
    (i32.load $x offset=@content_type.lengths (i32.shl (local.get $type) (i32.const 3))))

  ;; Whether the text of a content type is these bytes of the guest.
  (func $is_type (param $type i32) (param $at i32) (param $len i32) (result i32)
    (local $text i32) (local $last i32)
    (if (i32.ne (call $type_len (local.get $type)) (local.get $len)) (then (return (i32.const 0))))
    (local.set $text (call $type_at (local.get $type)))
    (local.set $last (i32.sub (local.get $len) (i32.const 16)))
    (if (i32.gt_u (local.get $last) (i32.const 16))
      (then
        (return
          (call $are_equal (local.get $at) (local.get $text) (i32.add (local.get $at) (local.get $len))))))
    ;; The first and the last 16 bytes, which may overlap.
    (i32.eqz
      (v128.any_true
        (v128.or
          (v128.xor (v128.load $g (local.get $at)) (v128.load $x (local.get $text)))
          (v128.xor
            (v128.load $g (i32.add (local.get $at) (local.get $last)))
            (v128.load $x (i32.add (local.get $text) (local.get $last))))))))

  ;; Whether bytes of the guest up to `end` are those of a text.
  (func $are_equal (param $at i32) (param $text i32) (param $end i32) (result i32)
    (loop $words
      (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8))
        (then
          (if (i64.ne (i64.load $g (local.get $at)) (i64.load $x (local.get $text))) (then (return (i32.const 0))))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (local.set $text (i32.add (local.get $text) (i32.const 8)))
          (br $words))))
    (loop $bytes
      (if (i32.eq (local.get $at) (local.get $end)) (then (return (i32.const 1))))
      (if (i32.ne (i32.load8_u $g (local.get $at)) (i32.load8_u $x (local.get $text)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $text (i32.add (local.get $text) (i32.const 1)))
      (br $bytes))
    (unreachable))

  ;; ---- calls

  ;; A call of the stage begins.
  (func $enter (export "enter")
    (local $call i32)
    (local.set $call (i32.add (i32.load $x offset=@control.call (i32.const 0)) (i32.const 1)))
    (i32.store $x offset=@control.call (i32.const 0)
      (select (local.get $call) (i32.const 1) (local.get $call)))
    (i32.store $x offset=@control.stage (i32.const 0)
      (i32.add (i32.load $x offset=@node.position (global.get $base)) (i32.const 1))))

  ;; Lends an element for the call: where its content type is in the guest, and the handles of buffer and context.
  (func $lend (export "lend") (param $type i32) (param $id i32) (result i32 i32 i32)
    (i32.store $x offset=@slot.state (call $slot (local.get $id)) (i32.const @state.borrowed))
    (i32.store $x offset=@node.lent (global.get $base) (local.get $id))
    (call $count (i32.const @node.metadata)
      (i32.add (i32.const 16) (call $type_len (local.get $type))))
    (call $lower (call $type_at (local.get $type)) (call $type_len (local.get $type)))
    (call $insert (i32.const @handle.lent_buffer) (local.get $id))
    (call $insert (i32.const @handle.lent_context) (i32.const 0))
    (i32.store $x offset=@node.borrows (global.get $base) (i32.const 2)))

  ;; Ends the loan.
  (func $end_loan (export "end_loan") (param $id i32)
    (i32.store $x offset=@slot.state (call $slot (local.get $id)) (i32.const @state.transit)))

  ;; A call with an element has returned: everything that was lent must have been given up, whatever the result is.
  (func $returned (export "returned")
    (call $check
      (i32.eqz (i32.load $x offset=@node.borrows (global.get $base)))
      (i32.const @violation.borrows_remain)))

  ;; While the guest frees what it returned, it must not call out.
  (func $begin_post (export "begin_post")
    (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 0)))

  ;; A call ends.
  (func $exit (export "exit")
    (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 1)))

  ;; Whether a result is an error. There are no other cases.
  (func $is_error (export "is_error") (param $at i32) (result i32)
    (local $case i32)
    (local.set $case (i32.load8_u $g (local.get $at)))
    (call $check_case (local.get $case) (i32.const 1) (i32.const @violation.result_case))
    (local.get $case))

  ;; Takes over a `process-error`.
  (func $lift_error (export "lift_error") (param $at i32)
    (local $case i32)
    (local.set $case (i32.load8_u $g (local.get $at)))
    (call $check_case (local.get $case) (i32.const 4) (i32.const @violation.variant_case))
    ;; `deadline-exceeded` has no text.
    (if (i32.ne (local.get $case) (i32.const 3))
      (then (call $text (i32.load $g offset=4 (local.get $at)) (i32.load $g offset=8 (local.get $at)))))
    (call $host_failed (local.get $case)))

  ;; Takes over an `output-element` from the guest: which content type it names, -1 for none that the flow can have, and
  ;; which buffer it hands out are in the stage's block. Sequence number and timestamp are advisory.
  (func $lift_output (export "lift_output") (param $at i32)
    (local $handle i32) (local $entry i32)
    (i32.store $x offset=@node.result_type (global.get $base)
      (call $intern (i32.load $g offset=16 (local.get $at)) (i32.load $g offset=20 (local.get $at))))
    (local.set $handle (i32.load $g offset=24 (local.get $at)))
    (local.set $entry (call $find (local.get $handle)))
    (if (i32.ne (i32.load $x (local.get $entry)) (i32.const @handle.buffer))
      (then
        (call $check
          (i32.ne (i32.load $x (local.get $entry)) (i32.const @handle.lent_buffer))
          (i32.const @violation.own_of_borrow))
        (call $wrong_handle (local.get $handle))))
    (i32.store $x offset=@node.result (global.get $base) (i32.load $x offset=4 (local.get $entry)))
    (call $remove (local.get $entry) (local.get $handle)))

  ;; Puts the buffer of a result on its way: @outcome.emitted, or @outcome.refused when its content type is none.
  (func $accept (export "accept") (result i32)
    (local $type i32) (local $slot i32)
    (local.set $type (i32.load $x offset=@node.result_type (global.get $base)))
    (local.set $slot (call $slot (i32.load $x offset=@node.result (global.get $base))))
    (if (i32.lt_s (local.get $type) (i32.const 0))
      (then
        (call $drop_owned (i32.load $x offset=@node.result (global.get $base)))
        (return (i32.const @outcome.refused))))
    (call $count (i32.const @node.metadata)
      (i32.add (i32.const 16) (call $type_len (local.get $type))))
    (if (i32.eqz (local.get $type))
      (then
        (i32.store $x offset=@node.result_type (global.get $base)
          (i32.load $x offset=@slot.content_type (local.get $slot)))))
    (call $disown (local.get $slot))
    (i32.store $x offset=@slot.state (local.get $slot) (i32.const @state.transit))
    (i32.const @outcome.emitted))

  ;; Stands for what a guest does not have.
  (func (export "no_realloc") (param i32 i32 i32 i32) (result i32)
    (call $violation (i32.const @violation.no_realloc) (i32.const 0))
    (unreachable))
  (func (export "no_post") (param i32))
  (func (export "no_post_either")))
