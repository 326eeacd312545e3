//! Everything that must pass before a change is accepted.

use std::path::Path;
use std::process::Command;

use crate::setup::setup;
use crate::shell::{Done, Phases, answers, build_torvync, cargo, harness_target, root, run, run_keeping, target_dir};

/// Runs set-up, formatting, clippy, guests and every test. `filters` go to `cargo test`.
pub(crate) fn test(filters: &[&str]) -> Done {
    let mut phases = Phases::new();
    phases.run("set up the machine", setup)?;
    phases.run("formatting and lints", lints)?;
    phases.run("build the compiler and its tests", || {
        run(&mut test_command(&["--no-run"]))
    })?;
    phases.run("build the test guests", guests)?;
    phases.run("test the harnesses of the benchmarks", harnesses)?;
    let (results, done) = phases.run("tests", || Ok(tests(filters)))?;
    phases.summary();
    totals(&results);
    done
}

/// Rewrites expected outputs.
pub(crate) fn bless() -> Done {
    setup()?;
    build_torvync("dev")?;
    guests()?;
    run(cargo()
        .args(["test", "--package", "torvync-tests", "--package", "torvyn"])
        .env("TORVYNC_BLESS", "1")
        .env("TRYBUILD", "overwrite"))
}

/// Checks formatting and lints, where the tools are installed: rustup's minimal profile has neither, and the tests can
/// run without them.
fn lints() -> Done {
    if answers("rustfmt", &["--version"]) {
        run(cargo().args(["fmt", "--all", "--check"]))?;
    } else {
        println!("rustfmt is not installed: formatting is not checked");
    }
    if answers("cargo-clippy", &["--version"]) {
        run(cargo().args([
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    } else {
        println!("clippy is not installed: lints are not checked");
        Ok(())
    }
}

fn guests() -> Done {
    let manifest = root().join("tests/guests/Cargo.toml");
    let mut command = cargo();
    command
        .args([
            "build",
            "--locked",
            "--release",
            "--target",
            "wasm32-wasip2",
            "--manifest-path",
        ])
        .arg(manifest);
    run(command.arg("--target-dir").arg(guest_target()))
}

fn guest_target() -> impl AsRef<Path> + AsRef<std::ffi::OsStr> {
    target_dir().join("test-guests")
}

/// Harnesses of benchmarks, each a workspace, with the packages that need no wasmtime: compiling that a second time
/// takes minutes, and is left to `bench`.
const HARNESSES: [(&str, &[&str]); 2] = [
    ("benchmark-comparison", &["bench-common"]),
    ("benchmark-real", &["benchmark-real", "benchmark-real-native"]),
];

fn harnesses() -> Done {
    for (example, packages) in HARNESSES {
        let manifest = root().join("examples").join(example).join("bench/Cargo.toml");
        let mut command = cargo();
        command
            .args(["test", "--locked", "--quiet", "--manifest-path"])
            .arg(manifest);
        command.args(packages.iter().flat_map(|package| ["--package", package]));
        run(command.arg("--target-dir").arg(harness_target()))?;
    }
    Ok(())
}

fn tests(filters: &[&str]) -> (Vec<String>, Done) {
    let mut command = test_command(&["--no-fail-fast"]);
    run_keeping(command.args(filters), |line| line.starts_with("test result: "))
}

/// A `cargo test` command for the whole workspace, so that nothing is compiled twice with different features; it also
/// builds `torvync`.
fn test_command(options: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--workspace"]).args(options);
    command
}

/// Prints the sums of the closing lines of all test binaries.
fn totals(results: &[String]) {
    let count = |word: &str| -> u64 { results.iter().filter_map(|line| counted(line, word)).sum() };
    println!(
        "\n── Tests\n{:>8}  passed\n{:>8}  failed\n{:>8}  ignored",
        count("passed"),
        count("failed"),
        count("ignored")
    );
    println!("{:>8}  test binaries", results.len());
}

/// The `12` of `test result: ok. 12 passed; 0 failed; …`.
fn counted(line: &str, word: &str) -> Option<u64> {
    let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|found| *found == word)?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn counts_are_read_from_a_closing_line() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.1s";
        assert_eq!(counted(line, "passed"), Some(12));
        assert_eq!(counted(line, "failed"), Some(3));
        assert_eq!(counted(line, "ignored"), Some(0));
        assert_eq!(counted(line, "absent"), None);
    }
}
