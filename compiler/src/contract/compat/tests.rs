//! Level of each kind of change, in both directions.

use std::path::Path;

use super::Level;
use crate::driver;
use crate::source::files::MemoryFiles;

/// Level of the greatest difference between two versions of a package with these items.
fn verdict(old: &str, new: &str) -> Option<Level> {
    let mut files = MemoryFiles::new();
    files.insert("old.wit", format!("package a:b@1.0.0;\n{old}"));
    files.insert("new.wit", format!("package a:b@1.0.0;\n{new}"));
    let diff = driver::contract_diff(&files, Path::new("old.wit"), Path::new("new.wit"));
    let said: Vec<_> = diff.diagnostics.iter().map(|said| &said.message).collect();
    assert!(said.is_empty(), "{said:?}: {old} / {new}");
    diff.verdict()
}

#[test]
fn each_kind_of_change_has_its_level_in_both_directions() {
    use Level::{Major, Minor, Patch};
    let within = |items: &str| format!("interface i {{ {items} }}");
    let in_interface = [
        ("f: func();", "f: func(); g: func();", Minor, Major),
        ("f: func(a: u8);", "f: func(a: u8, b: u8);", Major, Major),
        ("f: func(a: u8);", "f: func(b: u8);", Major, Major),
        ("f: func(a: u8);", "f: func(a: u16);", Major, Major),
        ("f: func();", "f: func() -> u8;", Major, Major),
        ("f: func() -> list<u8>;", "f: func() -> list<u8, 4>;", Major, Major),
        ("f: func() -> option<u8>;", "f: func() -> result<u8>;", Major, Major),
        ("f: func();", "f: async func();", Major, Major),
        ("f: func();", "f: func(); type t = u8;", Minor, Major),
        ("type t = u8;", "type t = u16;", Major, Major),
        ("type t = u8;", "record t { a: u8 }", Major, Major),
        ("record r { a: u8 }", "record r { a: u8, b: u8 }", Major, Major),
        ("record r { a: u8 }", "record r { b: u8 }", Major, Major),
        ("record r { a: u8 }", "record r { a: s8 }", Major, Major),
        ("record r { a: u8, b: u8 }", "record r { b: u8, a: u8 }", Major, Major),
        ("variant v { a, b }", "variant v { a, b, c }", Major, Major),
        ("variant v { a }", "variant v { a(u8) }", Major, Major),
        ("variant v { a(u8) }", "variant v { a(u16) }", Major, Major),
        ("variant v { a, b }", "variant v { b, a }", Major, Major),
        ("enum e { a, b }", "enum e { a, b, c }", Major, Major),
        ("enum e { a, b }", "enum e { a, c }", Major, Major),
        ("enum e { a, b }", "enum e { b, a }", Major, Major),
        ("flags f { a, b }", "flags f { a, b, c }", Major, Major),
        ("flags f { a, b }", "flags f { b, a }", Major, Major),
        ("resource r;", "record r { a: u8 }", Major, Major),
        (
            "resource r { a: func(); }",
            "resource r { a: func(); b: func(); }",
            Minor,
            Major,
        ),
        (
            "resource r { a: func(); }",
            "resource r { a: static func(); }",
            Major,
            Major,
        ),
        ("resource r;", "resource r { constructor(); }", Minor, Major),
        (
            "resource r; f: func(a: r);",
            "resource r; f: func(a: borrow<r>);",
            Major,
            Major,
        ),
        ("f: func();", "/// Words.\nf: func();", Patch, Patch),
        ("f: func();", "@since(version = 1.0.0)\nf: func();", Patch, Patch),
    ];
    let mut cases: Vec<_> = in_interface
        .map(|(old, new, forward, back)| (within(old), within(new), forward, back))
        .into();
    let world = |items: &str| format!("interface i {{}} interface j {{}} world w {{ {items} }}");
    let in_world = [
        ("import i;", "import i; import j;", Major, Minor),
        ("export i;", "export i; export j;", Minor, Major),
        ("import f: func();", "import f: func(a: u8);", Major, Major),
        ("export f: func();", "export f: func() -> u8;", Major, Major),
        ("import f: func();", "export f: func();", Minor, Major),
    ];
    cases.extend(in_world.map(|(old, new, forward, back)| (world(old), world(new), forward, back)));
    cases.push((
        "interface i {}".into(),
        "interface i {} interface j {}".into(),
        Minor,
        Major,
    ));
    cases.push((
        "interface i {}".into(),
        "interface i {} world w {}".into(),
        Minor,
        Major,
    ));
    for (old, new, forward, back) in &cases {
        assert_eq!(verdict(old, old), None, "{old}");
        assert_eq!(verdict(old, new), Some(*forward), "{old} -> {new}");
        assert_eq!(verdict(new, old), Some(*back), "{new} -> {old}");
    }
}
