//! A module does the same before and after it is welded to others.

use super::observe::{Subject, between_others};
use super::*;
use crate::prepare;

/// Checks that a module does the same alone and welded to others, prepared for the machine or not. All its imports are zero.
fn check(text: &str) {
    let code = wat(text);
    let subject = Subject::new(&code);
    let names = subject.functions();
    let alone = subject.observe(1_000_000, &names);
    assert!(alone.is_whole(), "{alone:?}");
    for code in [&code, &prepare::module(&code).unwrap()] {
        let subject = Subject::new(&between_others(code, Some(GuestRules::default())).unwrap());
        subject.observe(1_000_000, &names).assert_same(&alone, text);
    }
}

#[test]
fn calls_through_tables() {
    check(
        r#"(module
      (type $f (func (param i32) (result i32)))
      (type $g (func (result i32)))
      (table $empty 1 funcref)
      (table $t 4 8 funcref)
      (elem (table $t) (i32.const 1) func $double $triple)
      (elem (table $t) (i32.const 3) funcref (ref.func $seven))
      (func $double (type $f) (i32.mul (local.get 0) (i32.const 2)))
      (func $triple (type $f) (i32.mul (local.get 0) (i32.const 3)))
      (func $seven (type $g) (i32.const 7))
      (func (export "double") (result i32) (call_indirect $t (type $f) (i32.const 21) (i32.const 1)))
      (func (export "triple") (result i32) (call_indirect $t (type $f) (i32.const 21) (i32.const 2)))
      (func (export "seven") (result i32) (call_indirect $t (type $g) (i32.const 3)))
      (func (export "wrong type") (result i32) (call_indirect $t (type $g) (i32.const 1)))
      (func (export "null") (result i32) (call_indirect $t (type $g) (i32.const 0)))
      (func (export "outside") (result i32) (call_indirect $t (type $g) (i32.const 4)))
      (func (export "tail") (result i32) (return_call_indirect $t (type $f) (i32.const 5) (i32.const 2))))"#,
    );
}

#[test]
fn segments_of_every_kind() {
    check(
        r#"(module
      (type $g (func (result i32)))
      (table $a 4 funcref)
      (table $b 9 9 funcref)
      (memory $m (export "m") 1)
      (memory $n (export "n") 1 2)
      (global $at i32 (i32.const 5))
      (elem (table $b) (offset (i32.const 0)) func $one $two)
      (elem $passive func $two $three)
      (elem $expressions funcref (ref.func $three) (ref.null func) (item ref.func $one))
      (elem declare func $four)
      (data (memory $m) (i32.const 3) "active")
      (data $first "0123456789")
      (data (memory $n) (i32.const 8) "other")
      (data $second "abcdef")
      (func $one (type $g) (i32.const 1))
      (func $two (type $g) (i32.const 2))
      (func $three (type $g) (i32.const 3))
      (func $four (type $g) (i32.const 4))
      (func $go (param i32) (result i32) (call_indirect $b (type $g) (local.get 0)))
      (func (export "1 active") (result i32 i32) (call $go (i32.const 0)) (call $go (i32.const 1)))
      (func (export "2 init") (result i32 i32)
        (table.init $b $passive (i32.const 3) (i32.const 0) (i32.const 2))
        (table.init $b $expressions (i32.const 5) (i32.const 0) (i32.const 3))
        (call $go (i32.const 4)) (call $go (i32.const 7)))
      (func (export "3 null") (result i32) (call $go (i32.const 6)))
      (func (export "4 dropped")
        (elem.drop $passive)
        (table.init $b $passive (i32.const 0) (i32.const 0) (i32.const 1)))
      (func (export "5 tables") (result i32 i32 i32)
        (table.set $b (i32.const 8) (ref.func $four))
        (table.copy $a $b (i32.const 1) (i32.const 7) (i32.const 2))
        (drop (table.grow $a (table.get $a (i32.const 2)) (i32.const 3)))
        (table.fill $b (i32.const 0) (table.get $a (i32.const 6)) (i32.const 2))
        (call $go (i32.const 1)) (table.size $a) (ref.is_null (table.get $a (i32.const 3))))
      (func (export "6 memory")
        (memory.init $m $second (i32.const 100) (i32.const 1) (i32.const 3))
        (memory.init $n $first (i32.const 100) (i32.const 2) (i32.const 5))
        (memory.copy $n $m (i32.const 200) (i32.const 99) (i32.const 6))
        (memory.fill $n (i32.const 300) (i32.const 7) (i32.const 3)))
      (func (export "7 dropped")
        (data.drop $first)
        (memory.init $n $first (i32.const 100) (i32.const 2) (i32.const 5)))
      (func (export "8 grown") (result i32 i32 i32 i32)
        (memory.grow $n (i32.const 1)) (memory.grow $n (i32.const 1)) (memory.size $n) (memory.size $m)))"#,
    );
}

#[test]
fn references_to_functions_that_only_an_export_declares() {
    check(
        r#"(module
      (type $g (func (result i32)))
      (table 1 funcref)
      (func $five (export "five") (type $g) (i32.const 5))
      (func (export "go") (result i32)
        (table.set (i32.const 0) (ref.func $five))
        (call_indirect (type $g) (i32.const 0))))"#,
    );
}

#[test]
fn blocks_with_types_of_their_own() {
    check(
        r#"(module
      (type $swap (func (param i32 i64) (result i64 i32)))
      (func (export "blocks") (result i64 i32) (local $i i32) (local $l i64)
        i32.const 3 i64.const 4
        block (type $swap) local.set $l local.set $i local.get $l local.get $i end)
      (func (export "loops") (result i64 i32) (local $i i32) (local $l i64)
        i32.const 10 i64.const 0
        loop $again (param i32 i64) (result i64 i32)
          local.set $l
          local.set $i
          (i32.sub (local.get $i) (i32.const 1))
          (i64.add (local.get $l) (i64.extend_i32_u (local.get $i)))
          (br_if $again (i32.gt_u (local.get $i) (i32.const 1)))
          local.set $l
          local.set $i
          local.get $l
          local.get $i
        end)
      (func (export "if") (result i64 i32)
        i32.const 3 i64.const 4 i32.const 1
        if (type $swap) drop drop i64.const 1 i32.const 2 else unreachable end))"#,
    );
}

#[test]
fn operators_of_later_versions() {
    check(
        r#"(module
      (memory $m (export "m") 1)
      (memory $n (export "n") 1)
      (memory $wide (export "wide") i64 1 1)
      (data (memory $n) (i32.const 0) "\01\02\03\04\05\06\07\08\f9\fa\fb\fc\fd\fe\ff\00")
      (func (export "simd") (result i32 v128)
        (i32x4.extract_lane 2 (i32x4.add (v128.load $n (i32.const 0)) (i32x4.splat (i32.const 5))))
        (v128.load8_lane $n 3 (i32.const 9) (v128.const i64x2 1 2)))
      (func (export "signs") (result i32 i64 i32)
        (i32.extend8_s (i32.load $n offset=8 (i32.const 0)))
        (i64.extend32_s (i64.load $n (i32.const 7)))
        (i32.trunc_sat_f32_s (f32.const 1e30)))
      (func (export "atomic") (result i32 i64 i32)
        (i32.atomic.rmw.add $n offset=4 (i32.const 0) (i32.const 3))
        (i64.atomic.load $n (i32.const 0))
        (memory.atomic.notify $n (i32.const 0) (i32.const 1)))
      (func (export "wait") (result i32)
        (memory.atomic.wait32 $n (i32.const 0) (i32.const 0) (i64.const 0)))
      (func $sum (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $sum (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 0) (local.get 1))))
      (func (export "tail") (result i64) (call $sum (i64.const 2000) (i64.const 0)))
      (func (export "memory64") (result i32 i64)
        (i32.store $wide (i64.const 65000) (i32.const 77))
        (memory.copy $n $wide (i32.const 100) (i64.const 65000) (i32.const 4))
        (i32.load $n (i32.const 100)) (memory.size $wide))
      (func (export "select") (result i32)
        (ref.is_null (select (result funcref) (ref.null func) (ref.null func) (i32.const 1)))))"#,
    );
}

#[test]
fn globals_that_are_set_from_imported_ones() {
    check(
        r#"(module
      (import "host" "a" (global $a i32))
      (import "host" "b" (global $b i64))
      (import "host" "m" (global $m (mut i32)))
      (import "host" "f" (func $f (param i32) (result i32)))
      (memory (export "m") 1)
      (table 3 funcref)
      (global $sum (export "sum") i32 (i32.add (global.get $a) (i32.mul (i32.const 6) (i32.const 7))))
      (global (export "copy") (mut i64) (global.get $b))
      (global (export "null") funcref (ref.null func))
      (global (export "function") funcref (ref.func $f))
      (global (export "wide") v128 (v128.const i32x4 1 2 3 4))
      (global (export "float") (mut f64) (f64.const -0.5))
      (data (offset (i32.add (global.get $a) (i32.const 11))) "at eleven")
      (elem (offset (global.get $a)) func $f)
      (func (export "go") (result i32 i32)
        (global.set $m (i32.const 3))
        (i32.add (global.get $sum) (global.get $m))
        (call_indirect (param i32) (result i32) (i32.const 4) (i32.const 0))))"#,
    );
}

#[test]
fn a_segment_that_does_not_fit_stops_the_instantiation() {
    check(r#"(module (memory (export "m") 1) (data (i32.const 65530) "too long") (func (export "f")))"#);
    check(r#"(module (table (export "t") 1 funcref) (elem (i32.const 1) func $f) (func $f (export "f")))"#);
}

#[test]
fn a_start_function_that_traps() {
    check(
        r#"(module
      (global $g (export "g") (mut i32) (i32.const 1))
      (func $start (global.set $g (i32.const 2)))
      (func (export "get") (result i32) (global.get $g))
      (start $start))"#,
    );
    check("(module (func $start unreachable) (start $start))");
}
