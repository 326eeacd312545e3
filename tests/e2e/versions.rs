//! Contracts named without a version mean the runtime's version: on every call path, for components of any origin.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

use crate::paths::PATHS;
use crate::process::Running;
use crate::torvync::{executable, output, root, run_to_end, torvync, workshop};

/// Copies a folder of contracts, with `version` in place of the runtime's version.
pub(crate) fn contracts(package: &str, version: &str, to: &Path) {
    let from = root().join("wit").join(package);
    std::fs::create_dir_all(to).expect("the workshop is writable");
    for entry in from.read_dir().expect("wit/ has the package") {
        let path = entry.expect("a folder entry").path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            let text = std::fs::read_to_string(&path).expect("contracts are text");
            let name = path.file_name().expect("a file");
            std::fs::write(to.join(name), text.replace("@0.1.0", version)).expect("the workshop is writable");
        }
    }
}

/// The hand-written filter, as a component for contracts of this version.
fn even_filter(version: &str, folder: &Path) -> Vec<u8> {
    let mut resolve = Resolve::default();
    for package in ["torvyn-streaming", "torvyn-filtering"] {
        let copy = folder.join("wit").join(package);
        contracts(package, version, &copy);
        resolve.push_dir(&copy).expect("the copy resolves");
    }
    let package = resolve.push_str("any.wit", "package tests:any;").expect("a package");
    let world = format!("torvyn:filtering/content-filter{version}");
    let world = resolve
        .select_world(&[package], Some(&world))
        .expect("the world exists");
    let text = std::fs::read_to_string(root().join("tests/fixtures/wat/even-filter.wat")).expect("the module is there");
    let mut module = wat::parse_str(text.replace("@0.1.0", version)).expect("the module is valid");
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("the module takes metadata");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("the module has metadata");
    encoder.encode().expect("the module is its world's")
}

/// A project with the filter of this version.
fn project(name: &str, version: &str) -> PathBuf {
    let folder = workshop(&format!("versions/{name}"));
    std::fs::write(folder.join("even.wasm"), even_filter(version, &folder)).expect("the workshop is writable");
    let manifest = r#"
[torvyn]
name = "versions"
version = "0.1.0"
contract_version = "0.1.0"

[flow.main]
nodes.lines = { component = "builtin:lines" }
nodes.even = { component = "file://even.wasm" }
nodes.console = { component = "builtin:console" }
edges = [
    { from = { node = "lines", port = "output" }, to = { node = "even", port = "input" } },
    { from = { node = "even", port = "output" }, to = { node = "console", port = "input" } },
]
"#;
    std::fs::write(folder.join("Torvyn.toml"), manifest).expect("the workshop is writable");
    std::fs::write(folder.join("numbers"), "0\n1\n2\n").expect("the workshop is writable");
    folder
}

#[test]
fn contracts_without_a_version_are_the_runtimes_on_every_path() {
    for (name, version) in [("none", ""), ("build-metadata", "@0.1.0+build.7")] {
        let folder = project(name, version);
        for path in PATHS {
            let program = folder.join(path);
            let mut command = torvync();
            command
                .args(["build", "--format", "json", "--opt", path, "-o"])
                .arg(&program);
            let printed = run_to_end(command.current_dir(&folder));
            let report: Value = serde_json::from_str(&printed).expect("the build prints JSON");
            let taken = report["flows"][0]["stages"][1]["path"]
                .as_str()
                .expect("the stage has a path");
            assert!(path == "fused" || taken.starts_with(path), "{path}: {taken}");
            let ran = Running::start(executable(&program, &folder, &["--input", "numbers"])).finish();
            assert_eq!(ran.expect_code(0).stdout, "0\n2\n", "{version} on the {path} path");
        }
    }
}

#[test]
fn contracts_of_a_pre_release_are_refused_before_anything_is_built() {
    let folder = project("pre-release", "@0.1.0-rc.1");
    for command in ["check", "link", "build"] {
        let refused = output(torvync().arg(command).current_dir(&folder)).expect_code(1);
        let words = "uses `torvyn:filtering/filter@0.1.0-rc.1`, but the runtime supports version 0.1.0";
        assert!(refused.stderr.contains("error[E0201]"), "{command}: {refused}");
        assert!(
            refused.stderr.contains(words),
            "{command}: expected `{words}`: {refused}"
        );
    }
}
