//! Which functions and operators get a touch.

use wasmparser::{MemArgTarget, Operator};

use super::added;
use crate::interrupt::QUIET;

/// Two functions, one of which does more than to forward a call.
const DOES_MORE: &str = "(func (call $leaf) (call $leaf)) (func $leaf)";

#[test]
fn short_functions_begin_without_a_touch() {
    let function = |operators: u32| format!("(module (memory 1) (func {}))", "nop ".repeat(operators as usize - 1));
    assert_eq!(added(&function(QUIET)), [0]);
    assert_eq!(added(&function(QUIET + 1)), [1]);
    let bodies = [
        ("(loop)", 0),
        ("(loop (br 0))", 1),
        ("(call 0)", 0),
        ("(call 1)", 1),
        ("(call_indirect (i32.const 0))", 1),
        ("(return_call 0)", 0),
        ("(return_call 1)", 1),
        ("(return_call_indirect (i32.const 0))", 1),
        ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(drop (memory.grow (i32.const 0)))", 1),
        ("(table.fill 0 (i32.const 0) (ref.null func) (i32.const 0))", 1),
        ("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", 1),
        ("(drop (table.grow 0 (ref.null func) (i32.const 0)))", 1),
        ("(drop (memory.size)) (data.drop 0) (elem.drop 0)", 0),
        ("(block (if (i32.const 1) (then (br 1)) (else (return))))", 0),
    ];
    for (body, expected) in bodies {
        let text =
            format!("(module (memory 1) (table 1 funcref) (elem func 0) (data \"\") (func) (func {body}) {DOES_MORE})");
        // The first function can be called from outside.
        assert_eq!(added(&text), [1, expected, 0, 0], "{body}");
    }
}

#[test]
fn callers_are_charged_for_what_they_call() {
    let module = |calls: &str| {
        let half = "nop ".repeat(QUIET as usize / 2 - 2);
        format!(r#"(module (import "other" "f" (func $other)) (func $half {half}) (func {calls}))"#)
    };
    assert_eq!(added(&module("(call $half)")), [0, 0]);
    assert_eq!(added(&module("(call $half) (call $half) (call $half)")), [0, 1]);
    assert_eq!(added(&module("(call $half) (call $other)")), [0, 0]);
    let others = "(call $other)".repeat(QUIET as usize / 32);
    assert_eq!(added(&module(&others)), [0, 1]);
}

#[test]
fn every_circle_of_calls_has_a_touch() {
    assert_eq!(
        added(&format!(
            "(module (func (call 1)) (func (call 2)) (func (call 0)) {DOES_MORE})"
        )),
        [1, 0, 0, 0, 0]
    );
    assert_eq!(
        added("(module (func (call 1) (call 2)) (func (call 2)) (func (call 1)))")
            .iter()
            .sum::<usize>(),
        1
    );
    assert_eq!(added("(module (func) (func (call 1) (call 0)))"), [0, 1]);
    // Functions that an exported function calls can call it by way of others.
    let exported = format!(r#"(module (func (export "f")) (func (call 0)) {DOES_MORE})"#);
    assert_eq!(added(&exported), [1, 0, 0, 0]);
}

#[test]
fn modules_that_only_forward_calls_are_left_alone() {
    assert_eq!(
        added(r#"(module (func (export "f") (call 1)) (func (call 0)))"#),
        [0, 0]
    );
    let shim = r#"(module
      (type $f (func (param i32) (result i32)))
      (table (export "$imports") 2 2 funcref)
      (func (export "0") (type $f) (call_indirect (type $f) (local.get 0) (i32.const 0)))
      (func (export "1") (type $f) (call_indirect (type $f) (local.get 0) (i32.const 1))))"#;
    assert_eq!(added(shim), [0, 0]);
    let [twice, tail] = [
        "(call_indirect (i32.const 0)) (call_indirect (i32.const 0))",
        "(return_call_indirect (i32.const 0))",
    ];
    for body in [twice, tail] {
        let text = format!(r#"(module (table (export "t") 1 funcref) (func (export "0") {body}))"#);
        assert!(added(&text)[0] > 0, "{body}");
    }
}

#[test]
fn the_memory_that_is_touched() {
    let touches = |memories: &str| {
        let code = crate::interrupt::module(&super::wat(&format!("(module {memories} (func (loop (br 0))))"))).unwrap();
        let module = super::Module::parse(&code).unwrap();
        let operators = super::functions(&code).remove(0);
        let mut touched = operators.iter().filter_map(|operator| {
            let Operator::I32AtomicLoad { memarg } = operator else {
                return None;
            };
            Some(memarg.target)
        });
        let index = touched.next();
        (module.memories.len(), index)
    };
    assert_eq!(touches("(memory 1)"), (1, Some(MemArgTarget::Memory(0))));
    assert_eq!(touches("(memory i64 1)"), (1, Some(MemArgTarget::Memory(0))));
    assert_eq!(touches("(memory 0) (memory 1 2)"), (2, Some(MemArgTarget::Memory(1))));
    assert_eq!(
        touches(r#"(import "m" "m" (memory 1))"#),
        (1, Some(MemArgTarget::Memory(0)))
    );
    assert_eq!(touches(""), (1, Some(MemArgTarget::Memory(0))), "a memory is added");
    assert_eq!(
        touches("(memory 0 4)"),
        (2, Some(MemArgTarget::Memory(1))),
        "it may have no page"
    );
    assert_eq!(
        touches("(table 1 funcref) (global i32 (i32.const 0))"),
        (1, Some(MemArgTarget::Memory(0)))
    );
}

#[test]
fn any_number_of_functions_can_call_each_other_in_a_row() {
    let functions: String = (1..=60_000).map(|callee| format!("(func (call {callee}))")).collect();
    let added = added(&format!("(module {functions} (func) {DOES_MORE})"));
    let begin = added.iter().sum::<usize>();
    // Each function adds a call and an `end`.
    assert!(begin.abs_diff(60_000 * 2 / QUIET as usize) <= 2, "{begin} touches");
}

#[test]
fn all_modules_of_a_component_are_made_interruptible() {
    let text = r#"(component
      (core module $runs (memory 1) (func (loop (br 0))) (@custom "kept" "text"))
      (core module $forwards (import "m" "f" (func $f)) (func (export "g") (call $f)))
      (component (core module (func (loop (br 0))))))"#;
    let component = super::wat(text);
    let made = crate::prepare::component(&component).unwrap();
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(&made)
        .unwrap();
    let touches: Vec<usize> = super::functions(&made)
        .iter()
        .map(|operators| super::touches(operators))
        .collect();
    assert_eq!(touches, [1, 0, 1]);
    assert!(made.windows(4).any(|bytes| bytes == b"kept"));
    assert_eq!(
        crate::prepare::component(b"\0asm\x0d\0\x01\0\x01\x05").ok(),
        None,
        "it is cut off"
    );
}
