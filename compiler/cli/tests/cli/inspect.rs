use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Run, folder, torvync};

const SINK: &str = r#"
(component
  (import "wasi:cli/stdout@0.2.6" (instance (export "get" (func))))
  (core module $main (func (export "complete")))
  (core instance $main (instantiate $main))
  (func $complete (canon lift (core func $main "complete")))
  (instance $sink (export "complete" (func $complete)))
  (export "torvyn:streaming/sink@0.1.0" (instance $sink)))
"#;

/// As the generated code embeds it.
const DESCRIPTION: &str = r#"{"name":"demo","version":"1.2.3","torvync":"0.1.0","target":"x86_64-unknown-linux-gnu",
"description":"A demo","flows":[{"name":"main","description":"All of it","nodes":[{"name":"in","role":"source","component":"builtin:lines",
"path":"builtin","own_thread":"may block on its input"},{"name":"out",
"role":"sink","component":"builtin:console","path":"builtin","merge":"round-robin","fan_out":"minimum",
"on_error":{"internal":"skip","unavailable":"terminate"}}],"streams":[{"from":"in.output","to":"out.input","depth":4,
"policy":"rate-limit","max_elements_per_second":50,"priority":7,"max_element_bytes":1024}],"pools":[{"bytes":4096,"slots":12}]}],
"components":[{"name":"upper","sha256":"00ff"}],"artifacts":[{"name":"upper.direct","kind":"shell","sha256":"ff00"}]}"#;

/// A sink that calls the host directly.
const SOCKET_SINK: &str = r#"
(component
  (import "wasi:sockets/tcp@0.2.3" (instance $tcp (export "start" (func))))
  (core func $start (canon lower (func $tcp "start")))
  (core module $main
    (import "net" "start" (func))
    (func (export "f")))
  (core instance $main (instantiate $main (with "net" (instance (export "start" (func $start))))))
  (func $f (canon lift (core func $main "f")))
  (instance $sink (export "push" (func $f)) (export "complete" (func $f)))
  (export "torvyn:streaming/sink@0.1.0" (instance $sink)))
"#;

/// A filter that is in one core module.
const FILTER: &str = r#"
(component
  (core module $main
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
    (func (export "evaluate") (param i64 i64 i32 i32 i32 i32) (result i32) i32.const 0))
  (core instance $main (instantiate $main))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "realloc" (core func $realloc))
  (type $element (func
    (param "a" u64) (param "b" u64) (param "c" string) (param "d" u32) (param "e" u32) (result u32)))
  (func $evaluate (type $element)
    (canon lift (core func $main "evaluate") (memory $memory) (realloc $realloc)))
  (instance $filter (export "evaluate" (func $evaluate)))
  (export "torvyn:filtering/filter@0.1.0" (instance $filter)))
"#;

fn inspect(folder: &Path, name: &str, contents: &[u8], more: &[&str]) -> Run {
    fs::write(folder.join(name), contents).expect("a file");
    let mut arguments = vec!["inspect", name];
    arguments.extend(more);
    torvync(folder, &arguments)
}

#[test]
fn a_component_shows_its_role_and_interfaces() {
    let folder = folder();
    let wasm = wat::parse_str(SINK).expect("a component");
    let text = inspect(folder.path(), "sink.wasm", &wasm, &[]).succeeds().stdout;
    assert!(text.contains("role       sink"), "{text}");
    assert!(text.contains("torvyn:streaming/sink@0.1.0"), "{text}");
    assert!(text.contains("wasi:cli/stdout@0.2.6"), "{text}");
    let json = inspect(folder.path(), "sink.wasm", &wasm, &["--format", "json"])
        .succeeds()
        .json();
    assert_eq!(json["kind"], "component");
    assert_eq!(json["roles"][0], "sink");
    assert_eq!(json["lifecycle"], false);
    assert_eq!(json["size"]["total"], wasm.len());
    assert_eq!(json["code"]["main_module"], 0);
}

#[test]
fn the_code_behind_the_exports_is_named() {
    let folder = folder();
    let wasm = wat::parse_str(SINK).expect("a component");
    let text = inspect(folder.path(), "sink.wasm", &wasm, &["--show", "code"])
        .succeeds()
        .stdout;
    let expected = "Core code
  component path: torvyn:streaming/sink@0.1.0#push has no core code of its own
  all exported functions are in core module 0, which calls
  none
";
    assert_eq!(text, expected);
}

#[test]
fn the_call_path_that_a_stage_can_take_is_named() {
    let folder = folder();
    for (text, expected, obstacle) in [
        (FILTER, "  direct path: possible\n", None),
        (
            SOCKET_SINK,
            "  component path: imports wasi:sockets/tcp@0.2.3\n",
            Some("imports wasi:sockets/tcp@0.2.3"),
        ),
    ] {
        let wasm = wat::parse_str(text).expect("a component");
        let text = inspect(folder.path(), "stage.wasm", &wasm, &["--show", "code"])
            .succeeds()
            .stdout;
        assert!(text.contains(expected), "{text}");
        let json = inspect(folder.path(), "stage.wasm", &wasm, &["--format", "json"])
            .succeeds()
            .json();
        assert_eq!(json["code"]["obstacle"].as_str(), obstacle);
    }
}

#[test]
fn one_section_can_be_asked_for() {
    let folder = folder();
    let wasm = wat::parse_str(SINK).expect("a component");
    let contract = inspect(folder.path(), "sink.wasm", &wasm, &["--show", "contracts"])
        .succeeds()
        .stdout;
    assert!(
        contract.contains("export torvyn:streaming/sink@0.1.0;") && !contract.contains("role"),
        "{contract}"
    );
    let capabilities = inspect(folder.path(), "sink.wasm", &wasm, &["--show", "capabilities"])
        .succeeds()
        .stdout;
    assert!(
        capabilities.contains("wasi:cli/stdout") && !capabilities.contains("sink"),
        "{capabilities}"
    );
    let size = inspect(folder.path(), "sink.wasm", &wasm, &["--show", "size"])
        .succeeds()
        .stdout;
    assert!(size.contains("core module 0"), "{size}");
}

#[test]
fn a_core_module_is_called_one() {
    let wasm = wat::parse_str(r#"(module (import "env" "log" (func)) (func (export "run")))"#).expect("a module");
    let text = inspect(folder().path(), "core.wasm", &wasm, &[]).succeeds().stdout;
    assert!(text.contains("Core module core.wasm: not a component"), "{text}");
    assert!(text.contains("env.log") && text.contains("run"), "{text}");
}

#[test]
fn an_executable_is_read_and_not_run() {
    let folder = folder();
    let program = compile(
        folder.path(),
        &format!(
            "#[used]\n#[unsafe(link_section = \".torvyn\")]\nstatic D: [u8; {}] = *b{DESCRIPTION:?};\nfn main() {{ panic!() }}",
            DESCRIPTION.len()
        ),
    );
    let text = torvync(folder.path(), &["inspect", &program]).succeeds().stdout;
    assert!(text.contains("Executable demo 1.2.3"), "{text}");
    assert!(text.contains("builtin:lines"), "{text}");
    assert!(text.contains("12 × 4.0 KiB      48.0 KiB"), "{text}");
    assert!(text.contains("Made of\n  upper  sha256 00ff\n"), "{text}");
    assert!(text.contains("upper.direct  shell  sha256 ff00"), "{text}");
    assert!(text.contains("own thread: may block on its input"), "{text}");
    assert!(
        text.contains("on error: internal: skip; unavailable: terminate"),
        "{text}"
    );
    assert!(
        text.contains("depth 4, rate-limit 50 per second, priority 7, elements up to 1.0 KiB"),
        "{text}"
    );
    assert!(!text.contains("round-robin"), "defaults are left out: {text}");
    let json = torvync(folder.path(), &["inspect", &program, "--format", "json"])
        .succeeds()
        .json();
    assert_eq!(json["kind"], "executable");
    assert_eq!(json["flows"][0]["nodes"][0]["role"], "source");
    assert_eq!(json["flows"][0]["description"], "All of it");
}

#[test]
fn foreign_and_damaged_files_are_errors() {
    let folder = folder();
    let foreign = compile(folder.path(), "fn main() {}");
    let run = torvync(folder.path(), &["inspect", &foreign]).fails(1);
    assert!(run.stderr.contains("not made by torvync"), "{}", run.stderr);

    let mut wasm = wat::parse_str(SINK).expect("a component");
    wasm.truncate(wasm.len() / 2);
    for (name, contents) in [
        ("cut.wasm", wasm.as_slice()),
        ("magic.wasm", b"\0asm"),
        ("empty", b""),
        ("text", b"hello"),
    ] {
        let run = inspect(folder.path(), name, contents, &[]).fails(1);
        assert!(
            run.stderr.starts_with("error[E0104]") && run.stderr.contains(name),
            "{name}: {}",
            run.stderr
        );
    }
    assert!(
        torvync(folder.path(), &["inspect", "nothing"])
            .fails(1)
            .stderr
            .starts_with("error[E0210]")
    );
    torvync(folder.path(), &["inspect", "."]).fails(1);
}

#[test]
fn no_cut_or_changed_byte_makes_it_panic() {
    let folder = folder();
    let wasm = wat::parse_str(SINK).expect("a component");
    for at in (0..wasm.len()).step_by(7) {
        let run = inspect(folder.path(), "cut.wasm", &wasm[..at], &[]);
        assert!(
            run.code == Some(1) && !run.stderr.contains("panicked"),
            "cut at {at}: {run:?}"
        );
        let mut changed = wasm.clone();
        changed[at] ^= 0xff;
        let run = inspect(folder.path(), "changed.wasm", &changed, &[]);
        assert!(
            run.code.is_some_and(|code| code < 2) && !run.stderr.contains("panicked"),
            "change at {at}: {run:?}"
        );
    }
}

/// A native executable made from Rust text.
fn compile(folder: &Path, text: &str) -> String {
    fs::write(folder.join("program.rs"), text).expect("a file");
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--edition", "2024", "-C", "debuginfo=0", "program.rs", "-o", "program"])
        .current_dir(folder);
    assert!(rustc.status().expect("rustc starts").success());
    "program".to_owned()
}
