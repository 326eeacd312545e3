//! Functions that are not inlined, or not everywhere: they stay, and so do their calls.

use super::*;

#[test]
fn a_cycle_of_calls_stays() {
    check_left(
        r#"(module
          (func $factorial (param i64) (result i64)
            (if (result i64) (i64.eqz (local.get 0))
              (then (i64.const 1))
              (else (i64.mul (local.get 0) (call $factorial (i64.sub (local.get 0) (i64.const 1)))))))
          (func (export "go") (result i64) (call $factorial (i64.const 10))))"#,
        2,
        2,
    );
    check_left(
        r#"(module
          (func $even (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
              (then (i32.const 1)) (else (call $odd (i32.sub (local.get 0) (i32.const 1))))))
          (func $odd (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
              (then (i32.const 0)) (else (call $even (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "go") (result i32 i32) (call $even (i32.const 10)) (call $odd (i32.const 10))))"#,
        // `odd` is copied into `even`, which then calls itself.
        2,
        3,
    );
}

#[test]
fn tail_calls_stay() {
    check_left(
        r#"(module
          (type $f (func (result i32)))
          (table funcref (elem $seven))
          (func $seven (result i32) (i32.const 7))
          (func $direct (result i32) (return_call $seven))
          (func $indirect (result i32) (return_call_indirect (type $f) (i32.const 0)))
          (func (export "go") (result i32)
            (i32.add (i32.mul (call $direct) (i32.const 10)) (call $indirect))))"#,
        4,
        2,
    );
}

#[test]
fn large_functions_are_copied_when_there_is_one_call() {
    let large = "(global.set $g (i32.add (global.get $g) (i32.const 1)))".repeat(40);
    let module = |calls: &str, export: &str| {
        format!(
            r#"(module (global $g (mut i32) (i32.const 0)) (func $large {export} {large})
              (func (export "go") (result i32) {calls} (global.get $g)))"#
        )
    };
    check_left(&module("(call $large)", ""), 1, 0);
    check_left(&module("(call $large) (call $large)", ""), 2, 2);
    check_left(&module("(call $large)", r#"(export "large")"#), 2, 1);
    let huge = large.repeat(3);
    check_left(&module("(call $large)", "").replace(&large, &huge), 2, 1);
}

#[test]
fn a_function_does_not_grow_without_limit() {
    // Each is twice as large as the previous one.
    let mut functions = String::from("(func $f0 (global.set $g (i32.add (global.get $g) (i32.const 1))))");
    for position in 1..12 {
        let calls = format!("(call $f{})", position - 1).repeat(2);
        functions += &format!("(func $f{position} {calls})");
    }
    let welded = check(&format!(
        r#"(module (global $g (mut i32) (i32.const 0)) {functions}
          (func (export "go") (result i32) (call $f11) (global.get $g)))"#
    ));
    let (functions, calls) = functions_and_calls(&welded);
    assert!(
        (2..12).contains(&functions) && calls > 0,
        "{functions} functions, {calls} calls"
    );
    let module = Read::parse(&welded).unwrap();
    assert!(
        module
            .bodies
            .iter()
            .all(|body| body.range().end - body.range().start < 20_000)
    );
}

#[test]
fn functions_of_guests_are_not_copied() {
    let text = r#"(module
      (func $unused (result i32) (i32.const 1))
      (func $small (result i32) (i32.const 2))
      (func (export "go") (param i32) (result i32) (i32.add (local.get 0) (call $small))))"#;
    let code = wat(text);
    let exports = [Export::named(0, "go", "go")];
    let as_guest = welded(&[guest(&code, vec![])], &exports);
    assert_eq!(functions_and_calls(&as_guest), (2, 1));
    let as_glue = welded(&[glue(&code, vec![])], &exports);
    assert_eq!(functions_and_calls(&as_glue), (1, 0));
    assert_eq!(Run::new(&as_guest).call("go", 40), 42);
    assert_eq!(Run::new(&as_glue).call("go", 40), 42);
}

#[test]
fn functions_that_are_referred_to_stay() {
    let text = r#"(module
      (table $t 1 funcref)
      (elem (table $t) (i32.const 0) func $in_table)
      (elem declare func $declared)
      (global $g funcref (ref.func $in_global))
      (func $in_table (result i32) (i32.const 1))
      (func $in_global (result i32) (i32.const 2))
      (func $declared (result i32) (call $of_declared))
      (func $of_declared (result i32) (i32.const 3))
      (func $unused (result i32) (call $of_declared))
      (func (export "go") (result i32)
        (table.set $t (i32.const 0) (ref.func $declared))
        (i32.add (call_indirect $t (result i32) (i32.const 0)) (ref.is_null (global.get $g)))))"#;
    check_left(text, 4, 0);
}

#[test]
fn functions_that_call_the_host_stay() {
    let code = wat(r#"(module
      (import "host" "word" (func $word (result i32)))
      (import "host" "fail" (func $fail (param i32)))
      (func $rare (result i32) (call $word))
      (func $last (drop (call $word)))
      (func $checked (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (call $fail (i32.const 1)) (unreachable)))
        (local.get 0))
      (func (export "go") (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 7)) (then (call $last) (return (call $rare))))
        (call $checked (local.get 0))))"#);
    let bindings = ["word", "fail"].map(|name| Binding::Host {
        module: "host".to_owned(),
        name: name.to_owned(),
    });
    let code = welded(&[glue(&code, bindings.into())], &[Export::named(0, "go", "go")]);
    // `go`, with `checked` inlined, and the other two.
    assert_eq!(functions_and_calls(&code), (3, 5));
}
