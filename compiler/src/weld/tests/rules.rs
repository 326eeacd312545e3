//! The rules for guests, and what can be asked about a module before it is welded.

use wasmparser::ValType;

use super::*;
use crate::weld::{HiddenState, hidden_state, mutable_globals};

fn limited(text: &str, memory_pages: Option<u64>, table_elements: Option<u32>) -> Result<Vec<u8>, WeldError> {
    let code = wat(text);
    let rules = GuestRules {
        memory_pages,
        table_elements,
    };
    let exports = super::observe::all_exports(&code, 0);
    weld(&[held(&code, vec![], rules)], &exports)
}

#[test]
fn memories_get_the_lower_maximum() {
    let text = r#"(module
      (memory (export "none") 1) (memory (export "higher") 1 500) (memory (export "lower") 2 3) (memory (export "same") 9))"#;
    let mut run = Run::new(&limited(text, Some(9), None).unwrap());
    assert_eq!(run.pages("none"), (1, Some(9)));
    assert_eq!(run.pages("higher"), (1, Some(9)));
    assert_eq!(run.pages("lower"), (2, Some(3)));
    assert_eq!(run.pages("same"), (9, Some(9)));
    let mut run = Run::new(&limited(text, None, None).unwrap());
    assert_eq!((run.pages("none"), run.pages("higher")), ((1, None), (1, Some(500))));
}

#[test]
fn a_maximum_is_one_that_addresses_can_reach() {
    let text = r#"(module (memory (export "narrow") 1) (memory (export "wide") i64 1))"#;
    let mut run = Run::new(&limited(text, Some(1 << 20), None).unwrap());
    assert_eq!(run.pages("narrow"), (1, Some(65_536)));
    assert_eq!(run.pages("wide"), (1, Some(1 << 20)));
}

#[test]
fn a_memory_that_starts_too_large_is_an_error() {
    let text = "(module (memory 3) (memory 11))";
    let too_large = WeldError::MemoryTooLarge {
        part: 0,
        minimum: 11,
        limit: 10,
    };
    assert_eq!(limited(text, Some(10), None), Err(too_large));
    assert!(limited(text, Some(11), None).is_ok());
}

#[test]
fn tables_get_what_the_others_leave() {
    let text = r#"(module
      (table (export "open") 10 funcref) (table (export "higher") 5 1000 funcref) (table (export "fixed") 20 20 funcref))"#;
    let mut run = Run::new(&limited(text, None, Some(100)).unwrap());
    assert_eq!(run.elements("open"), (10, Some(75)));
    assert_eq!(run.elements("higher"), (5, Some(70)));
    assert_eq!(run.elements("fixed"), (20, Some(20)));
    let mut run = Run::new(&limited(text, None, Some(35)).unwrap());
    assert_eq!(
        (run.elements("open"), run.elements("higher")),
        ((10, Some(10)), (5, Some(5)))
    );
    let mut run = Run::new(&limited(text, None, None).unwrap());
    assert_eq!(
        (run.elements("open"), run.elements("higher")),
        ((10, None), (5, Some(1000)))
    );
}

#[test]
fn tables_that_start_too_large_together_are_an_error() {
    let text = "(module (table 10 funcref) (table 7 funcref))";
    let too_large = WeldError::TablesTooLarge {
        part: 0,
        minimum: 17,
        limit: 16,
    };
    assert_eq!(limited(text, None, Some(16)), Err(too_large));
    assert!(limited(text, None, Some(17)).is_ok());
}

#[test]
fn rules_are_for_their_part_only() {
    let code = wat(r#"(module (memory (export "m") 1) (table (export "t") 1 funcref))"#);
    let rules = GuestRules {
        memory_pages: Some(5),
        table_elements: Some(6),
    };
    let exports: Vec<Export> = (0..2)
        .flat_map(|part| ["m", "t"].map(|name| Export::named(part, name, format!("{part}.{name}"))))
        .collect();
    let parts = [glue(&code, vec![]), held(&code, vec![], rules)];
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!((run.pages("0.m"), run.elements("0.t")), ((1, None), (1, None)));
    assert_eq!((run.pages("1.m"), run.elements("1.t")), ((1, Some(5)), (1, Some(6))));
}

#[test]
fn state_that_cannot_be_copied_is_found() {
    let module = |code: &str| {
        wat(&format!(
            "(module (table $t 4 funcref) (table $u 4 funcref) (memory 1) (elem $e func $f) (data $d \"x\")
             (func) (func $f (local i32) {code}))"
        ))
    };
    let harmless = [
        "(drop (table.get $t (i32.const 0)))",
        "(drop (table.size $t))",
        "(call_indirect $t (i32.const 0))",
        "(elem.drop $e)",
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 1))",
    ];
    for code in harmless {
        assert_eq!(hidden_state(&module(code)).unwrap(), None, "{code}");
    }
    let changing = [
        "(block (if (local.get 0) (then (table.set $u (i32.const 0) (ref.null func)))))",
        "(drop (table.grow $t (ref.null func) (i32.const 0)))",
        "(table.fill $t (i32.const 0) (ref.null func) (i32.const 0))",
        "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 0))",
        "(table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 0))",
    ];
    for code in changing {
        assert_eq!(
            hidden_state(&module(code)).unwrap(),
            Some(HiddenState::Tables),
            "{code}"
        );
    }
    let dropped = module("(data.drop $d)");
    assert_eq!(hidden_state(&dropped).unwrap(), Some(HiddenState::Segments));
    for (global, hidden) in [
        ("(mut funcref) (ref.null func)", Some(HiddenState::References)),
        ("(mut externref) (ref.null extern)", Some(HiddenState::References)),
        ("funcref (ref.null func)", None),
        ("(mut i32) (i32.const 0)", None),
    ] {
        let code = wat(&format!("(module (global {global}))"));
        assert_eq!(hidden_state(&code).unwrap(), hidden, "{global}");
    }
    assert!(hidden_state(b"\0asm\x01\0\0\0\x0a\x01").is_err());
}

#[test]
fn mutable_globals_are_listed_and_can_be_exported() {
    let code = wat(r#"(module
      (import "host" "imported" (global (mut i32)))
      (global i32 (i32.const 1))
      (global (mut i64) (i64.const 2))
      (global f32 (f32.const 3))
      (global (mut f64) (f64.const 4))
      (global (mut v128) (v128.const i64x2 5 6))
      (global (mut funcref) (ref.null func)))"#);
    let expected = [ValType::I64, ValType::F64, ValType::V128, ValType::FUNCREF];
    assert_eq!(mutable_globals(&code).unwrap(), expected);
    assert!(mutable_globals(b"no module").is_err());
    let other = wat(r#"(module (global (export "g") (mut i32) (i32.const 0)) (global i32 (i32.const 8)))"#);
    let parts = [glue(&other, vec![]), glue(&code, vec![of(0, "g")])];
    let exports: Vec<Export> = (0..4)
        .map(|position| Export::mutable_global(1, position, format!("1.global.{position}")))
        .collect();
    let mut run = Run::new(&welded(&parts, &exports));
    assert_eq!(run.global("1.global.0").i64(), Some(2));
    assert_eq!(run.global("1.global.1").f64(), Some(4.0));
    assert_eq!(run.global("1.global.2").unwrap_v128().as_u128(), (6 << 64) + 5);
    assert!(run.global("1.global.3").unwrap_funcref().is_none());
}
