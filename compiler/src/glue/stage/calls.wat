;; The start and the end of a call from the host.

;; Starts a call of the stage: sets the number of the call, skipping 0, and the node that is being called.
(func $enter (export "enter")
  (local $call i32)
  (local.set $call (i32.add (i32.load $x offset=@control.call (i32.const 0)) (i32.const 1)))
  (i32.store $x offset=@control.call (i32.const 0)
    (select (local.get $call) (i32.const 1) (local.get $call)))
  (i32.store $x offset=@control.stage (i32.const 0)
    (i32.add (i32.load $x offset=@node.position (global.get $base)) (i32.const 1))))

;; Lends an element to the guest for the call. Returns the address of its content type in the guest, and the handles of
;; its buffer and of the flow context. Traps when the guest's allocator fails or the table of handles is full.
(func $lend (export "lend") (param $type i32) (param $id i32) (result i32 i32 i32)
  (i32.store $x offset=@slot.state (call $slot (local.get $id)) (i32.const @state.borrowed))
  (i32.store $x offset=@node.lent (global.get $base) (local.get $id))
  (call $count (i32.const @node.metadata)
    (i32.add (i32.const 16) (call $type_len (local.get $type))))
  (call $lower (call $type_at (local.get $type)) (call $type_len (local.get $type)))
  (call $insert (i32.const @handle.lent_buffer) (local.get $id))
  (call $insert (i32.const @handle.lent_context) (i32.const 0))
  (i32.store $x offset=@node.borrows (global.get $base) (i32.const 2)))

;; Ends the loan of a buffer: it is in transit again.
(func $end_loan (export "end_loan") (param $id i32)
  (i32.store $x offset=@slot.state (call $slot (local.get $id)) (i32.const @state.transit)))

;; Checks that the guest has dropped its borrowed handles, after a call with an element and whatever the result. Traps
;; if it has not.
(func $returned (export "returned")
  (call $check
    (i32.eqz (i32.load $x offset=@node.borrows (global.get $base)))
    (i32.const @violation.borrows_remain)))

;; Forbids the guest to call imports, before its post-return function runs.
(func $begin_post (export "begin_post")
  (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 0)))

;; Ends a call: allows the guest to call imports again.
(func $exit (export "exit")
  (i32.store $x offset=@node.may_leave (global.get $base) (i32.const 1)))

;; Returns whether the `result` at `at` is an error. Traps when its case is neither 0 nor 1.
(func $is_error (export "is_error") (param $at i32) (result i32)
  (local $case i32)
  (local.set $case (i32.load8_u $g (local.get $at)))
  (call $check_case (local.get $case) (i32.const 1) (i32.const @violation.result_case))
  (local.get $case))

;; Lifts the `process-error` at `at` and records it in the host. Traps when the case is unknown, or the text is out of
;; bounds, too long or not UTF-8.
(func $lift_error (export "lift_error") (param $at i32)
  (local $case i32)
  (local.set $case (i32.load8_u $g (local.get $at)))
  (call $check_case (local.get $case) (i32.const 4) (i32.const @violation.variant_case))
  ;; `deadline-exceeded` has no text.
  (if (i32.ne (local.get $case) (i32.const 3))
    (then (call $text (i32.load $g offset=4 (local.get $at)) (i32.load $g offset=8 (local.get $at)))))
  (call $host_failed (local.get $case)))

;; Lifts the `output-element` at `at` into the stage's block: the number of its content type (-1 if the flow has no room
;; for it) and the id of its buffer, which the stage still owns. Frees the handle. Ignores sequence number and
;; timestamp. Traps as `intern` does, or when the handle is not that of an immutable buffer that the stage owns.
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

;; Takes the buffer of the lifted element from the stage: it is in transit. An empty content type becomes the buffer's
;; own. Returns @outcome.emitted; or, if the flow has no room for the content type, returns the buffer to the pool and
;; @outcome.refused to the caller.
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

;; Traps, in place of the allocator that a guest lacks.
(func (export "no_realloc") (param i32 i32 i32 i32) (result i32)
  (call $violation (i32.const @violation.no_realloc) (i32.const 0))
  (unreachable))
;; Do nothing, in place of the post-return functions that a guest lacks.
(func (export "no_post") (param i32))
(func (export "no_post_either"))
