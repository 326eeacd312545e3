//! Signals while streams are full: emitted elements are delivered or reported, whenever the signal arrives.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::lab::{Built, POLICIES};
use crate::paths::PATHS;
use crate::report::Reported;

const RUNS: usize = 200;
const THREADS: usize = 4;
const SEED: u64 = 2_026;

/// Flows that are too slow for their source: a sink that pauses, a sink that computes, and a sink that pauses with a
/// source that has an element under way on a thread of its own.
const FLOWS: [(&str, &[&str]); 3] = [
    ("draining", &[]),
    ("draining", &["sink.pause=false", "sink.work_ms=1"]),
    ("draining-apart", &[]),
];

#[test]
fn sigterm_at_any_time_loses_nothing() {
    let built = POLICIES.paths();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let run = next.fetch_add(1, Ordering::Relaxed)
                    && run < RUNS
                {
                    terminate(built[run % built.len()], run);
                }
            });
        }
    });
}

/// Stops a run at its own moment, and accounts for every element.
fn terminate(built: &Built, run: usize) {
    let (flow, settings) = FLOWS[run / PATHS.len() % FLOWS.len()];
    let delay = fastrand::Rng::with_seed(SEED + run as u64).u64(0..30_000);
    let running = built.start_flow(flow, settings);
    running.wait_for("push 0 ");
    std::thread::sleep(Duration::from_micros(delay));
    running.signal("TERM");
    let told = Reported::of(running.finish_with_open_stdin().expect_code(0));

    let report = &told.report;
    let emitted = report.count("source", "out");
    let delivered: String = (0..emitted).map(|n| format!("push {n} {n}\n")).collect();
    let expected = format!("{delivered}complete after {emitted}\n");
    assert_eq!(told.stdout, expected, "run {run}, {delay} µs: {report}");
    assert_eq!(report.text("state"), "interrupted", "run {run}, {delay} µs");
    assert_eq!(report.number("delivered"), emitted, "run {run}, {delay} µs");
    assert_eq!(report.number("undelivered"), 0, "run {run}, {delay} µs");
    let discarded =
        [("source", "middle"), ("middle", "sink")].map(|(from, to)| report.stream(from, to).count("discarded"));
    assert_eq!(discarded, [0; 2], "run {run}, {delay} µs: {report}");
}

#[test]
fn sigint_drains_full_streams() {
    for built in POLICIES.paths() {
        sigint_drains(built);
    }
}

fn sigint_drains(built: &Built) {
    let running = built.start_flow("draining", &[]);
    running.wait_for("push 5 ");
    running.signal("INT");
    let told = Reported::of(running.finish_with_open_stdin().expect_code(130));
    assert_eq!(told.report.text("state"), "interrupted");
    let emitted = told.report.count("source", "out");
    assert_eq!(told.report.count("sink", "delivered"), emitted);
    assert!(
        told.stdout.ends_with(&format!("complete after {emitted}\n")),
        "{}",
        told.stdout
    );
    let depths =
        [("source", "middle"), ("middle", "sink")].map(|(from, to)| told.report.stream(from, to).count("peak_depth"));
    assert_eq!(depths, [4, 4], "the streams were full");
}

#[test]
fn a_second_signal_ends_at_once_and_reports_what_is_left() {
    for (signal, code) in [("INT", 130), ("TERM", 1)] {
        // The stream holds enough elements for a minute.
        let running = POLICIES.built().start_flow("held-for-long", &[]);
        running.wait_for("notified: pause");
        let told = Reported::of(running.insist(signal).expect_code(code));
        let report = &told.report;
        assert_eq!(report.text("state"), "cancelled", "{report}");
        let stream = report.stream("source", "sink");
        let discarded = stream.count("discarded");
        assert!(discarded > 0, "{report}");
        assert_eq!(report.number("undelivered"), discarded);
        assert_eq!(report.count("source", "out"), report.number("delivered") + discarded);
        assert!(
            !told.stdout.contains("complete"),
            "nothing is called any more: {}",
            told.stdout
        );
    }
}

#[test]
fn a_second_signal_ends_a_wait_for_the_next_attempt() {
    // Its elements take minutes.
    let running = POLICIES
        .built()
        .start_flow("patient", &["middle.how=unavailable", "middle.elements=[1]"]);
    running.wait_for("k 0 ");
    let told = Reported::of(running.insist("TERM").expect_code(1));
    assert_eq!(told.report.text("state"), "cancelled");
    let account = "in 2, out 1, errors 1, retries 1, failed 1";
    assert_eq!(told.report.node("middle"), account, "{}", told.report);
}
