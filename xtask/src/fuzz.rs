//! The fuzz targets, for as many executions as wanted: as tests they do a few thousand.

use crate::shell::{Done, cargo, run};

/// Executions, unless it is said how many.
const EXECUTIONS: &str = "10000000";

/// What the front half reads, each a target.
const FRONT: [&str; 3] = ["manifest", "wit", "component"];

/// Executions of one of them, unless it is said how many.
const FRONT_EXECUTIONS: &str = "1000000";

/// What the target is compiled with: fast where most of the time goes, with the checks of a debug build in our own code.
const PROFILE: [&str; 10] = [
    "profile.fuzz.inherits='release'",
    "profile.fuzz.lto=false",
    "profile.fuzz.strip='none'",
    "profile.fuzz.opt-level=1",
    "profile.fuzz.debug-assertions=true",
    "profile.fuzz.overflow-checks=true",
    "profile.fuzz.package.'*'.debug-assertions=false",
    "profile.fuzz.package.'*'.overflow-checks=false",
    "profile.fuzz.package.wasmtime.opt-level=3",
    "profile.fuzz.package.torvyn-runtime-core.opt-level=3",
];

/// Runs the fuzz target that is named first, or that of the call paths, with `options`: `--executions N`, `--seed S`.
pub(crate) fn fuzz(options: &[&str]) -> Done {
    let is_front = options.first().is_some_and(|name| FRONT.contains(name));
    let (test, executions) = if is_front {
        ("front", FRONT_EXECUTIONS)
    } else {
        ("fuzz", EXECUTIONS)
    };
    let mut command = cargo();
    command.args(["test", "--locked", "--package", "torvync-tests", "--test", test]);
    command.args(["--profile", "fuzz"]);
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    command.arg("--").args(options);
    if !options.contains(&"--executions") {
        command.args(["--executions", executions]);
    }
    run(&mut command)
}
