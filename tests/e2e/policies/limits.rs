//! Limits: the deadlines of a call and of a flow, and the largest element of a stream.

use super::{REACTIONS, counted, run};

#[test]
fn a_call_that_takes_too_long_is_passed_over() {
    let told = run("late", &["middle.how=loop", "middle.elements=[1]"], 0);
    assert_eq!(told.stdout, counted([0, 2, 3]));
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0401 deadline-exceeded",
            "0 restarted middle 1",
            "0 skipped middle 1 deadline-exceeded"
        ]
    );
    // The component may detect that by itself, and then survives.
    let told = run("late", &["middle.how=deadline-exceeded", "middle.elements=[1]"], 0);
    assert_eq!(told.stdout, counted([0, 2, 3]));
    assert_eq!(told.report.node("middle"), "in 4, out 3, errors 1, skipped 1");
}

#[test]
fn a_flow_ends_at_its_deadline_and_says_what_was_on_its_way() {
    let told = run("short", &[], 1);
    assert_eq!(
        told.report.failure(),
        "E0400: the flow ran longer than its deadline of 95 ms"
    );
    // One element every ten milliseconds.
    let pushed: String = (0..10).map(|n| format!("push {n} {n}\n")).collect();
    assert_eq!(told.stdout, pushed + "complete after 10\n");
    let on_their_way = told.report.count("source", "out") - 10;
    assert_eq!(told.report.stream("source", "sink").count("discarded"), on_their_way);
    assert!((1..=4).contains(&on_their_way), "{}", told.report);
    let states = told.report.events(&["state"]);
    assert_eq!(states[3..], ["95 state failed"]);
}

#[test]
fn an_element_too_large_for_its_stream_is_a_failure_of_its_maker() {
    let told = run("sized", &["middle.script=\"obo\"", "--limit=3"], 0);
    assert_eq!(told.stdout, "k 0 text/x-p s:0.p\nk 2 text/x-p s:2.p\nk complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0306 internal",
            "0 skipped middle 1 internal"
        ]
    );
}
