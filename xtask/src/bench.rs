//! The benchmarks: of executables as shipped, of small parts, of the call paths, and of real work.

use std::process::Command;

use crate::setup;
use crate::shell::{Done, build_torvync, cargo, harness_target, root, run, target_dir, torvyn_home, torvync};

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

/// Flows that do real work, on each call path and without sandboxes.
const REAL: &str = "real";

/// Runs the benchmark named first, or all of them. Options are for the one that is named; without a name, for the
/// comparison of the call paths.
pub(crate) fn bench(arguments: &[&str]) -> Done {
    let (named, options) = match arguments {
        [name, options @ ..] if !name.starts_with('-') => (Some(*name), options),
        options => (None, options),
    };
    let known = |name: &str| [PARTS, CHECK, KEYSTROKE, PATHS, REAL].contains(&name) || EXECUTABLES.contains(&name);
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
        Some(REAL) => real(options),
        Some(_) => Ok(()),
        None => {
            parts(&[])?;
            check(&[])?;
            keystroke()?;
            real(&[])?;
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
    harness.arg("--target-dir").arg(harness_target());
    run(harness.arg("--").args(options))
}

/// Measures executables of the flows that do real work, and the programs that do the same without sandboxes, which are
/// compiled in a profile of their own.
fn real(options: &[&str]) -> Done {
    let harness = root().join("examples/benchmark-real/bench/Cargo.toml");
    let with_harness = |verb: &str| {
        let mut command = cargo();
        command.args([verb, "--locked", "--manifest-path"]).arg(&harness);
        command.arg("--target-dir").arg(harness_target());
        command
    };
    run(with_harness("build").args(["--profile", "native", "--package", "benchmark-real-native"]))?;
    run(with_harness("build").args(["--release", "--package", "benchmark-real-typed"]))?;
    let mut measure = with_harness("run");
    measure.args(["--release", "--package", "benchmark-real", "--"]);
    measure.arg("--torvync").arg(torvync("dev"));
    measure.arg("--native").arg(harness_target().join("native"));
    measure.arg("--work").arg(target_dir().join("benchmark-real"));
    run(measure.args(options))
}
