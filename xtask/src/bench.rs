//! The benchmarks: of executables as they are shipped, of the small parts, and of the call paths.

use std::process::Command;

use crate::setup;
use crate::shell::{Done, build_torvync, cargo, root, run, target_dir, torvyn_home, torvync};

/// Benchmarks of whole executables, in `tests/benches/`.
const EXECUTABLES: [&str; 3] = ["startup", "interrupt", "replicas"];

/// The small parts of the runtime, in `tests/benches/` as well.
const PARTS: &str = "parts";

/// `torvync check` on large projects, there as well.
const CHECK: &str = "check";

/// How long after a keystroke an editor has the diagnostics, there as well.
const KEYSTROKE: &str = "keystroke";

/// The comparison of the call paths.
const PATHS: &str = "paths";

/// Runs the benchmark that is named first, or all of them. Options are for the comparison of the call paths, unless the
/// small parts or `check` are named.
pub(crate) fn bench(arguments: &[&str]) -> Done {
    let (named, options) = match arguments {
        [name, options @ ..] if !name.starts_with('-') => (Some(*name), options),
        options => (None, options),
    };
    let known = |name: &str| [PARTS, CHECK, KEYSTROKE, PATHS].contains(&name) || EXECUTABLES.contains(&name);
    if let Some(unknown) = named.filter(|name| !known(name)) {
        return Err(format!("no such benchmark: {unknown}"));
    }
    setup::for_rust()?;
    build_torvync()?;
    for name in EXECUTABLES {
        if named.is_none_or(|named| named == name) {
            executable(name)?;
        }
    }
    match named {
        Some(PARTS) => parts(options),
        Some(CHECK) => check(options),
        Some(KEYSTROKE) => keystroke(),
        Some(PATHS) => paths(options),
        Some(_) => Ok(()),
        None => {
            parts(&[])?;
            check(&[])?;
            keystroke()?;
            paths(options)
        }
    }
}

/// These measure executables that `torvync` makes, so the profile they are compiled with does not matter: with that of
/// the tests nothing is compiled again.
fn executable(name: &str) -> Done {
    run(cargo().args(["bench", "--locked", "--workspace", "--profile", "dev", "--bench", name]))
}

/// The runtime as it is shipped. Criterion knows the options.
fn parts(options: &[&str]) -> Done {
    let mut command = cargo();
    command.args(["bench", "--locked", "--package", "torvync-tests"]);
    command.args(["--bench", PARTS, "--"]);
    run(command.args(options))
}

/// The front half, and the compiler as it is shipped. Criterion knows the options.
fn check(options: &[&str]) -> Done {
    run(cargo().args(["build", "--locked", "--release", "--package", "torvync"]))?;
    let mut command = cargo();
    command.args([
        "bench",
        "--locked",
        "--package",
        "torvync-tests",
        "--bench",
        CHECK,
        "--",
    ]);
    command.env("TORVYNC", target_dir().join("release/torvync"));
    run(command.args(options))
}

/// The language server, compiled as the small parts are.
fn keystroke() -> Done {
    run(cargo().args(["bench", "--locked", "--package", "torvync-tests", "--bench", KEYSTROKE]))
}

/// The harness includes what `torvync` makes of the example's flows, with the components as they are shipped.
fn paths(options: &[&str]) -> Done {
    let example = root().join("examples/benchmark-comparison");
    let mut build = Command::new(torvync());
    build.args(["build", "--release", "--quiet", "--manifest"]);
    build.arg(example.join("Torvyn.toml"));
    run(build.env("TORVYN_HOME", torvyn_home()))?;
    let mut harness = cargo();
    harness.args(["run", "--locked", "--release", "--manifest-path"]);
    harness.arg(example.join("bench/Cargo.toml"));
    harness
        .arg("--target-dir")
        .arg(target_dir().join("benchmark-comparison"));
    run(harness.arg("--").args(options))
}
