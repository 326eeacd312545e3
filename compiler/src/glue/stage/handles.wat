;; The stage's table of handles. An entry is a kind, and an id or the next free handle; handle 0 is never in use.

;; Returns the address of a handle's entry, without a check.
(func $entry (param $handle i32) (result i32)
  (i32.add (i32.load $x offset=@node.handles (global.get $base)) (i32.shl (local.get $handle) (i32.const 3))))

;; Adds a handle of a kind for an id, in the entry that was freed last or in a new one. Returns the handle. Traps when
;; the table is full.
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

;; Returns the address of a handle's entry; for a number that was never a handle of the stage, that of handle 0, whose
;; kind is @handle.free.
(func $find (export "find") (param $handle i32) (result i32)
  (i32.add
    (i32.load $x offset=@node.handles (global.get $base))
    (i32.shl
      (select
        (local.get $handle)
        (i32.const 0)
        (i32.lt_u (local.get $handle) (i32.load $x offset=@node.unused_handle (global.get $base))))
      (i32.const 3))))

;; Frees the entry of a handle, which is at `at`.
(func $remove (export "remove") (param $at i32) (param $handle i32)
  (i32.store $x (local.get $at) (i32.const @handle.free))
  (i32.store $x offset=4 (local.get $at) (i32.load $x offset=@node.free_handle (global.get $base)))
  (i32.store $x offset=@node.free_handle (global.get $base) (local.get $handle)))

;; Notes that the guest has dropped a borrowed handle.
(func $end_borrow (export "end_borrow")
  (i32.store $x offset=@node.borrows (global.get $base)
    (i32.sub (i32.load $x offset=@node.borrows (global.get $base)) (i32.const 1))))

;; Traps because a handle is not of the required kind: @violation.unknown_handle if it is free, else
;; @violation.wrong_type.
(func $wrong_handle (export "wrong_handle") (param $handle i32)
  (call $violation
    (select
      (i32.const @violation.wrong_type)
      (i32.const @violation.unknown_handle)
      (i32.load $x (call $find (local.get $handle))))
    (local.get $handle))
  (unreachable))
