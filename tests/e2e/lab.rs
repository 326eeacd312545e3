//! One executable with many flows, built once for all tests: `lab/Torvyn.toml`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use wit_component::StringEncoding;
use wit_parser::Resolve;

use crate::process::{Finished, Running};
use crate::torvync::{build, executable, root, run_to_end, target, workshop};

/// Runs a flow of the lab in an empty folder.
pub(crate) fn run(arguments: &[&str]) -> Finished {
    let folder = tempfile::tempdir().expect("a temporary folder");
    run_in(folder.path(), arguments)
}

/// Runs a flow of the lab.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Finished {
    Running::start(executable(lab(), folder, arguments)).finish()
}

/// Runs a flow of the lab with `input` as standard input.
pub(crate) fn run_with_input(arguments: &[&str], input: &str) -> Finished {
    let mut running = start(arguments);
    running.write(input);
    running.finish()
}

/// Starts a flow of the lab; its standard input is open.
pub(crate) fn start(arguments: &[&str]) -> Running {
    let mut command = executable(lab(), &workshop("lab"), arguments);
    command.stdin(Stdio::piped());
    Running::start(command)
}

/// The executable.
pub(crate) fn lab() -> &'static Path {
    static LAB: OnceLock<PathBuf> = OnceLock::new();
    LAB.get_or_init(|| {
        let folder = workshop("lab");
        let guests = folder.join("guests");
        std::fs::create_dir_all(&guests).expect("the workshop is writable");
        for entry in std::fs::read_dir(build_guests()).expect("the guests were built") {
            let path = entry.expect("a folder entry").path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                std::fs::copy(&path, guests.join(path.file_name().expect("a file"))).expect("a copy");
            }
        }
        std::fs::write(guests.join("even_filter.core.wasm"), even_filter()).expect("the workshop is writable");
        std::fs::copy(root().join("tests/e2e/lab/Torvyn.toml"), folder.join("Torvyn.toml")).expect("a copy");
        let output = folder.join("bin/lab");
        build(&folder, &[], &output);
        output
    })
}

/// Builds `tests/guests`, as `cargo xtask test` did before. Returns the folder of the components.
fn build_guests() -> PathBuf {
    let target = target().join("test-guests");
    let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"));
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--target",
        "wasm32-wasip2",
        "--manifest-path",
    ]);
    cargo
        .arg(root().join("tests/guests/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    run_to_end(&mut cargo);
    target.join("wasm32-wasip2/release")
}

/// The hand-written core module, with the WIT metadata that a compiler would embed.
pub(crate) fn even_filter() -> Vec<u8> {
    let mut resolve = Resolve::default();
    for package in ["torvyn-streaming", "torvyn-filtering"] {
        resolve
            .push_dir(root().join("wit").join(package))
            .expect("wit/ resolves");
    }
    let package = resolve.push_str("any.wit", "package tests:any;").expect("a package");
    let world = resolve
        .select_world(&[package], Some("torvyn:filtering/content-filter"))
        .expect("the world exists");
    let mut module = wat::parse_file(root().join("tests/fixtures/wat/even-filter.wat")).expect("the module is valid");
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
        .expect("the module takes metadata");
    module
}
