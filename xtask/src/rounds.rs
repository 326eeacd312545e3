//! Repeated endings of flows: full disks, readers that close, signals at random times, slow input.

use crate::setup;
use crate::shell::{Done, cargo, run};

/// Default number of rounds of each kind.
const COUNT: &str = "200";

/// Runs the rounds: `--count N` of each kind.
pub(crate) fn rounds(options: &[&str]) -> Done {
    let count = match options {
        [] => COUNT,
        ["--count", count] if count.parse::<u64>().is_ok() => count,
        _ => return Err("usage: cargo xtask rounds [--count N]".to_owned()),
    };
    setup::for_rust()?;
    let mut command = cargo();
    command.args([
        "test",
        "--locked",
        "--workspace",
        "--test",
        "e2e",
        "--",
        "--nocapture",
        "rounds::",
    ]);
    run(command.env("TORVYNC_ROUNDS", count))
}
