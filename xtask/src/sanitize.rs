//! The tests of what is unsafe under AddressSanitizer. Its runtime comes with the toolchain; the option that asks for it is
//! not stable yet, so the compiler is told to take it.
//!
//! ThreadSanitizer would have to see the standard library's atomics, which come compiled: it takes every lock for a race.
//! What is concurrent runs under loom instead (`tests/loom`).

use crate::shell::{Done, cargo, run, target_dir};

/// For the flags to leave out build scripts and macros, which would otherwise be watched too.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const FLAGS: &str = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS";

/// What is tested: the runtime, the compiler, and both of them against each other with hostile guests.
const TESTS: [&[&str]; 3] = [
    &["--package", "torvyn-runtime-core", "--features", "runtime", "--lib"],
    &["--package", "torvync-compiler", "--lib"],
    &["--package", "torvync-tests", "--test", "fuzz"],
];

/// Runs the tests.
pub(crate) fn sanitize() -> Done {
    for test in TESTS {
        let mut command = cargo();
        command.args(["test", "--locked", "--target", TARGET]).args(test);
        command
            .arg("--target-dir")
            .arg(target_dir().join("sanitize-address"))
            .env("RUSTC_BOOTSTRAP", "1")
            // Not for the guests that tests build. The standard library as it comes is not watched.
            .env(FLAGS, "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer")
            // Tests leak what a program has embedded.
            .env("ASAN_OPTIONS", "detect_leaks=0");
        run(&mut command)?;
    }
    Ok(())
}
