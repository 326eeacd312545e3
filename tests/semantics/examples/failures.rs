//! Reactions to failed calls: retries, breakers, dead letters, restarts.

use serde_json::json;

use super::{SKIP, case, counts, edge, events, node, retry, source, with};
use crate::model;
use crate::shape::{Action, EdgeShape, LastResort, OnError, Policy, Role};

#[test]
fn a_retry_waits_twice_as_long_each_time() {
    let case = case(
        vec![
            source(2),
            with(retry(2, 10, LastResort::Skip), node("k", Role::Sink, "nnono")),
        ],
        vec![edge(0, 1, 64, Policy::Block)],
    );
    let outcome = model::run(&case);
    let failed = "call-failed category=internal code=E0411 element";
    assert_eq!(
        events(&outcome),
        [
            format!("0 {failed}=0 node=k operation=push"),
            "0 retry attempt=1 delay_ns=10000000 element=0 node=k".to_owned(),
            format!("10 {failed}=0 node=k operation=push"),
            "10 retry attempt=2 delay_ns=20000000 element=0 node=k".to_owned(),
            format!("30 {failed}=1 node=k operation=push"),
            "30 retry attempt=1 delay_ns=10000000 element=1 node=k".to_owned(),
        ]
    );
    assert_eq!(counts(&outcome, "k", &["errors", "retries", "delivered"]), [3, 3, 2]);
}

#[test]
fn a_breaker_opens_tries_and_closes() {
    let case = case(
        vec![
            source(3),
            with(retry(1, 10, LastResort::Skip), node("k", Role::Sink, "uuuo")),
        ],
        vec![edge(0, 1, 64, Policy::Block)],
    );
    let outcome = model::run(&case);
    let failed = |at: u64, element: u64| {
        format!("{at} call-failed category=unavailable code=E0411 element={element} node=k operation=push")
    };
    assert_eq!(
        events(&outcome),
        [
            failed(0, 0),
            "0 retry attempt=1 delay_ns=10000000 element=0 node=k".to_owned(),
            failed(10, 0),
            "10 skipped category=unavailable element=0 node=k".to_owned(),
            "10 breaker-opened duration_ns=20000000 node=k".to_owned(),
            failed(30, 1),
            "30 skipped category=unavailable element=1 node=k".to_owned(),
            "30 breaker-opened duration_ns=20000000 node=k".to_owned(),
            "50 breaker-closed node=k".to_owned(),
        ]
    );
    assert_eq!(outcome.lines, ["k 2 text/plain s:2", "k complete"]);
}

#[test]
fn a_dead_letter_says_why_and_where_from() {
    let case = case(
        vec![
            source(1),
            with(
                OnError([Action::Now(LastResort::DeadLetter); 4]),
                node("p", Role::Processor, "i"),
            ),
            node("k", Role::Sink, ""),
            node("d", Role::Sink, ""),
        ],
        vec![
            edge(0, 1, 64, Policy::Block),
            edge(1, 2, 64, Policy::Block),
            EdgeShape::new(1, "error", 3),
        ],
    );
    let outcome = model::run(&case);
    let letter = "d 0 text/plain; torvyn-error=invalid-input; torvyn-node=p s:0";
    assert_eq!(outcome.lines, [letter, "k complete", "d complete"]);
    assert_eq!(
        counts(&outcome, "p", &["in", "out", "dead_lettered", "errors"]),
        [1, 0, 1, 1]
    );
}

#[test]
fn an_instance_is_made_anew_so_many_times_a_minute() {
    let case = case(
        vec![
            source(9),
            with(SKIP, node("p", Role::Processor, "ot")),
            node("k", Role::Sink, ""),
        ],
        vec![edge(0, 1, 64, Policy::Block), edge(1, 2, 64, Policy::Block)],
    );
    let outcome = model::run(&case);
    // One element of each instance passes; the fourth trap is one too many.
    assert_eq!(outcome.report["delivered"], 4);
    let keys = ["in", "out", "skipped", "failed", "restarts", "errors"];
    assert_eq!(counts(&outcome, "p", &keys), [8, 4, 3, 1, 3, 4]);
    let expected = json!([{ "code": "E0416", "node": "p", "operation": "process", "element": 7 }]);
    assert_eq!(outcome.report["errors"], expected);
}

#[test]
fn restarts_of_more_than_a_minute_ago_do_not_count() {
    let policy = retry(4, 60_000, LastResort::Terminate);
    let case = case(
        vec![source(1), with(policy, node("k", Role::Sink, "t"))],
        vec![edge(0, 1, 64, Policy::Block)],
    );
    let outcome = model::run(&case);
    let expected = json!([{ "code": "E0412", "node": "k", "operation": "push", "element": 0 }]);
    assert_eq!(outcome.report["errors"], expected);
    assert_eq!(counts(&outcome, "k", &["restarts", "retries", "failed"]), [5, 4, 1]);
    assert_eq!(outcome.lines, ["k complete"]);
}

#[test]
fn an_element_that_is_too_large_is_a_failed_call() {
    let small = EdgeShape {
        max_element_bytes: Some(4),
        ..EdgeShape::new(1, "output", 2)
    };
    let case = case(
        vec![
            source(1),
            with(SKIP, node("p", Role::Processor, "o")),
            node("k", Role::Sink, ""),
        ],
        vec![edge(0, 1, 64, Policy::Block), small],
    );
    let outcome = model::run(&case);
    assert_eq!(outcome.lines, ["k complete"]);
    assert_eq!(counts(&outcome, "p", &["in", "out", "errors", "skipped"]), [1, 0, 1, 1]);
    let failed = "0 call-failed category=internal code=E0306 element=0 node=p operation=process";
    assert_eq!(events(&outcome)[0], failed);
}
