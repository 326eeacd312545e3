//! Functions of parts that are not guests do the same when they are inlined.

mod stay;

use super::observe::{Subject, between_others};
use super::*;
use crate::weld::module::Module as Read;

/// Checks that a module that is not a guest does the same alone and welded. Returns the welded module.
fn check(text: &str) -> Vec<u8> {
    let code = wat(text);
    let subject = Subject::new(&code);
    let names = subject.functions();
    let welded = between_others(&code, None).unwrap();
    let copied = Subject::new(&welded);
    // One instance for each function, and one for all of them.
    for names in names.chunks(1).chain([&names[..]]) {
        let alone = subject.observe(1_000_000, names);
        assert!(alone.is_whole(), "{alone:?}");
        copied.observe(1_000_000, names).assert_same(&alone, text);
    }
    welded
}

/// Returns the numbers of functions and of calls in a module.
fn functions_and_calls(code: &[u8]) -> (usize, usize) {
    let module = Read::parse(code).unwrap();
    let operators = module
        .bodies
        .iter()
        .flat_map(|body| body.get_operators_reader().unwrap());
    let calls = operators.filter(|operator| matches!(operator, Ok(wasmparser::Operator::Call { .. })));
    (module.bodies.len(), calls.count())
}

/// Checks that a module does the same welded, and how many functions and calls are left of it.
fn check_left(text: &str, functions: usize, calls: usize) {
    let (found, found_calls) = functions_and_calls(&check(text));
    // The two modules around it have two functions each.
    assert_eq!((found - 4, found_calls), (functions, calls), "{text}");
}

#[test]
fn arguments_and_results_keep_their_order() {
    check_left(
        r#"(module
          (func $weigh (param i32 i64 f32) (result i32)
            (i32.add (local.get 0) (i32.mul (i32.wrap_i64 (local.get 1)) (i32.trunc_f32_s (local.get 2)))))
          (func (export "go") (result i32)
            (i32.sub (i32.const 1000) (call $weigh (i32.const 7) (i64.const 10) (f32.const 3)))))"#,
        1,
        0,
    );
}

#[test]
fn several_results_are_left_on_the_stack() {
    check_left(
        r#"(module
          (func $three (param i32) (result i32 i64 f64)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 1) (i64.const 2) (f64.const 3))))
            (local.get 0) (i64.const 5) (f64.const 6))
          (func (export "go") (result i32 i64 f64 i32 i64 f64)
            (call $three (i32.const 0))
            (call $three (i32.const 9))))"#,
        1,
        0,
    );
}

#[test]
fn a_return_leaves_the_copy_only() {
    check_left(
        r#"(module
          (func $sign (param i32) (result i32)
            (block
              (loop
                (br_if 1 (i32.eqz (local.get 0)))
                (if (i32.lt_s (local.get 0) (i32.const 0)) (then (return (i32.const 77) (i32.const -1))))
                (return (i32.const 1))))
            (i32.const 0))
          (func (export "go") (result i32 i32 i32)
            (i32.mul (call $sign (i32.const -5)) (i32.const 10))
            (i32.mul (call $sign (i32.const 5)) (i32.const 10))
            (i32.mul (call $sign (i32.const 0)) (i32.const 10))))"#,
        1,
        0,
    );
}

#[test]
fn branches_out_of_a_function_end_its_copy() {
    check_left(
        r#"(module
          (func $choose (param i32) (result i32)
            (i32.add (i32.const 1)
              (block (result i32)
                (i32.add (i32.const 2)
                  (block (result i32)
                    (br_table 0 2 1 (i32.const 30) (local.get 0)))))))
          (func $maybe (param i32) (result i32)
            (br_if 0 (i32.const 5) (local.get 0))
            (drop)
            (i32.const 6))
          (func (export "go") (result i32 i32 i32 i32 i32)
            (call $maybe (i32.const 0))
            (call $maybe (i32.const 1))
            (call $choose (i32.const 0))
            (call $choose (i32.const 1))
            (call $choose (i32.const 2))))"#,
        1,
        0,
    );
}

#[test]
fn locals_are_zero_whenever_a_copy_begins() {
    check_left(
        r#"(module
          (func $count (param i32) (result i32)
            (local $sum i32) (local $wide i64) (local $f f32) (local $d f64) (local $v v128) (local $r funcref)
            (local.set $sum (i32.add (local.get $sum) (i32.add (local.get 0) (i32.wrap_i64 (local.get $wide)))))
            (local.set $wide (i64.const 100))
            (local.set $sum (i32.add (local.get $sum) (i32.trunc_f32_s (local.get $f))))
            (local.set $f (f32.const 1000))
            (local.set $sum (i32.add (local.get $sum) (i32.trunc_f64_s (local.get $d))))
            (local.set $d (f64.const 10000))
            (local.set $sum (i32.add (local.get $sum) (i32x4.extract_lane 2 (local.get $v))))
            (local.set $v (v128.const i32x4 1 1 100000 1))
            (local.set $sum (i32.add (local.get $sum) (ref.is_null (local.get $r))))
            (local.set $r (ref.func $some))
            (local.get $sum))
          (elem declare func $some)
          (func $some)
          (func (export "go") (result i32)
            (local $left i32) (local $sum i32)
            (local.set $left (i32.const 5))
            (loop $again
              (local.set $sum (i32.add (local.get $sum) (call $count (local.get $left))))
              (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (local.get $sum)))"#,
        2,
        0,
    );
}

#[test]
fn copies_hold_copies() {
    check_left(
        r#"(module
          (global $calls (mut i32) (i32.const 0))
          (func $a (param i32) (result i32)
            (local $own i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (local.set $own (i32.add (local.get 0) (local.get $own)))
            (if (i32.and (local.get 0) (i32.const 1)) (then (return (i32.const 3))))
            (local.get $own))
          (func $b (param i32) (result i32)
            (local i32)
            (block (br_if 0 (call $a (local.get 0))) (return (i32.const 50)))
            (local.set 1 (call $a (i32.add (local.get 0) (i32.const 1))))
            (i32.add (local.get 1) (call $a (local.get 0))))
          (func $c (param i32) (result i32)
            (i32.mul (call $b (local.get 0)) (call $b (i32.const 0))))
          (func (export "go") (result i32 i32)
            (i32.add (call $c (i32.const 2)) (call $b (i32.const 3)))
            (global.get $calls)))"#,
        1,
        0,
    );
}

#[test]
fn traps_are_the_same() {
    check_left(
        r#"(module
          (memory 1)
          (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
          (func $check (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
          (func $fail (param i32) (i32.store (i32.const 0) (local.get 0)) (unreachable))
          (func (export "by zero") (result i32) (call $divide (i32.const 1) (i32.const 0)))
          (func (export "checked") (result i32) (call $check (i32.const 1)) (i32.const 5))
          (func (export "wrong") (result i32) (call $check (i32.const 0)) (i32.const 5))
          (func $load (param i32) (result i32) (i32.load (local.get 0)))
          (func (export "outside") (result i32) (call $load (i32.const -4)))
          (func (export "rare") (call $fail (i32.const 3))))"#,
        6,
        1,
    );
}

#[test]
fn code_that_is_not_reached_can_hold_copies() {
    check_left(
        r#"(module
          (func $add (param i32 i64) (result i32) (i32.add (local.get 0) (i32.wrap_i64 (local.get 1))))
          (func (export "go") (result i32)
            (block (result i32)
              (br 0 (i32.const 4))
              (call $add)
              (call $add (i64.const 1)))))"#,
        1,
        0,
    );
}

/// Inlines a function that uses memory, data and a table of its part: into another part, and into a guest.
#[test]
fn copies_use_what_their_own_part_has() {
    let first = wat(r#"(module
      (import "other" "get" (func $get (param i32) (result i32)))
      (import "guest" "twice" (func $twice (param i32) (result i32)))
      (memory 1) (data (i32.const 4) "\05\00\00\00")
      (global $base (mut i32) (i32.const 4))
      (func $own (result i32) (i32.load (global.get $base)))
      (func (export "go") (param i32) (result i32)
        (i32.add (call $own) (i32.mul (i32.const 10) (call $twice (call $get (local.get 0)))))))"#);
    let between = wat(r#"(module
      (import "other" "get" (func $get (param i32) (result i32)))
      (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
      (func (export "twice") (param i32) (result i32)
        (i32.add (call $double (local.get 0)) (i32.sub (call $get (i32.const 0)) (call $get (i32.const 0))))))"#);
    let other = wat(r#"(module
      (memory 1) (data $d "\03\00\00\00\07\00\00\00") (table 2 funcref) (elem $e func $seven)
      (global $base (mut i32) (i32.const 0))
      (func $seven (result i32) (i32.const 7))
      (func (export "unused") (result i32) (i32.const 1))
      (func (export "get") (param i32) (result i32)
        (memory.init $d (global.get $base) (i32.const 0) (i32.const 8))
        (table.init $e (i32.const 1) (i32.const 0) (i32.const 1))
        (i32.add (call_indirect (result i32) (i32.const 1)) (i32.load (i32.add (local.get 0) (global.get $base))))))"#);
    let parts = [
        glue(&first, vec![of(2, "get"), of(1, "twice")]),
        guest(&between, vec![of(2, "get")]),
        glue(&other, vec![]),
    ];
    let code = welded(&parts, &[Export::named(0, "go", "go")]);
    let mut run = Run::new(&code);
    assert_eq!(run.call("go", 0), 5 + 10 * 2 * (7 + 3));
    assert_eq!(run.call("go", 4), 5 + 10 * 2 * (7 + 7));
    // Left are `go` and `seven` of the glue, both functions of the guest, the call from `go` to the guest, and the call
    // within the guest.
    assert_eq!(functions_and_calls(&code), (4, 2));
}

/// A guest calls glue in a loop; the glue counts in its own memory.
#[test]
fn the_locals_of_copies_in_guests_begin_as_zeros() {
    let counter = wat(r#"(module (memory 1)
      (func (export "count") (param i32) (result i32)
        (local i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.load (i32.const 0)))))
        (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 1)))
        (i32.const 0)))"#);
    let text = r#"(module
      (import "glue" "count" (func $count (param i32) (result i32)))
      (func (export "go") (param i32) (result i32)
        (loop $again
          (drop (call $count (local.get 0)))
          (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (call $count (i32.const 0))))"#;
    let guest = wat(text);
    let parts = [
        held(&guest, vec![of(1, "count")], GuestRules::default()),
        glue(&counter, vec![]),
    ];
    let code = welded(&parts, &[Export::named(0, "go", "go")]);
    assert_eq!(functions_and_calls(&code), (1, 0));
    assert_eq!(Run::new(&code).call("go", 10), 55);
}
