//! The benchmarks: of executables as shipped, of small parts, and of the call paths.

use std::process::Command;

use crate::setup;
use crate::shell::{Done, build_torvync, cargo, root, run, target_dir, torvyn_home, torvync};

/// Benchmarks of whole executables, in `tests/benches/`.
const EXECUTABLES: [&str; 3] = ["startup", "interrupt", "replicas"];

/// Benchmark of the runtime's small parts, also in `tests/benches/`.
const PARTS: &str = "parts";

/// Benchmark of `torvync check` on large projects, in the same folder.
const CHECK: &str = "check";

/// Benchmark of the time from a keystroke to an editor's diagnostics, in the same folder.
const KEYSTROKE: &str = "keystroke";

/// Comparison of the call paths.
const PATHS: &str = "paths";

/// Runs the benchmark named first, or all of them. Options are for the comparison of the call paths, unless the small
/// parts or `check` are named.
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
    build_torvync("dev")?;
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

/// Measures executables made by `torvync`. The benchmark's own profile does not matter, so it is that of the tests, and
/// nothing is recompiled.
fn executable(name: &str) -> Done {
    run(cargo().args(["bench", "--locked", "--workspace", "--profile", "dev", "--bench", name]))
}

/// Measures the runtime as shipped. The options are Criterion's.
fn parts(options: &[&str]) -> Done {
    let mut command = cargo();
    command.args(["bench", "--locked", "--package", "torvync-tests"]);
    command.args(["--bench", PARTS, "--"]);
    run(command.args(options))
}

/// Measures the front half, and the compiler as shipped. The options are Criterion's.
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

/// Measures the language server, compiled like the small parts.
fn keystroke() -> Done {
    run(cargo().args(["bench", "--locked", "--package", "torvync-tests", "--bench", KEYSTROKE]))
}

/// Measures the flows of the example on each call path. The harness includes the crate that `torvync` makes of them,
/// with the components as shipped.
fn paths(options: &[&str]) -> Done {
    let example = root().join("examples/benchmark-comparison");
    let mut build = Command::new(torvync("dev"));
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
