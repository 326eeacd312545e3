//! The fuzz targets, for any number of executions; as tests they run a few thousand.

use crate::shell::{Done, cargo, run};

/// Default number of executions.
const EXECUTIONS: &str = "10000000";

/// Inputs of the front half, with a target for each.
const FRONT: [&str; 3] = ["manifest", "wit", "component"];

/// Default number of executions of one of these.
const FRONT_EXECUTIONS: &str = "1000000";

/// Profile of the targets: optimised where most of the time is spent, with the checks of a debug build in our own code.
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

/// Runs the fuzz target named first, or that of the call paths, with `options`: `--executions N`, `--seed S`;
/// for the call paths also `--circles N`, guests that have to be stopped.
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
