//! Sources that wait for input have threads of their own; the other sources of their flow continue meanwhile.

use crate::lab::POLICIES;
use crate::report::Reported;

/// The reason why a stage has a thread of its own, from the build's report.
fn own_thread<'a>(flow: &'a str, node: &str) -> Option<&'a str> {
    let stages = POLICIES.built().flow(flow)["stages"]
        .as_array()
        .expect("a list of stages");
    let stage = stages.iter().find(|stage| stage["node"] == node).expect("the node");
    stage["own_thread"].as_str()
}

#[test]
fn the_build_says_which_sources_wait() {
    let reason = own_thread("beside", "slow").expect("it sleeps");
    assert!(reason.contains("imports wasi:io/poll"), "{reason}");
    let reason = own_thread("pipe", "lines").expect("it reads");
    assert!(reason.contains("may block on its input"), "{reason}");
    assert_eq!(own_thread("beside", "fast"), None);
    assert_eq!(own_thread("beside", "sink"), None);
    assert_eq!(own_thread("pipe", "numbers"), None);
}

#[test]
fn a_source_that_waits_does_not_hold_up_one_that_does_not() {
    let told = POLICIES.built().report("beside", &[], 0);
    // Payloads of the fast source have six digits.
    let payloads: Vec<&str> = told.stdout.lines().filter_map(|line| line.split(' ').nth(3)).collect();
    let (fast, slow): (Vec<&str>, Vec<&str>) = payloads.iter().partition(|payload| payload.len() == 6);
    assert_eq!(fast, (0..2000).map(|n| format!("{n:06}")).collect::<Vec<_>>());
    assert_eq!(slow, (0..4).map(|n| n.to_string()).collect::<Vec<_>>());
    // The slow one takes 4 s, the fast one a moment. If they took turns, all slow elements would come before the last
    // fast one.
    let last = payloads.iter().rposition(|payload| payload.len() == 6);
    let before = payloads
        .iter()
        .take(last.expect("there are fast ones"))
        .filter(|payload| payload.len() < 6);
    let before = before.count();
    assert!(before <= 3, "{before} of 4 slow elements came before the last fast one");
}

#[test]
fn a_silent_pipe_does_not_hold_up_a_generator() {
    let mut running = POLICIES.built().start_flow("pipe", &[]);
    running.wait_for("number (500)\n");
    running.write("at last\n");
    running.wait_for(" at last\n");
    running.write("and the end");
    let told = Reported::of(running.finish().expect_code(0));
    assert_eq!(told.report.node("lines"), "out 2");
    assert_eq!(told.report.node("numbers"), "out 500");
    assert_eq!(told.report.number("delivered"), 502);
    let ending = "k 500 text/plain at last\nk 501 text/plain and the end\nk complete\n";
    assert!(told.stdout.ends_with(ending), "{}", told.stdout);
}

#[test]
fn a_limit_counts_what_is_under_way() {
    let told = POLICIES.built().report("draining-apart", &["--limit=7"], 0);
    let pushed: String = (0..7).map(|n| format!("push {n} {n}\n")).collect();
    assert_eq!(told.stdout, pushed + "complete after 7\n");
    assert_eq!(told.report.node("source"), "out 7");
}

#[test]
fn a_timeout_reaches_a_flow_whose_only_source_waits() {
    let told = POLICIES
        .built()
        .report("draining-apart", &["source.ms=60", "--timeout=2s"], 0);
    assert_eq!(told.report.text("state"), "timed-out");
    let emitted = told.report.count("source", "out");
    assert!((1..=34).contains(&emitted), "{emitted} elements");
    assert_eq!(told.report.number("delivered"), emitted);
}

#[test]
fn a_deadline_reaches_a_flow_whose_input_is_silent() {
    let running = POLICIES.built().start_flow("silent", &[]);
    let told = Reported::of(running.finish_with_open_stdin().expect_code(1));
    let failure = "E0400: the flow ran longer than its deadline of 200 ms";
    assert_eq!(told.report.failure(), failure);
    assert_eq!(told.stdout, "k complete\n");
}

#[test]
fn a_source_that_takes_too_long_is_made_anew_and_does_not_hold_up_others() {
    let told = POLICIES.built().report("late-source", &[], 1);
    let failure = "E0416: node `late` failed again after 5 restarts within a minute: node `late` was stopped in `pull` \
                   of element 100: it ran longer than 50 ms";
    assert_eq!(told.report.failure(), failure);
    assert_eq!(told.report.node("late"), "errors 6, skipped 5, restarts 5");
    let delivered: String = (0..100).map(|n| format!("k {n} text/plain {n}\n")).collect();
    assert_eq!(told.stdout, delivered + "k complete\n");
}
