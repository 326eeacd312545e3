//! The tests of what is unsafe or concurrent, under a sanitizer. Its runtime comes with the toolchain; the option that
//! asks for it is not stable yet, so the compiler is told to take it.

use crate::shell::{Done, cargo, run, target_dir};

/// For the flags to leave out build scripts and macros, which would otherwise be watched too.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What is tested: the runtime, the compiler, and both of them against each other with hostile guests.
const TESTS: [&[&str]; 3] = [
    &["--package", "torvyn-runtime-core", "--features", "runtime", "--lib"],
    &["--package", "torvync-compiler", "--lib"],
    &["--package", "torvync-tests", "--test", "fuzz"],
];

/// Runs the tests under `address` or `thread`.
pub(crate) fn sanitize(sanitizer: &str) -> Done {
    if !["address", "thread"].contains(&sanitizer) {
        return Err(format!("no such sanitizer: `{sanitizer}`; there are `address` and `thread`"));
    }
    // The standard library as it comes is not watched.
    let flags = format!("-Zsanitizer={sanitizer} -Cunsafe-allow-abi-mismatch=sanitizer");
    for test in TESTS {
        let mut command = cargo();
        command.args(["test", "--locked", "--target", TARGET]).args(test);
        command
            .arg("--target-dir")
            .arg(target_dir().join(format!("sanitize-{sanitizer}")))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", &flags);
        run(&mut command)?;
    }
    Ok(())
}
