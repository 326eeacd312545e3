;; Checks of the canonical ABI.

;; Checks that a rule `holds`. Traps with `violation` if it doesn't.
(func $check (export "check") (param $holds i32) (param $violation i32)
  (if (i32.eqz (local.get $holds))
    (then (call $violation (local.get $violation) (i32.const 0)) (unreachable))))

;; Checks that a case is at most `last`. Traps with `violation` if it isn't.
(func $check_case (export "check_case") (param $case i32) (param $last i32) (param $violation i32)
  (if (i32.gt_u (local.get $case) (local.get $last))
    (then (call $violation (local.get $violation) (local.get $case)) (unreachable))))

;; Checks that the guest may call the host now (canonical ABI: not from `realloc` and `post-return`). Traps if it may
;; not.
(func $leave (export "leave")
  (if (i32.eqz (i32.load $x offset=@node.may_leave (global.get $base)))
    (then (call $violation (i32.const @violation.may_not_leave) (i32.const 0)) (unreachable))))

;; Returns whether `len` bytes at `at` lie within the guest's memory.
(func $is_in_guest (export "is_in_guest") (param $at i32) (param $len i32) (result i32)
  (i64.le_u
    (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $len)))
    (i64.shl (i64.extend_i32_u (memory.size $g)) (i64.const 16))))

;; Checks the address that the guest returned for its result: `size` bytes, aligned to `mask + 1`. Traps if it is wrong.
(func (export "area") (param $at i32) (param $size i32) (param $mask i32)
  (call $place
    (local.get $at)
    (local.get $size)
    (local.get $mask)
    (i32.const @violation.unaligned)
    (i32.const @violation.out_of_bounds)))

;; Checks the address that the guest passed for the result of an import. Traps if it is wrong.
(func (export "return_area") (param $at i32) (param $size i32) (param $mask i32)
  (call $place
    (local.get $at)
    (local.get $size)
    (local.get $mask)
    (i32.const @violation.area_unaligned)
    (i32.const @violation.area_out_of_bounds)))

;; Checks the address of `size` bytes, aligned to `mask + 1`. Traps with `unaligned` or `out_of_bounds` if it is wrong.
(func $place (param $at i32) (param $size i32) (param $mask i32) (param $unaligned i32) (param $out_of_bounds i32)
  (call $check (i32.eqz (i32.and (local.get $at) (local.get $mask))) (local.get $unaligned))
  (call $check (call $is_in_guest (local.get $at) (local.get $size)) (local.get $out_of_bounds)))

;; Checks a list of `count` items, `size` bytes each, aligned to `mask + 1`. Traps if it is out of bounds or misaligned.
(func (export "list") (param $at i32) (param $count i32) (param $size i32) (param $mask i32)
  (call $check
    (i64.le_u
      (i64.add
        (i64.extend_i32_u (local.get $at))
        (i64.mul (i64.extend_i32_u (local.get $count)) (i64.extend_i32_u (local.get $size))))
      (i64.shl (i64.extend_i32_u (memory.size $g)) (i64.const 16)))
    (i32.const @violation.list_out_of_bounds))
  (call $check (i32.eqz (i32.and (local.get $at) (local.get $mask))) (i32.const @violation.list_unaligned)))
