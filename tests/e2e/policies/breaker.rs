//! The circuit breaker: how it opens, and how a trial call closes it or not.

use super::{REACTIONS, run};

#[test]
fn the_breaker_opens_and_a_trial_closes_it() {
    let told = run("breaker", &["middle.script=\"ouuuo\""], 0);
    let delivered = [0, 2, 3, 4].map(|n| format!("k {n} text/x-p {n}.p\n")).concat();
    assert_eq!(told.stdout, delivered + "k complete\n");
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 unavailable",
            "0 retry middle 1 1 10",
            "10 call-failed middle process 1 E0411 unavailable",
            "10 retry middle 1 2 20",
            "30 call-failed middle process 1 E0411 unavailable",
            "30 skipped middle 1 unavailable",
            "30 breaker-opened middle 40",
            "70 breaker-closed middle"
        ]
    );
}

#[test]
fn a_trial_that_fails_keeps_the_breaker_open_without_retries() {
    let told = run("breaker", &["middle.script=\"ouuuuio\""], 0);
    assert_eq!(told.stdout, "k 0 text/x-p 0.p\nk 4 text/x-p 4.p\nk complete\n");
    let events = told.report.events(&REACTIONS);
    assert_eq!(
        events[6..],
        [
            "30 breaker-opened middle 40",
            "70 call-failed middle process 2 E0411 unavailable",
            "70 skipped middle 2 unavailable",
            "70 breaker-opened middle 40",
            // Whatever else fails, the dependency is available again.
            "110 call-failed middle process 3 E0411 invalid-input",
            "110 breaker-closed middle",
            "110 skipped middle 3 invalid-input"
        ]
    );
    assert_eq!(
        told.report.node("middle"),
        "in 5, out 2, errors 5, retries 2, skipped 3"
    );
}
