//! Ends of flows, many times over: full disks, readers that go away, signals at random times, slow input.

use crate::setup;
use crate::shell::{Done, cargo, run};

/// How many rounds of each kind there are, unless the caller says otherwise.
const COUNT: &str = "200";

/// Runs the rounds. `--count N`: so many of each kind.
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
