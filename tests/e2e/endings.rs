//! Stopping a flow from outside: it drains, and `complete` and `teardown` are called.

use std::io::{BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::lab::{Built, LAB, run, simulate};
use crate::torvync::{executable, workshop};

#[test]
fn a_limit_stops_the_source_and_drains() {
    let finished = run(&["--flow", "endless", "--limit", "4"]).expect_code(0);
    let expected = "push 0 text/plain 0\npush 1 text/plain 1\npush 2 text/plain 2\npush 3 text/plain 3\n\
                    complete after 4\nteardown after 4\n";
    assert_eq!(finished.stdout, expected);
}

/// Elements may pass stages in batches. A limit or an end in the middle of a batch is respected.
#[test]
fn a_limit_may_end_anywhere() {
    for (limit, elements) in [(1, 1), (31, 31), (32, 32), (33, 33), (45, 45), (64, 64), (100, 70)] {
        let limit = format!("--limit={limit}");
        let told = simulate("broken-processor", &["source.count=70", &limit], 0);
        let account = format!("in {elements}, out {elements}");
        assert_eq!(told.report.node("middle"), account, "{}", told.report);
        assert_eq!(told.report.number("elements"), elements, "{}", told.report);
        let pushes: String = (0..elements).map(|n| format!("push {n} text/plain {n}\n")).collect();
        let expected = format!("{pushes}complete after {elements}\nteardown after {elements}\n");
        assert_eq!(told.stdout, expected);
    }
}

#[test]
fn a_failure_may_come_anywhere() {
    for element in [0, 1, 31, 32, 33, 45] {
        let (at, limit) = (format!("middle.element={element}"), "--limit=50");
        for fault in ["middle.fault=trap", "middle.fault=internal"] {
            let told = simulate(
                "broken-processor",
                &["source.count=70", fault, "middle.in=process", &at, limit],
                1,
            );
            let account = match element {
                0 => "in 1, errors 1, failed 1".to_owned(),
                out => format!("in {}, out {out}, errors 1, failed 1", out + 1),
            };
            assert_eq!(told.report.node("middle"), account, "{}", told.report);
            assert_eq!(told.report.node("source"), format!("out {}", element + 1));
        }
    }
}

#[test]
fn a_timeout_drains() {
    for built in LAB.paths() {
        let finished = built.run_in(&workshop("lab"), &["--flow", "endless", "--timeout", "200ms"]);
        let finished = finished.expect_code(0);
        let pushed = drained(&finished.stdout);
        assert!(pushed > 0, "{finished}");
    }
}

#[test]
fn sigint_drains_and_exits_with_130() {
    ends_after("INT", 130);
}

#[test]
fn sigterm_drains_and_exits_with_0() {
    ends_after("TERM", 0);
}

fn ends_after(signal: &str, code: i32) {
    for built in LAB.paths() {
        let running = built.start(&["--flow", "endless"]);
        running.wait_for("push 3 ");
        running.signal(signal);
        let finished = running.finish_with_open_stdin().expect_code(code);
        assert!(drained(&finished.stdout) > 3, "{finished}");
    }
}

#[test]
fn a_signal_reaches_a_source_that_waits_for_input() {
    let mut running = LAB.built().start(&["--flow", "lines"]);
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
    for built in LAB.paths() {
        is_cancelled(built);
    }
}

fn is_cancelled(built: &Built) {
    let configs = ["middle.fault=loop", "middle.in=process", "middle.element=1"];
    let arguments: Vec<&str> = ["--flow", "stuck"]
        .into_iter()
        .chain(configs.iter().flat_map(|c| ["--config", c]))
        .collect();
    let running = built.start(&arguments);
    running.wait_for("push 0 ");
    running.insist("INT").expect_code(130);
}

/// A component's write to a pipe that is not read: the call does not return, and it touches no memory meanwhile.
#[test]
fn a_call_that_resists_its_interruption_is_abandoned() {
    let arguments = ["--flow", "printing", "--config", "source.count=1000000"];
    let mut command = executable(&LAB.built().executable, &workshop("lab"), &arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the executable starts");
    let stderr = child.stderr.take().expect("standard error is piped");
    let told = std::thread::spawn(move || {
        let mut told = String::new();
        BufReader::new(stderr).read_to_string(&mut told).map(|_| told)
    });
    // A pipe holds 64 KiB: far less than the component prints in this time.
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
    let told = told.join().expect("the reader ends").expect("text");
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(
        told.contains("error[E0402]: cancelled; a stage that waits in the host"),
        "{told}"
    );
    assert!(since.elapsed() < Duration::from_secs(60), "{told}");
}

/// The number of elements delivered: each once and in order, then `complete`, then `teardown`.
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
