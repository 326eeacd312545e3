//! Every reason why parts can't be welded.

use super::*;

/// Returns the error of parts that can't be welded.
fn error(parts: &[Part<'_>], exports: &[Export]) -> WeldError {
    let error = weld(parts, exports).unwrap_err();
    assert!(!error.to_string().ends_with('.'), "{error}");
    error
}

fn mismatch(part: usize, import: &str, expected: &str, found: &str) -> WeldError {
    WeldError::Mismatch {
        part,
        import: import.into(),
        expected: expected.into(),
        found: found.into(),
    }
}

#[test]
fn a_part_that_is_no_valid_module() {
    let good = wat("(module)");
    for bad in [
        &b"no module"[..],
        b"",
        &wat("(module)")[..7],
        b"\0asm\x01\0\0\0\x01\x05",
    ] {
        let error = error(&[glue(&good, vec![]), glue(bad, vec![])], &[]);
        assert!(matches!(error, WeldError::Invalid { part: 1, .. }), "{error}");
    }
    let untyped = wat::parse_str("(module (func (result i32) i64.const 0))").unwrap();
    let error = error(&[glue(&untyped, vec![])], &[]);
    assert!(
        matches!(&error, WeldError::Invalid { part: 0, reason } if reason.contains("type mismatch")),
        "{error}"
    );
}

#[test]
fn a_part_that_uses_what_cannot_be_welded() {
    let texts = [
        "(module (tag))",
        "(module (type (struct)))",
        "(module (rec (type (func)) (type (func))))",
        "(module (table 1 externref))",
        "(module (type $t (func)) (func (param (ref $t))))",
        "(module (import \"a\" \"b\" (tag)))",
        "(module (func (try_table)))",
        "(module (memory 1 (pagesize 1)))",
        "(module (func (param i64 i64 i64 i64) (result i64 i64)
           local.get 0 local.get 1 local.get 2 local.get 3 i64.add128))",
        "(component)",
    ];
    for text in texts {
        let code = wat(text);
        let error = error(&[guest(&code, vec![])], &[]);
        assert!(
            matches!(error, WeldError::Unsupported { part: 0, .. }),
            "{text}: {error}"
        );
        assert_eq!(error.part(), Some(0));
    }
}

#[test]
fn a_guest_that_does_not_keep_its_state_to_itself() {
    let memory = wat(r#"(module (import "a" "m" (memory 1)))"#);
    let table = wat(r#"(module (import "a" "f" (func)) (import "a" "t" (table 1 funcref)))"#);
    let shared = wat("(module (memory 1 1 shared))");
    let import = |part, import: &str, kind| WeldError::GuestImport {
        part,
        import: import.into(),
        kind,
    };
    assert_eq!(
        error(&[guest(&memory, vec![host("a", "m")])], &[]),
        import(0, "a.m", "memory")
    );
    let parts = [
        glue(&memory, vec![host("a", "m")]),
        guest(&table, vec![host("a", "f"), host("a", "t")]),
    ];
    assert_eq!(error(&parts, &[]), import(1, "a.t", "table"));
    assert_eq!(
        error(&[guest(&shared, vec![])], &[]),
        WeldError::SharedMemory { part: 0 }
    );
    // Parts that are not guests may do so.
    welded(
        &[
            glue(&shared, vec![]),
            glue(&table, vec![host("a", "f"), host("a", "t")]),
        ],
        &[],
    );
}

#[test]
fn bindings_that_are_too_few_or_too_many() {
    let code = wat(r#"(module (import "a" "f" (func)) (import "a" "g" (func)))"#);
    let bindings = |bindings| WeldError::Bindings {
        part: 0,
        imports: 2,
        bindings,
    };
    assert_eq!(error(&[glue(&code, vec![host("a", "f")])], &[]), bindings(1));
    assert_eq!(error(&[glue(&code, vec![host("a", "f"); 3])], &[]), bindings(3));
}

#[test]
fn bindings_and_exports_of_what_is_not_there() {
    let code = wat(r#"(module (import "a" "f" (func)) (global (mut i32) (i32.const 0)))"#);
    let to = |part: usize, export: &str| error(&[glue(&code, vec![of(part, export)])], &[]);
    let missing = WeldError::NoSuchExport {
        part: 0,
        export: "g".into(),
    };
    assert_eq!(to(1, "g"), WeldError::NoSuchPart { part: 1 });
    assert_eq!(to(0, "g"), missing);
    let exported = |export| error(&[glue(&code, vec![host("a", "f")])], &[export]);
    assert_eq!(exported(Export::named(2, "g", "g")), WeldError::NoSuchPart { part: 2 });
    assert_eq!(exported(Export::named(0, "g", "g")), missing);
    assert_eq!(exported(Export::start(0, "start")), WeldError::NoStart { part: 0 });
    let global = WeldError::NoSuchGlobal { part: 0, position: 1 };
    assert_eq!(exported(Export::mutable_global(0, 1, "g")), global);
}

#[test]
fn names_that_two_exports_have() {
    let code = wat(r#"(module (func (export "f")) (func (export "g")))"#);
    let exports = [Export::named(0, "f", "x"), Export::named(0, "g", "x")];
    let duplicate = WeldError::DuplicateExport { name: "x".into() };
    assert_eq!(error(&[glue(&code, vec![])], &exports), duplicate);
}

#[test]
fn imports_that_do_not_accept_what_they_are_bound_to() {
    let owner = wat(r#"(module
      (func (export "f") (param i32 i64) (result f32) (f32.const 0))
      (memory (export "m") 1 10) (memory (export "open") 1) (memory (export "w") i64 1 1) (memory (export "s") 1 1 shared)
      (table (export "t") 2 20 funcref)
      (global (export "g") i32 (i32.const 0)) (global (export "v") (mut i32) (i32.const 0)))"#);
    let cases = [
        (
            "func (param i32) (result f32)",
            "f",
            "function (i32) -> (f32)",
            "function (i32, i64) -> (f32)",
        ),
        ("func", "m", "function () -> ()", "memory of 1 to 10 pages"),
        ("memory 2", "m", "memory of 2 pages or more", "memory of 1 to 10 pages"),
        ("memory 1 9", "m", "memory of 1 to 9 pages", "memory of 1 to 10 pages"),
        (
            "memory 1 9",
            "open",
            "memory of 1 to 9 pages",
            "memory of 1 pages or more",
        ),
        (
            "memory 1",
            "w",
            "memory of 1 pages or more",
            "memory of 1 to 1 pages, 64-bit",
        ),
        (
            "memory 1 1",
            "s",
            "memory of 1 to 1 pages",
            "memory of 1 to 1 pages, shared",
        ),
        (
            "table 3 funcref",
            "t",
            "table of funcref of 3 elements or more",
            "table of funcref of 2 to 20 elements",
        ),
        (
            "table 1 2 funcref",
            "t",
            "table of funcref of 1 to 2 elements",
            "table of funcref of 2 to 20 elements",
        ),
        ("global (mut i32)", "g", "global (mut i32)", "global i32"),
        ("global i32", "v", "global i32", "global (mut i32)"),
        ("global i64", "g", "global i64", "global i32"),
    ];
    for (import, export, expected, found) in cases {
        let code = wat(&format!(r#"(module (import "a" "x" ({import})))"#));
        let parts = [glue(&code, vec![of(1, export)]), glue(&owner, vec![])];
        assert_eq!(error(&parts, &[]), mismatch(0, "a.x", expected, found));
    }
    for (import, export) in [
        ("memory 0", "m"),
        ("memory 1 10", "m"),
        ("memory 1", "open"),
        ("table 2 30 funcref", "t"),
    ] {
        let code = wat(&format!(r#"(module (import "a" "x" ({import})))"#));
        welded(&[glue(&code, vec![of(1, export)]), glue(&owner, vec![])], &[]);
    }
}

#[test]
fn constants_are_immutable_globals() {
    let bound = |import: &str| {
        let code = wat(&format!(r#"(module (import "a" "x" ({import})))"#));
        error(&[glue(&code, vec![Binding::Constant(1)])], &[])
    };
    assert_eq!(bound("global i64"), mismatch(0, "a.x", "global i64", "global i32"));
    assert_eq!(
        bound("global (mut i32)"),
        mismatch(0, "a.x", "global (mut i32)", "global i32")
    );
    assert_eq!(bound("func"), mismatch(0, "a.x", "function () -> ()", "global i32"));
}

#[test]
fn a_re_exported_import_of_another_type() {
    let passes_on = wat(r#"(module (import "a" "f" (func (param i32))) (export "f" (func 0)))"#);
    let user = wat(r#"(module (import "b" "f" (func)))"#);
    let parts = [glue(&user, vec![of(1, "f")]), glue(&passes_on, vec![host("a", "f")])];
    assert_eq!(
        error(&parts, &[]),
        mismatch(0, "b.f", "function () -> ()", "function (i32) -> ()")
    );
}

#[test]
fn equal_names_of_different_types() {
    let conflict = |first: &str, second: &str, expected: (&str, &str)| {
        let [first, second] = [first, second].map(|import| wat(&format!(r#"(module (import "a" "x" ({import})))"#)));
        let parts = [glue(&first, vec![host("h", "x")]), glue(&second, vec![host("h", "x")])];
        let conflict = WeldError::Conflict {
            module: "h".into(),
            name: "x".into(),
            first: expected.0.into(),
            second: expected.1.into(),
        };
        assert_eq!(error(&parts, &[]), conflict);
    };
    conflict(
        "func",
        "func (result i32)",
        ("function () -> ()", "function () -> (i32)"),
    );
    conflict("func", "global i32", ("function () -> ()", "global i32"));
    conflict(
        "memory 1",
        "memory 2",
        ("memory of 1 pages or more", "memory of 2 pages or more"),
    );
}

#[test]
fn imports_that_lead_back_to_themselves() {
    let code = wat(r#"(module (import "a" "f" (func)) (export "f" (func 0)))"#);
    let cycle = |part| WeldError::Cycle {
        part,
        import: "a.f".into(),
    };
    assert_eq!(error(&[glue(&code, vec![of(0, "f")])], &[]), cycle(0));
    let around = [of(1, "f"), of(2, "f"), of(1, "f")].map(|binding| glue(&code, vec![binding]));
    assert_eq!(error(&around, &[]), cycle(1));
}

#[test]
fn initial_values_that_lead_back_to_themselves() {
    let code = wat(r#"(module (import "a" "g" (global i32)) (global (export "g") i32 (global.get 0)))"#);
    let cycle = WeldError::Cycle {
        part: 0,
        import: "a.g".into(),
    };
    assert_eq!(error(&[1, 0].map(|part| glue(&code, vec![of(part, "g")])), &[]), cycle);
}

#[test]
fn modules_that_get_too_large() {
    let too_large = |what, found, limit| WeldError::TooLarge { what, found, limit };
    let memories = wat(&format!("(module {})", "(memory 0)".repeat(40)));
    let parts = [0; 3].map(|_| glue(&memories, vec![]));
    assert_eq!(error(&parts, &[]), too_large("memories", 120, 100));
    welded(&parts[..2], &[]);
    let code = wat(r#"(module (func (export "f")))"#);
    let name = "x".repeat(100_001);
    let part = [glue(&code, vec![])];
    let exports = |name: &str| [Export::named(0, "f", name)];
    assert_eq!(
        error(&part, &exports(&name)),
        too_large("bytes in a name", 100_001, 100_000)
    );
    welded(&part, &exports(&name[1..]));
    // Each export of this function counts as 1002.
    let code = wat(&format!(
        r#"(module (func (export "f") {}))"#,
        "(param i32)".repeat(1000)
    ));
    let part = [glue(&code, vec![])];
    let exports: Vec<Export> = (0..999)
        .map(|number| Export::named(0, "f", number.to_string()))
        .collect();
    let what = "parameters and results of imports and exports";
    assert_eq!(error(&part, &exports), too_large(what, 999 * 1002, 999_998));
    welded(&part, &exports[..998]);
}
