//! Reactions to a failed call: restarts, skipped elements, retries, dead letters, the circuit breaker, deadlines. The
//! clock is simulated, so that times are exact: `30 retry middle 1 2 20` is the second retry of element 1, logged after
//! 30 ms, due in 20 ms.

#[path = "policies/breaker.rs"]
mod breaker;
#[path = "policies/dead_letters.rs"]
mod dead_letters;
#[path = "policies/limits.rs"]
mod limits;
#[path = "policies/restarts.rs"]
mod restarts;
#[path = "policies/retries.rs"]
mod retries;

use crate::lab::POLICIES;
use crate::report::Reported;

/// Events caused by the error policy.
const REACTIONS: [&str; 7] = [
    "call-failed",
    "restarted",
    "retry",
    "skipped",
    "dead-lettered",
    "breaker-opened",
    "breaker-closed",
];

/// Runs a flow, in which an element of `middle` fails.
#[track_caller]
fn run(flow: &str, settings: &[&str], code: i32) -> Reported {
    POLICIES.simulate(flow, settings, code)
}

/// The output of the sink `k` for these elements of a counter.
fn counted(elements: impl IntoIterator<Item = u64>) -> String {
    let lines = elements.into_iter().map(|n| format!("k {n} text/plain {n}\n"));
    lines.chain(["k complete\n".to_owned()]).collect()
}

#[test]
fn categories_have_policies_of_their_own() {
    // Element 1 is a dead letter, 2 is retried, 3 is skipped, and 4 ends the flow.
    let told = run("by-category", &["middle.script=\"oiuodn\""], 1);
    assert_eq!(
        told.stdout,
        "good 0 text/x-p 0.p\nlost 1 text/plain; torvyn-error=invalid-input; torvyn-node=middle 1\n\
         good 2 text/x-p 2.p\ngood complete\nlost complete\n"
    );
    assert_eq!(
        told.report.events(&REACTIONS),
        [
            "0 call-failed middle process 1 E0411 invalid-input",
            "0 dead-lettered middle 1 invalid-input",
            "0 call-failed middle process 2 E0411 unavailable",
            "0 retry middle 2 1 10",
            "10 call-failed middle process 3 E0411 deadline-exceeded",
            "10 skipped middle 3 deadline-exceeded",
            "10 call-failed middle process 4 E0411 internal"
        ]
    );
    assert_eq!(
        told.report.node("middle"),
        "in 5, out 2, errors 4, retries 1, skipped 1, dead_lettered 1, failed 1"
    );
}
