//! Stopping: the effect of `--timeout`, a deadline and signals on calls that do not return. No limit of a call is
//! reached here: the flows allow ten minutes for each.

use std::time::Duration;

use crate::lab::{Built, STOPPING};
use crate::report::Reported;

/// Settings of a flow whose node fails in a call, at its second element.
fn fault(node: &str, fault: &str, call: &str) -> [String; 3] {
    [
        format!("{node}.fault={fault}"),
        format!("{node}.in={call}"),
        format!("{node}.element=1"),
    ]
}

/// Runs a flow with a fault on a call path.
#[track_caller]
fn run(built: &Built, flow: &str, settings: &[String], options: &[&str], code: i32) -> Reported {
    let settings = settings.iter().map(String::as_str).chain(options.iter().copied());
    built.report(flow, &settings.collect::<Vec<_>>(), code)
}

/// A processor that never finishes the second element, on each call path.
const BUSY: [&str; 2] = ["middle.how=loop", "middle.elements=[1]"];

/// The output of a sink that got one element.
const ONE: &str = "push 0 text/plain 0\ncomplete after 1\nteardown after 1\n";

#[test]
fn a_call_that_goes_on_when_the_time_is_up_is_lost_and_told() {
    for built in STOPPING.paths() {
        let told = built.report("busy", &[BUSY[0], BUSY[1], "--timeout=300ms"], 1);
        time_is_up_in_process(&told);
    }
    let settings = fault("middle", "sleep", "process");
    let told = run(STOPPING.built(), "asleep", &settings, &["--timeout=300ms"], 1);
    time_is_up_in_process(&told);
}

fn time_is_up_in_process(told: &Reported) {
    let failure =
        "E0400: the `--timeout` of 300 ms had passed, and node `middle` was stopped in `process` of element 1: ";
    assert!(told.report.failure().starts_with(failure), "{}", told.report);
    assert_eq!(told.report.text("state"), "timed-out");
    assert_eq!(
        told.report.node("middle"),
        "in 2, out 1, errors 1, failed 1",
        "{}",
        told.report
    );
    assert_eq!(told.report.number("delivered"), 1);
    assert_eq!(told.stdout, ONE);
}

#[test]
fn a_source_that_goes_on_when_the_time_is_up_loses_nothing() {
    for built in STOPPING.paths() {
        let settings = fault("source", "loop", "pull");
        let told = run(built, "busy-source", &settings, &["--timeout=300ms"], 0);
        assert_eq!(told.report.text("state"), "timed-out", "{}", told.report);
        assert_eq!(told.report.codes(), [""; 0], "{}", told.report);
        assert_eq!(told.report.node("source"), "out 1, errors 1", "{}", told.report);
        assert_eq!(told.report.number("undelivered"), 0);
        assert_eq!(told.stdout, ONE);
    }
    let told = STOPPING.built().report("asleep-source", &["--timeout=300ms"], 0);
    assert_eq!(told.report.text("state"), "timed-out", "{}", told.report);
    assert_eq!(told.stdout, "k complete\n");
}

#[test]
fn whatever_is_called_when_the_time_is_up_is_stopped() {
    for (flow, node, call) in [
        ("busy-sink", "sink", "init"),
        ("busy-sink", "sink", "complete"),
        ("busy-flush", "middle", "flush"),
    ] {
        for built in STOPPING.paths() {
            let settings = [&fault(node, "loop", call)[..2], &[format!("{node}.element=0")]].concat();
            let told = run(built, flow, &settings, &["--timeout=300ms"], 1);
            let failure =
                format!("E0400: the `--timeout` of 300 ms had passed, and node `{node}` was stopped in `{call}`: ");
            assert!(told.report.failure().starts_with(&failure), "{call}: {}", told.report);
            assert_eq!(told.report.text("state"), "timed-out");
        }
    }
}

#[test]
fn at_its_deadline_a_flow_ends_in_the_middle_of_a_call() {
    for built in STOPPING.paths() {
        let told = built.report("late", &BUSY, 1);
        let failure = "E0400: the flow ran longer than its deadline of 300 ms: node `middle` was stopped in `process` of \
                       element 1";
        assert_eq!(told.report.failure(), failure);
        assert_eq!(told.report.text("state"), "failed");
        assert_eq!(
            told.report.node("middle"),
            "in 2, out 1, errors 1, failed 1",
            "{}",
            told.report
        );
        assert_eq!(told.stdout, ONE, "what was delivered is complete");
    }
}

#[test]
fn at_its_deadline_a_flow_handles_no_further_element() {
    for built in STOPPING.paths() {
        let told = built.report("late-and-slow", &[], 1);
        let failure = told.report.failure();
        assert!(
            failure.starts_with("E0400: the flow ran longer than its deadline of 300 ms"),
            "{failure}"
        );
        // There is time for eight. A check only between batches would allow many more.
        assert!(told.report.number("delivered") < 120, "{}", told.report);
        let lost = told.report.number("undelivered");
        assert_eq!(
            told.report.count("source", "out"),
            told.report.number("delivered") + lost
        );
    }
}

#[test]
fn a_deadline_reaches_a_flow_that_waits() {
    for (flow, settings, stdout) in [
        ("late-and-asleep", vec![], "k complete\n"),
        ("late-and-paused", vec![], "push 0 0\ncomplete after 1\n"),
    ] {
        let told = STOPPING.built().report(flow, &settings, 1);
        let failure = "E0400: the flow ran longer than its deadline of 300 ms";
        assert_eq!(told.report.failure(), failure);
        assert_eq!(told.stdout, stdout);
    }
}

#[test]
fn sigterm_stops_a_source_between_two_elements() {
    for built in STOPPING.paths() {
        let running = built.start_flow("slow", &[]);
        running.wait_for("push 1 ");
        running.signal("TERM");
        let told = Reported::of(running.finish_with_open_stdin().expect_code(0));
        let emitted = told.report.count("source", "out");
        // A batch has 256.
        assert!(emitted < 128, "{}", told.report);
        assert_eq!(told.report.number("delivered"), emitted);
        assert_eq!(told.report.text("state"), "interrupted");
    }
}

#[test]
fn a_second_signal_interrupts_a_call_and_leaves_its_account() {
    for built in STOPPING.paths() {
        is_cancelled(built, "busy", &BUSY);
    }
    let settings = fault("middle", "sleep", "process");
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    is_cancelled(STOPPING.built(), "asleep", &settings);
}

fn is_cancelled(built: &Built, flow: &str, settings: &[&str]) {
    // A signal that arrives before the call drains the flow: the next run gets more time.
    let mut runs = (0..10).map(|run| {
        let running = built.start_flow(flow, settings);
        running.wait_for("push 0 ");
        std::thread::sleep(Duration::from_millis(20 << run));
        Reported::of(running.insist("INT").expect_code(130))
    });
    let told = runs.find(|told| told.report.text("state") == "cancelled");
    let told = told.expect("a call goes on when the signals come");
    let failure = "E0402: node `middle` was cancelled in `process` of element 1";
    assert_eq!(told.report.failure(), failure);
    assert_eq!(
        told.report.node("middle"),
        "in 2, out 1, errors 1, failed 1",
        "{}",
        told.report
    );
}

#[test]
fn a_second_signal_reaches_a_source_that_waits() {
    let running = STOPPING.built().start_flow("asleep-beside", &[]);
    running.wait_for("k 0 ");
    let told = Reported::of(running.insist("INT").expect_code(130));
    assert_eq!(told.report.text("state"), "cancelled");
}
