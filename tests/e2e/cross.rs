//! Executables for another processor: they do there what they do here. An emulator of user programs runs them.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::lab::{Built, LAB, build_project};
use crate::paths::PATHS;
use crate::process::{Finished, Running};
use crate::torvync::{executable, root, torvync, workshop};

const TARGET: &str = "aarch64-unknown-linux-gnu";
const EMULATOR: &str = "qemu-aarch64-static";

/// The lab on a call path, for the other processor.
fn foreign(path: &str) -> Built {
    let manifest = std::fs::read_to_string(root().join("tests/e2e/lab/Torvyn.toml")).expect("the lab has a manifest");
    build_project(
        &format!("lab-aarch64-{path}"),
        &manifest,
        &["--opt", path, "--target", TARGET],
    )
}

/// The lab for the other processor on every call path.
fn paths() -> &'static [(&'static str, Built)] {
    static BUILT: OnceLock<Vec<(&str, Built)>> = OnceLock::new();
    BUILT.get_or_init(|| PATHS.map(|path| (path, foreign(path))).into())
}

/// Runs a flow under the emulator.
fn emulate(built: &Built, arguments: &[&str]) -> Finished {
    let program = executable(&built.executable, &workshop("lab"), arguments);
    let mut emulator = Command::new(EMULATOR);
    emulator
        // Where Debian's cross compiler has the libraries: a development build is linked dynamically.
        .args(["-L", "/usr/aarch64-linux-gnu"])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(workshop("lab"))
        .stdin(std::process::Stdio::null());
    Running::start(emulator).finish()
}

#[test]
fn flows_do_the_same_on_another_processor() {
    for flow in [
        "count",
        "passthrough",
        "printing",
        "diamond",
        "routed",
        "gathered",
        "wasi",
    ] {
        let arguments = ["--flow", flow, "--clock=simulated", "--quiet"];
        let here = LAB.built().run_in(&workshop("lab"), &arguments);
        for (path, built) in paths() {
            let there = emulate(built, &arguments);
            assert_eq!(
                (there.code, &there.stdout, &there.stderr),
                (here.code, &here.stdout, &here.stderr),
                "{flow}, {path}"
            );
        }
    }
}

#[test]
fn calls_are_ended_on_another_processor() {
    for (path, built) in paths() {
        for (fault, code) in [("trap", "E0412"), ("loop", "E0401"), ("grow", "E0412")] {
            let fault = format!("--config=middle.fault={fault}");
            let arguments = [
                "--flow",
                "broken-filter",
                &fault,
                "--config=middle.in=evaluate",
                "--quiet",
            ];
            let told = emulate(built, &arguments).expect_code(1);
            assert!(
                told.stderr.contains(&format!("error[{code}]")),
                "{path}, {fault}: {told}"
            );
        }
    }
}

#[test]
fn an_executable_for_another_processor_is_described_here() {
    let (_, built) = &paths()[0];
    let mut command = torvync();
    command.args(["inspect", "--format", "json"]).arg(&built.executable);
    let printed = Running::start(command).finish().expect_code(0).stdout;
    assert!(printed.contains("broken-filter"), "{printed}");
}

#[test]
fn what_another_target_lacks_is_told() {
    for (target, code, words) in [
        (
            "armv7-unknown-linux-gnueabihf",
            "E0704",
            "no code generator for its processor",
        ),
        ("riscv64gc-unknown-linux-gnu", "E0704", "copies with vectors"),
        (
            "aarch64-unknown-linux-ohos",
            "E0010",
            "no standard library for the target",
        ),
    ] {
        let mut command = torvync();
        command
            .args(["build", "--target", target, "--manifest"])
            .arg(Path::new("examples/hello-world/Torvyn.toml"))
            .current_dir(root());
        let told = Running::start(command).finish();
        assert!(
            told.stderr.contains(&format!("error[{code}]")) && told.stderr.contains(words),
            "{told}"
        );
    }
}
