//! Retries: when they come, how many, and what happens after the last.

use super::{REACTIONS, counted, run};

#[test]
fn a_retry_comes_after_100_ms_then_after_twice_as_much() {
    let settings = ["middle.how=internal", "middle.elements=[1]", "middle.times=2"];
    let told = run("retry", &settings, 0);
    assert_eq!(told.stdout, counted(0..3));
    assert_eq!(told.report.node("middle"), "in 3, out 3, errors 2, retries 2");
    assert_eq!(
        told.report.events(&["retry", "state"]),
        [
            "0 state validated",
            "0 state instantiated",
            "0 state running",
            "0 retry middle 1 1 100",
            "100 retry middle 1 2 200",
            "300 state draining",
            "300 state completed"
        ]
    );
}

#[test]
fn three_retries_then_the_flow_ends() {
    let told = run("retry", &["middle.how=internal", "middle.elements=[1]"], 1);
    assert_eq!(told.stdout, counted([0]));
    assert_eq!(
        told.report.failure(),
        "E0411: node `middle` returned an error in `process` of element 1: internal: element 1 is to fail"
    );
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 internal",
            "0 retry middle 1 1 100",
            "100 call-failed middle process 1 E0411 internal",
            "100 retry middle 1 2 200",
            "300 call-failed middle process 1 E0411 internal",
            "300 retry middle 1 3 400",
            "700 call-failed middle process 1 E0411 internal"
        ]
    );
    assert_eq!(told.report.node("middle"), "in 2, out 1, errors 4, retries 3, failed 1");
    assert_eq!(told.report.stream("source", "middle").count("discarded"), 1);
}

#[test]
fn an_element_that_still_fails_is_skipped_and_a_trap_does_not_change_that() {
    for (how, restarts, account) in [
        ("internal", false, "in 4, out 3, errors 4, retries 3, skipped 1"),
        ("abort", true, "in 4, out 3, errors 4, retries 3, skipped 1, restarts 4"),
    ] {
        let how = format!("middle.how={how}");
        let told = run("retry-then-skip", &[&how, "middle.elements=[1]"], 0);
        assert_eq!(told.stdout, counted([0, 2, 3]));
        assert_eq!(told.report.node("middle"), account);
        let expected = [
            "0 restarted middle 1",
            "0 retry middle 1 1 10",
            "10 restarted middle 2",
            "10 retry middle 1 2 20",
            "30 restarted middle 3",
            "30 retry middle 1 3 40",
            "70 restarted middle 4",
            "70 skipped middle 1 internal",
        ];
        let expected: Vec<&str> = expected
            .into_iter()
            .filter(|event| restarts || !event.contains("restarted"))
            .collect();
        assert_eq!(told.report.events(&["restarted", "retry", "skipped"]), expected);
    }
}

#[test]
fn no_retry_is_more_than_a_minute_away() {
    let told = run("patient", &["middle.how=internal", "middle.elements=[1]"], 0);
    assert_eq!(
        told.report.events(&["retry", "skipped"]),
        [
            "0 retry middle 1 1 25000",
            "25000 retry middle 1 2 50000",
            "75000 retry middle 1 3 60000",
            "135000 retry middle 1 4 60000",
            "195000 skipped middle 1 internal"
        ]
    );
}

#[test]
fn sources_and_sinks_are_tried_again_too() {
    let settings = ["source.script=\"ouuo\"", "source.then=\"e\"", "sink.script=\"oiio\""];
    let told = run("retried-ends", &settings, 0);
    assert_eq!(told.stdout, "k 0 text/plain s:0\nk 1 text/plain s:1\nk complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed source pull 1 E0411 unavailable",
            "0 retry source 1 1 10",
            "10 call-failed source pull 1 E0411 unavailable",
            "10 retry source 1 2 20",
            "30 call-failed sink push 1 E0411 invalid-input",
            "30 retry sink 1 1 10",
            "40 call-failed sink push 1 E0411 invalid-input",
            "40 retry sink 1 2 20"
        ]
    );
    assert_eq!(told.report.node("source"), "out 2, errors 2, retries 2");
    assert_eq!(told.report.node("sink"), "in 2, delivered 2, errors 2, retries 2");
}
