//! The tests of unsafe code under AddressSanitizer. Its runtime comes with the toolchain; the option that enables it is
//! still unstable, so the compiler is made to accept it.
//!
//! ThreadSanitizer would need a standard library compiled for it: without that it cannot see the library's atomics, and
//! reports every lock as a race. Concurrent code runs under loom instead (`tests/loom`).

use crate::shell::{Done, cargo, run, target_dir};

/// Target triple. With an explicit target, the flags do not apply to build scripts and macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";
const FLAGS: &str = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS";

/// The tests: of the runtime, of the compiler, and of both against each other with hostile guests.
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
            // Only for this workspace, not for the guests that tests build. The precompiled standard library is not
            // instrumented.
            .env(FLAGS, "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer")
            // Tests leak the embedded data of programs.
            .env("ASAN_OPTIONS", "detect_leaks=0");
        run(&mut command)?;
    }
    Ok(())
}
