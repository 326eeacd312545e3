//! How a flow is ended from outside: it drains, and `complete` and `teardown` are called.

use std::io::{BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab::{LAB, run, start};
use crate::torvync::{executable, workshop};

#[test]
fn a_limit_stops_the_source_and_drains() {
    let finished = run(&["--flow", "endless", "--limit", "4"]).expect_code(0);
    let expected = "push 0 text/plain 0\npush 1 text/plain 1\npush 2 text/plain 2\npush 3 text/plain 3\n\
                    complete after 4\nteardown after 4\n";
    assert_eq!(finished.stdout, expected);
}

#[test]
fn a_timeout_drains() {
    let finished = run(&["--flow", "endless", "--timeout", "200ms"]).expect_code(0);
    let pushed = drained(&finished.stdout);
    assert!(pushed > 0, "{finished}");
}

#[test]
fn sigint_drains_and_exits_with_130() {
    let running = start(&["--flow", "endless"]);
    running.wait_for("push 3 ");
    running.signal("INT");
    let finished = running.finish_with_open_stdin().expect_code(130);
    assert!(drained(&finished.stdout) > 3, "{finished}");
}

#[test]
fn sigterm_drains_and_exits_with_0() {
    let running = start(&["--flow", "endless"]);
    running.wait_for("push 3 ");
    running.signal("TERM");
    let finished = running.finish_with_open_stdin().expect_code(0);
    assert!(drained(&finished.stdout) > 3, "{finished}");
}

#[test]
fn a_signal_reaches_a_source_that_waits_for_input() {
    let mut running = start(&["--flow", "lines"]);
    running.write("one\ntwo\n");
    running.wait_for("push 1 ");
    running.signal("INT");
    let finished = running.finish_with_open_stdin().expect_code(130);
    assert!(
        finished.stdout.ends_with("two\ncomplete after 2\nteardown after 2\n"),
        "{finished}"
    );
}

#[test]
fn a_second_signal_cancels_a_call_that_does_not_end() {
    let configs = ["middle.fault=loop", "middle.in=process", "middle.element=1"];
    let arguments: Vec<&str> = ["--flow", "stuck"]
        .into_iter()
        .chain(configs.iter().flat_map(|c| ["--config", c]))
        .collect();
    let running = start(&arguments);
    running.wait_for("push 0 ");
    let since = Instant::now();
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(100));
    running.signal("INT");
    let finished = running.finish_with_open_stdin().expect_code(130);
    assert!(since.elapsed() < Duration::from_secs(20), "{finished}");
}

/// A write to a pipe that nobody reads: neither does it end, nor can an epoch interrupt it.
#[test]
fn a_call_that_resists_its_interruption_is_abandoned() {
    let mut command = executable(
        &LAB.built().executable,
        &workshop("lab"),
        &["--flow", "endless", "--output", "-"],
    );
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the executable starts");
    // A pipe holds 64 KiB: far less than the generator makes in this time.
    std::thread::sleep(Duration::from_millis(500));
    let since = Instant::now();
    for _ in 0..2 {
        let sent = Command::new("kill")
            .args(["-s", "INT", &child.id().to_string()])
            .status();
        assert!(sent.is_ok_and(|status| status.success()));
        std::thread::sleep(Duration::from_millis(100));
    }
    let status = child.wait().expect("the process can be waited for");
    let mut told = String::new();
    let stderr = child.stderr.take().expect("standard error is piped");
    BufReader::new(stderr).read_to_string(&mut told).expect("text");
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(
        told.contains("error[E0402]: cancelled; a stage waits in the host"),
        "{told}"
    );
    assert!(since.elapsed() < Duration::from_secs(20), "{told}");
}

/// How many elements were delivered: each once and in order, then `complete`, then `teardown`.
#[track_caller]
fn drained(stdout: &str) -> usize {
    let count = stdout.lines().filter(|line| line.starts_with("push")).count();
    let pushes: String = (0..count).map(|n| format!("push {n} text/plain {n}\n")).collect();
    assert_eq!(
        stdout,
        format!("{pushes}complete after {count}\nteardown after {count}\n")
    );
    count
}
