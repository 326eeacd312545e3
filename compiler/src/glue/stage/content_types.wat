;; Content types, as numbers.

;; Returns the number of the content type that the guest names: 0 for the empty one, -1 when it is too long or the flow
;; has too many. Traps when the text is out of bounds or not UTF-8.
(func $intern (export "intern") (param $at i32) (param $len i32) (result i32)
  (call $check (call $is_in_guest (local.get $at) (local.get $len)) (i32.const @violation.text_out_of_bounds))
  (if (i32.eqz (local.get $len)) (then (return (i32.const 0))))
  (call $intern_text (local.get $at) (local.get $len)))

;; Interns a text that is not empty, as `intern` does. First compares it with the content type that the stage named
;; last, which it usually names again.
(func $intern_text (param $at i32) (param $len i32) (result i32)
  (local $recent i32)
  (local.set $recent (i32.load $x offset=@node.recent_type (global.get $base)))
  (if (call $is_type (local.get $recent) (local.get $at) (local.get $len))
    (then (return (local.get $recent))))
  (call $intern_another (local.get $at) (local.get $len)))

;; Interns a text in the host, as `intern` does, and notes the content type as the last one named.
(func $intern_another (param $at i32) (param $len i32) (result i32)
  (local $type i32)
  (call $text (local.get $at) (local.get $len))
  (if (i32.ge_s (local.tee $type (call $host_content_type)) (i32.const 0))
    (then (i32.store $x offset=@node.recent_type (global.get $base) (local.get $type))))
  (local.get $type))

;; Returns the address of a content type's text in the exchange memory.
(func $type_at (export "type_at") (param $type i32) (result i32)
  (i32.load $x offset=@content_type.first (i32.shl (local.get $type) (i32.const 3))))

;; Returns the length of a content type's text in bytes.
(func $type_len (export "type_len") (param $type i32) (result i32)
  (i32.load $x offset=@content_type.lengths (i32.shl (local.get $type) (i32.const 3))))

;; Returns whether the text of a content type equals `len` bytes at `at` in the guest, which are within bounds.
(func $is_type (param $type i32) (param $at i32) (param $len i32) (result i32)
  (local $text i32) (local $last i32)
  (if (i32.ne (call $type_len (local.get $type)) (local.get $len)) (then (return (i32.const 0))))
  (local.set $text (call $type_at (local.get $type)))
  (local.set $last (i32.sub (local.get $len) (i32.const 16)))
  (if (i32.gt_u (local.get $last) (i32.const 16))
    (then
      (return
        (call $are_equal (local.get $at) (local.get $text) (i32.add (local.get $at) (local.get $len))))))
  ;; For 16 to 32 bytes: compares the first and the last 16, which may overlap.
  (i32.eqz
    (v128.any_true
      (v128.or
        (v128.xor (v128.load $g (local.get $at)) (v128.load $x (local.get $text)))
        (v128.xor
          (v128.load $g (i32.add (local.get $at) (local.get $last)))
          (v128.load $x (i32.add (local.get $text) (local.get $last))))))))

;; Returns whether the bytes of the guest from `at` to `end` equal those at `text` in the exchange memory.
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
