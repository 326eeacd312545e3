;; Implements the imports from `torvyn:streaming/types` and `torvyn:streaming/buffer-allocator`. Their contracts are in
;; `wit/`. All exported functions trap when the guest may not call imports, or when it passes a handle of another kind,
;; a stale buffer (except to drop it), a list or text out of bounds, or a wrong address for the result (`to`).
(module
  (import "exchange" "memory" (memory $x 1 65536 shared))
  (import "guest" "memory" (memory $g 0))
  (import "base" "base" (global $base i32))
  (import "host" "violation" (func $violation (param i32 i32)))
  ;; Allocates a buffer for the stage, with the contents and content type of the buffer with that id. Returns as
  ;; `allocate` does.
  (import "host" "clone" (func $host_clone (param i32) (result i64)))
  ;; Copy bytes between scratch and a buffer outside the exchange memory: id, offset in the buffer, number of bytes.
  (import "host" "heap_read" (func $heap_read (param i32 i32 i32)))
  (import "host" "heap_write" (func $heap_write (param i32 i32 i32)))
  (import "stage" "leave" (func $leave))
  (import "stage" "check" (func $check (param i32 i32)))
  (import "stage" "return_area" (func $return_area (param i32 i32 i32)))
  (import "stage" "is_in_guest" (func $is_in_guest (param i32 i32) (result i32)))
  (import "stage" "take" (func $take (param i32 i32 i32)))
  (import "stage" "give" (func $give (param i32 i32 i32)))
  (import "stage" "count" (func $count (param i32 i32)))
  (import "stage" "reserve" (func $reserve (param i32 i32) (result i32)))
  (import "stage" "lower" (func $lower (param i32 i32) (result i32)))
  (import "stage" "insert" (func $insert (param i32 i32) (result i32)))
  (import "stage" "find" (func $find (param i32) (result i32)))
  (import "stage" "remove" (func $remove (param i32 i32)))
  (import "stage" "end_borrow" (func $end_borrow))
  (import "stage" "wrong_handle" (func $wrong_handle (param i32)))
  (import "stage" "slot" (func $slot (param i32) (result i32)))
  (import "stage" "allocate" (func $allocate (param i64) (result i64)))
  (import "stage" "drop_owned" (func $drop_owned (param i32)))
  (import "stage" "intern" (func $intern (param i32 i32) (result i32)))
  (import "stage" "type_at" (func $type_at (param i32) (result i32)))
  (import "stage" "type_len" (func $type_len (param i32) (result i32)))

  ;; ---- arguments

  ;; Returns the slot of an immutable buffer that the guest owns or was lent. Traps when the handle is of another kind,
  ;; or the buffer is stale; `function` is the function that the error names.
  (func $buffer (param $handle i32) (param $function i32) (result i32)
    (local $entry i32) (local $id i32) (local $slot i32)
    (local.set $entry (call $find (local.get $handle)))
    ;; The two kinds are 1 and 3. With bit 1 set, both are 3, and no other kind is.
    (if (i32.ne (i32.or (i32.load $x (local.get $entry)) (i32.const 2)) (i32.const @handle.lent_buffer))
      (then (call $wrong_handle (local.get $handle))))
    (local.set $id (i32.load $x offset=4 (local.get $entry)))
    (local.set $slot (call $slot (local.get $id)))
    (if (i32.or
          (i32.ne (i32.load $x offset=@slot.id (local.get $slot)) (local.get $id))
          (i32.lt_u (i32.load $x offset=@slot.state (local.get $slot)) (i32.const @state.owned)))
      (then (call $violation (i32.const @violation.stale) (local.get $function)) (unreachable)))
    (local.get $slot))

  ;; Returns the entry of the handle of a mutable buffer, frozen or not. Traps when the handle is of another kind.
  (func $draft (param $handle i32) (result i32)
    (local $entry i32)
    (local.set $entry (call $find (local.get $handle)))
    (if (i32.ne (i32.load $x (local.get $entry)) (i32.const @handle.mutable_buffer))
      (then (call $wrong_handle (local.get $handle))))
    (local.get $entry))

  ;; Returns the slot of a mutable buffer, from the entry of its handle. Traps when the buffer is stale: after `freeze`,
  ;; the mutable buffer is. `function` is the function that the error names.
  (func $unfrozen (param $entry i32) (param $function i32) (result i32)
    (local $id i32) (local $slot i32)
    (local.set $id (i32.load $x offset=4 (local.get $entry)))
    (local.set $slot (call $slot (local.get $id)))
    (if (i32.or
          (i32.ne (i32.load $x offset=@slot.id (local.get $slot)) (local.get $id))
          (i32.ne (i32.load $x offset=@slot.state (local.get $slot)) (i32.const @state.draft)))
      (then (call $violation (i32.const @violation.stale) (local.get $function)) (unreachable)))
    (local.get $slot))

  ;; Returns the slot of a mutable buffer. Traps as `draft` and `unfrozen` do.
  (func $mutable (param $handle i32) (param $function i32) (result i32)
    (call $unfrozen (call $draft (local.get $handle)) (local.get $function)))

  ;; Checks the bytes that the guest passes for a mutable buffer. Traps when they are out of bounds or too many; but if
  ;; the handle is wrong as well, that is the error. Callers check afterwards that the buffer is not stale.
  (func $bytes (param $handle i32) (param $at i32) (param $len i32)
    (if (i32.eqz (call $is_in_guest (local.get $at) (local.get $len)))
      (then
        (drop (call $draft (local.get $handle)))
        (call $check (i32.const 0) (i32.const @violation.list_out_of_bounds))))
    (if (i32.gt_u (local.get $len) (i32.const @bounds.call_bytes))
      (then
        (drop (call $draft (local.get $handle)))
        (call $check (i32.const 0) (i32.const @violation.too_much)))))

  ;; Checks that the handle is that of a flow context. Traps if it isn't.
  (func $context (param $handle i32)
    (if (i32.ne (i32.load $x (call $find (local.get $handle))) (i32.const @handle.lent_context))
      (then (call $wrong_handle (local.get $handle)))))

  ;; ---- results

  ;; Checks the address for a list or text, and returns it. Traps if it is wrong. Callers do this before they call the
  ;; guest's allocator, which may grow the memory: the address must be within the bounds before that.
  (func $list_area (param $to i32) (result i32)
    (call $return_area (local.get $to) (i32.const 8) (i32.const 3))
    (local.get $to))

  ;; Stores a list or text at `to`: `len` bytes at `at` in the guest.
  (func $return_list (param $to i32) (param $at i32) (param $len i32)
    (i32.store $g (local.get $to) (local.get $at))
    (i32.store $g offset=4 (local.get $to) (local.get $len)))

  ;; Stores a `result<mutable-buffer, buffer-error>` at `to`, from the result of `allocate`: a new handle, or the reason
  ;; that is in scratch. Traps when `to` is wrong, the table of handles is full, or the guest's allocator fails.
  (func $return_allocated (param $to i32) (param $allocated i64)
    (local $len i32) (local $text i32)
    (call $return_area (local.get $to) (i32.const 16) (i32.const 3))
    (if (i64.ge_s (local.get $allocated) (i64.const 0))
      (then
        (i32.store8 $g (local.get $to) (i32.const 0))
        (i32.store $g offset=4 (local.get $to)
          (call $insert (i32.const @handle.mutable_buffer) (i32.wrap_i64 (local.get $allocated)))))
      (else
        (local.set $len (i32.wrap_i64 (i64.sub (i64.const -1) (local.get $allocated))))
        (local.set $text (call $lower (i32.const @scratch.first) (local.get $len)))
        (i32.store8 $g (local.get $to) (i32.const 1))
        ;; `allocation-failed`
        (i32.store8 $g offset=4 (local.get $to) (i32.const 2))
        (i32.store $g offset=8 (local.get $to) (local.get $text))
        (i32.store $g offset=12 (local.get $to) (local.get $len)))))

  ;; Stores a `result<_, buffer-error>` at `to`: success for -1, else the case of the error. Traps when `to` is wrong.
  (func $return_written (param $to i32) (param $case i32)
    (call $return_area (local.get $to) (i32.const 16) (i32.const 3))
    (i32.store8 $g (local.get $to) (i32.ge_s (local.get $case) (i32.const 0)))
    (if (i32.ge_s (local.get $case) (i32.const 0))
      (then (i32.store8 $g offset=4 (local.get $to) (local.get $case)))))

  ;; ---- torvyn:streaming/types: buffer

  (func (export "torvyn:streaming/types#[method]buffer.size") (param $handle i32) (result i64)
    (call $leave)
    (i64.load32_u $x offset=@slot.len (call $buffer (local.get $handle) (i32.const @function.buffer_size))))

  (func (export "torvyn:streaming/types#[method]buffer.content-type") (param $handle i32) (param $to i32)
    (local $type i32)
    (call $leave)
    (local.set $type
      (i32.load $x offset=@slot.content_type
        (call $buffer (local.get $handle) (i32.const @function.buffer_content_type))))
    (call $return_list
      (call $list_area (local.get $to))
      (call $lower (call $type_at (local.get $type)) (call $type_len (local.get $type)))
      (call $type_len (local.get $type))))

  (func (export "torvyn:streaming/types#[method]buffer.read")
    (param $handle i32) (param $offset i64) (param $len i64) (param $to i32)
    (local $slot i32) (local $all i64)
    (call $leave)
    (local.set $slot (call $buffer (local.get $handle) (i32.const @function.buffer_read)))
    (local.set $all (i64.load32_u $x offset=@slot.len (local.get $slot)))
    (if (i64.gt_u (local.get $offset) (local.get $all)) (then (local.set $offset (local.get $all))))
    (local.set $all (i64.sub (local.get $all) (local.get $offset)))
    (if (i64.gt_u (local.get $len) (local.get $all)) (then (local.set $len (local.get $all))))
    (call $read
      (local.get $slot) (i32.wrap_i64 (local.get $offset)) (i32.wrap_i64 (local.get $len)) (local.get $to)))

  (func (export "torvyn:streaming/types#[method]buffer.read-all") (param $handle i32) (param $to i32)
    (local $slot i32)
    (call $leave)
    (local.set $slot (call $buffer (local.get $handle) (i32.const @function.buffer_read_all)))
    (call $read
      (local.get $slot) (i32.const 0) (i32.load $x offset=@slot.len (local.get $slot)) (local.get $to)))

  ;; Copies `len` bytes of a buffer at `offset`, which are within its contents, to newly allocated memory of the guest.
  ;; Counts the copy and stores the list at `to`.
  (func $read (param $slot i32) (param $offset i32) (param $len i32) (param $to i32)
    (local $at i32)
    (call $count (i32.const @node.read) (local.get $len))
    (local.set $to (call $list_area (local.get $to)))
    (if (i32.eq (i32.load $x offset=@slot.tier (local.get $slot)) (i32.const @tier.count))
      (then
        (local.set $at (call $reserve (i32.const 1) (local.get $len)))
        (call $read_heap (local.get $slot) (local.get $offset) (local.get $len) (local.get $at)))
      (else
        (local.set $at
          (call $lower
            (i32.add (i32.load $x offset=@slot.address (local.get $slot)) (local.get $offset))
            (local.get $len)))))
    (call $return_list (local.get $to) (local.get $at) (local.get $len)))

  ;; Returns the length of the next part of a copy through scratch.
  (func $part (param $len i32) (result i32)
    (select (local.get $len) (i32.const @scratch.size) (i32.lt_u (local.get $len) (i32.const @scratch.size))))

  ;; Copies `len` bytes of a buffer outside the exchange memory to `at` in the guest, in parts that fit into scratch.
  (func $read_heap (param $slot i32) (param $offset i32) (param $len i32) (param $at i32)
    (local $part i32)
    (loop $parts
      (local.set $part (call $part (local.get $len)))
      (call $heap_read (i32.load $x offset=@slot.id (local.get $slot)) (local.get $offset) (local.get $part))
      (call $give (local.get $at) (i32.const @scratch.first) (local.get $part))
      (local.set $offset (i32.add (local.get $offset) (local.get $part)))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $len (i32.sub (local.get $len) (local.get $part))))))

  ;; Copies `len` bytes at `at` in the guest to a buffer outside the exchange memory, in parts that fit into scratch.
  (func $write_heap (param $slot i32) (param $offset i32) (param $len i32) (param $at i32)
    (local $part i32)
    (loop $parts
      (local.set $part (call $part (local.get $len)))
      (call $take (i32.const @scratch.first) (local.get $at) (local.get $part))
      (call $heap_write (i32.load $x offset=@slot.id (local.get $slot)) (local.get $offset) (local.get $part))
      (local.set $offset (i32.add (local.get $offset) (local.get $part)))
      (local.set $at (i32.add (local.get $at) (local.get $part)))
      (br_if $parts (local.tee $len (i32.sub (local.get $len) (local.get $part))))))

  ;; ---- torvyn:streaming/types: mutable-buffer

  (func (export "torvyn:streaming/types#[method]mutable-buffer.write")
    (param $handle i32) (param $offset i64) (param $at i32) (param $len i32) (param $to i32)
    (local $slot i32)
    (call $leave)
    (call $bytes (local.get $handle) (local.get $at) (local.get $len))
    (local.set $slot (call $mutable (local.get $handle) (i32.const @function.mutable_buffer_write)))
    (if (i64.gt_u (local.get $offset) (i64.load32_u $x offset=@slot.len (local.get $slot)))
      ;; `out-of-bounds`
      (then (call $return_written (local.get $to) (i32.const 1)))
      (else
        (call $write
          (local.get $slot) (i32.wrap_i64 (local.get $offset)) (local.get $at) (local.get $len) (local.get $to)))))

  (func (export "torvyn:streaming/types#[method]mutable-buffer.append")
    (param $handle i32) (param $at i32) (param $len i32) (param $to i32)
    (local $slot i32)
    (call $leave)
    (call $bytes (local.get $handle) (local.get $at) (local.get $len))
    (local.set $slot (call $mutable (local.get $handle) (i32.const @function.mutable_buffer_append)))
    (call $write
      (local.get $slot)
      (i32.load $x offset=@slot.len (local.get $slot))
      (local.get $at)
      (local.get $len)
      (local.get $to)))

  ;; Copies `len` bytes at `at` in the guest to `offset` of a mutable buffer; `offset` is within its contents or at
  ;; their end. Counts the copy and stores the result at `to`: success, or `capacity-exceeded`, which leaves the buffer
  ;; unchanged.
  (func $write (param $slot i32) (param $offset i32) (param $at i32) (param $len i32) (param $to i32)
    (local $end i64)
    (local.set $end (i64.add (i64.extend_i32_u (local.get $offset)) (i64.extend_i32_u (local.get $len))))
    (if (i64.gt_u (local.get $end) (i64.load32_u $x offset=@slot.capacity (local.get $slot)))
      ;; `capacity-exceeded`
      (then (call $return_written (local.get $to) (i32.const 0)) (return)))
    (if (i32.eq (i32.load $x offset=@slot.tier (local.get $slot)) (i32.const @tier.count))
      (then (call $write_heap (local.get $slot) (local.get $offset) (local.get $len) (local.get $at)))
      (else
        (call $take
          (i32.add (i32.load $x offset=@slot.address (local.get $slot)) (local.get $offset))
          (local.get $at)
          (local.get $len))))
    (if (i64.gt_u (local.get $end) (i64.load32_u $x offset=@slot.len (local.get $slot)))
      (then (i64.store32 $x offset=@slot.len (local.get $slot) (local.get $end))))
    (call $count (i32.const @node.written) (local.get $len))
    (call $return_written (local.get $to) (i32.const -1)))

  (func (export "torvyn:streaming/types#[method]mutable-buffer.size") (param $handle i32) (result i64)
    (call $leave)
    (i64.load32_u $x offset=@slot.len
      (call $mutable (local.get $handle) (i32.const @function.mutable_buffer_size))))

  (func (export "torvyn:streaming/types#[method]mutable-buffer.capacity") (param $handle i32) (result i64)
    (call $leave)
    (i64.load32_u $x offset=@slot.capacity
      (call $mutable (local.get $handle) (i32.const @function.mutable_buffer_capacity))))

  ;; Traps also when the flow has no room for the content type.
  (func (export "torvyn:streaming/types#[method]mutable-buffer.set-content-type")
    (param $handle i32) (param $at i32) (param $len i32)
    (local $entry i32) (local $type i32) (local $slot i32)
    (call $leave)
    (local.set $entry (call $draft (local.get $handle)))
    (local.set $type (call $intern (local.get $at) (local.get $len)))
    (local.set $slot (call $unfrozen (local.get $entry) (i32.const @function.mutable_buffer_set_content_type)))
    (if (i32.lt_s (local.get $type) (i32.const 0))
      (then
        (call $violation
          (i32.const @violation.content_type)
          (i32.const @function.mutable_buffer_set_content_type))
        (unreachable)))
    (i32.store $x offset=@slot.content_type (local.get $slot) (local.get $type)))

  (func (export "torvyn:streaming/types#[method]mutable-buffer.freeze") (param $handle i32) (result i32)
    (local $slot i32) (local $id i32)
    (call $leave)
    (local.set $slot (call $mutable (local.get $handle) (i32.const @function.mutable_buffer_freeze)))
    (local.set $id (i32.add (i32.load $x offset=@slot.id (local.get $slot)) (i32.const @slot.generation)))
    (i32.store $x offset=@slot.id (local.get $slot) (local.get $id))
    (i32.store $x offset=@slot.state (local.get $slot) (i32.const @state.owned))
    (call $insert (i32.const @handle.buffer) (local.get $id)))

  ;; ---- torvyn:streaming/types: flow-context. Tracing is off, so trace id and span id are empty.

  (func (export "torvyn:streaming/types#[method]flow-context.trace-id") (param $handle i32) (param $to i32)
    (call $leave)
    (call $context (local.get $handle))
    (call $return_list (call $list_area (local.get $to)) (call $lower (i32.const 0) (i32.const 0)) (i32.const 0)))

  (func (export "torvyn:streaming/types#[method]flow-context.span-id") (param $handle i32) (param $to i32)
    (call $leave)
    (call $context (local.get $handle))
    (call $return_list (call $list_area (local.get $to)) (call $lower (i32.const 0) (i32.const 0)) (i32.const 0)))

  (func (export "torvyn:streaming/types#[method]flow-context.deadline-ns") (param $handle i32) (result i64)
    (call $leave)
    (call $context (local.get $handle))
    (i64.load $x offset=@control.deadline_ns (i32.const 0)))

  (func (export "torvyn:streaming/types#[method]flow-context.flow-id") (param $handle i32) (param $to i32)
    (local $len i32)
    (call $leave)
    (call $context (local.get $handle))
    (local.set $len (i32.load $x offset=@control.flow_name_len (i32.const 0)))
    (call $return_list
      (call $list_area (local.get $to))
      (call $lower (i32.load $x offset=@control.flow_name (i32.const 0)) (local.get $len))
      (local.get $len)))

  ;; ---- dropping handles

  (func (export "torvyn:streaming/types#[resource-drop]buffer") (param $handle i32)
    (local $entry i32) (local $kind i32) (local $id i32)
    (call $leave)
    (local.set $entry (call $find (local.get $handle)))
    (local.set $kind (i32.load $x (local.get $entry)))
    (local.set $id (i32.load $x offset=4 (local.get $entry)))
    (if (i32.eq (local.get $kind) (i32.const @handle.lent_buffer))
      (then (call $remove (local.get $entry) (local.get $handle)) (call $end_borrow) (return)))
    (if (i32.ne (local.get $kind) (i32.const @handle.buffer)) (then (call $wrong_handle (local.get $handle))))
    (call $remove (local.get $entry) (local.get $handle))
    (call $drop_owned (local.get $id)))

  (func (export "torvyn:streaming/types#[resource-drop]mutable-buffer") (param $handle i32)
    (local $entry i32) (local $id i32)
    (call $leave)
    (local.set $entry (call $find (local.get $handle)))
    (if (i32.ne (i32.load $x (local.get $entry)) (i32.const @handle.mutable_buffer))
      (then (call $wrong_handle (local.get $handle))))
    (local.set $id (i32.load $x offset=4 (local.get $entry)))
    (call $remove (local.get $entry) (local.get $handle))
    (call $drop_owned (local.get $id)))

  (func (export "torvyn:streaming/types#[resource-drop]flow-context") (param $handle i32)
    (local $entry i32)
    (call $leave)
    (local.set $entry (call $find (local.get $handle)))
    (if (i32.ne (i32.load $x (local.get $entry)) (i32.const @handle.lent_context))
      (then (call $wrong_handle (local.get $handle))))
    (call $remove (local.get $entry) (local.get $handle))
    (call $end_borrow))

  ;; ---- torvyn:streaming/buffer-allocator

  (func (export "torvyn:streaming/buffer-allocator#allocate") (param $capacity i64) (param $to i32)
    (call $leave)
    (call $return_allocated (local.get $to) (call $allocate (local.get $capacity))))

  (func (export "torvyn:streaming/buffer-allocator#clone-into-mutable") (param $handle i32) (param $to i32)
    (local $slot i32)
    (call $leave)
    (local.set $slot (call $buffer (local.get $handle) (i32.const @function.clone_into_mutable)))
    (call $return_allocated (local.get $to) (call $host_clone (i32.load $x offset=@slot.id (local.get $slot))))))
