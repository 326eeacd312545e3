;; Copies between the exchange memory and the guest.

;; Copies `len` bytes from the guest to the exchange memory. Traps when the guest's are out of bounds, but without the
;; error of the canonical ABI: for that, callers check the bounds first.
(func $take (export "take") (param $to i32) (param $from i32) (param $len i32)
  (local $last_to i32) (local $last_from i32)
  ;; Up to 128 bytes, the copies below are cheaper than `memory.copy`, which is a call into the engine.
  (if (i32.gt_u (local.get $len) (i32.const 128))
    (then (memory.copy $x $g (local.get $to) (local.get $from) (local.get $len)) (return)))
  (if (i32.lt_u (local.get $len) (i32.const 16))
    (then (call $take_few (local.get $to) (local.get $from) (local.get $len)) (return)))
  ;; Copies from both ends towards the middle, where the two parts may overlap.
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

;; Copies fewer than 16 bytes as `take` does. From 8 on, copies the first and the last 8, which may overlap.
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

;; Copies `len` bytes from the exchange memory to the guest. Traps when the guest's are out of bounds, but without the
;; error of the canonical ABI: for that, callers check the bounds first.
(func $give (export "give") (param $to i32) (param $from i32) (param $len i32)
  (local $last_to i32) (local $last_from i32)
  ;; Up to 128 bytes, the copies below are cheaper than `memory.copy`, which is a call into the engine.
  (if (i32.gt_u (local.get $len) (i32.const 128))
    (then (memory.copy $g $x (local.get $to) (local.get $from) (local.get $len)) (return)))
  (if (i32.lt_u (local.get $len) (i32.const 16))
    (then (call $give_few (local.get $to) (local.get $from) (local.get $len)) (return)))
  ;; Copies from both ends towards the middle, where the two parts may overlap.
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

;; Copies fewer than 16 bytes as `give` does. From 8 on, copies the first and the last 8, which may overlap.
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

;; Counts a copy of `len` bytes in the two counters (copies, bytes) at offset `at` of the stage's block.
(func $count (export "count") (param $at i32) (param $len i32)
  (local.set $at (i32.add (global.get $base) (local.get $at)))
  (i64.store $x (local.get $at) (i64.add (i64.load $x (local.get $at)) (i64.const 1)))
  (i64.store $x offset=8 (local.get $at)
    (i64.add (i64.load $x offset=8 (local.get $at)) (i64.extend_i32_u (local.get $len)))))

;; Allocates `len` bytes in the guest with its own allocator, which may not call imports. Returns their address. Traps
;; when the guest has no allocator, or the address is misaligned or out of bounds.
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

;; Copies `len` bytes at `from` in the exchange memory to newly allocated memory of the guest. Returns their address
;; there. Traps as `reserve` does.
(func $lower (export "lower") (param $from i32) (param $len i32) (result i32)
  (local $at i32)
  (local.set $at (call $reserve (i32.const 1) (local.get $len)))
  (call $give (local.get $at) (local.get $from) (local.get $len))
  (local.get $at))

;; Appends a text of the guest to the host's text, in parts that fit into scratch. Traps when it is out of bounds or too
;; long. The host checks that it is UTF-8 when it uses the text.
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
