//! The way of elements through streams: their order, full streams under each policy, rates.

use serde_json::{Value, json};

use super::{case, counts, edge, events, node, source};
use crate::model::{self, Outcome};
use crate::shape::{FanOut, Policy, Role};

#[test]
fn an_element_goes_all_the_way_before_the_next_is_pulled() {
    let case = case(
        vec![source(2), node("p", Role::Processor, "ox"), node("k", Role::Sink, "")],
        vec![edge(0, 1, 64, Policy::Block), edge(1, 2, 64, Policy::Block)],
    );
    let outcome = model::run(&case);
    assert_eq!(outcome.lines, ["k 0 text/x-p s:0.p", "k complete"]);
    assert_eq!(counts(&outcome, "p", &["in", "out", "absorbed"]), [2, 1, 1]);
    assert_eq!(outcome.report["streams"][0]["peak_depth"], 1);
    // Three pulls, the last of which finds the end; two calls of the processor, one of the sink.
    assert_eq!((outcome.steps, outcome.exit_code), (6, 0));
    assert_eq!(
        outcome.report["events"],
        json!([
            { "at_ns": 0, "event": "state", "state": "validated" },
            { "at_ns": 0, "event": "state", "state": "instantiated" },
            { "at_ns": 0, "event": "state", "state": "running" },
            { "at_ns": 0, "event": "state", "state": "draining" },
            { "at_ns": 0, "event": "state", "state": "completed" },
        ])
    );
}

#[test]
fn a_paused_sink_fills_its_stream_and_the_source_hears_of_it() {
    let case = case(
        vec![source(4), node("k", Role::Sink, "p")],
        vec![edge(0, 1, 2, Policy::Block)],
    );
    let outcome = model::run(&case);
    assert_eq!(
        events(&outcome),
        [
            "0 sink-paused duration_ns=10000000 node=k",
            "0 backpressure-triggered depth=2 stream=s.output -> k.input",
            "0 notified node=s signal=pause",
            "10 backpressure-relieved depth=1 dropped=0 duration_ns=10000000 stream=s.output -> k.input",
            "10 notified node=s signal=ready",
        ]
    );
    assert_eq!(outcome.report["streams"][0]["backpressure_ns"], 10_000_000);
    assert_eq!(outcome.lines.len(), 5);
}

#[test]
fn the_oldest_make_room_for_the_newest() {
    let sink = || node("k", Role::Sink, "p");
    let oldest = case(vec![source(6), sink()], vec![edge(0, 1, 2, Policy::DropOldest)]);
    let newest = case(vec![source(6), sink()], vec![edge(0, 1, 2, Policy::DropNewest)]);
    let lines = |sequences: &[u64]| -> Vec<String> {
        let pushed = sequences.iter().map(|n| format!("k {n} text/plain s:{n}"));
        pushed.chain(["k complete".to_owned()]).collect()
    };
    let (oldest, newest) = (model::run(&oldest), model::run(&newest));
    assert_eq!(oldest.lines, lines(&[0, 4, 5]));
    assert_eq!(newest.lines, lines(&[0, 1, 2]));
    let relieved = "10 backpressure-relieved depth=1 dropped=3 duration_ns=10000000 stream=s.output -> k.input";
    assert!(events(&oldest).contains(&relieved.to_owned()), "{:?}", events(&oldest));
    assert!(events(&newest).contains(&relieved.to_owned()), "{:?}", events(&newest));
}

#[test]
fn an_overflow_ends_the_flow_at_the_producer() {
    let case = case(
        vec![source(6), node("k", Role::Sink, "p")],
        vec![edge(0, 1, 2, Policy::Error)],
    );
    let outcome = model::run(&case);
    let expected = json!([{ "code": "E0403", "node": "s", "operation": "pull", "element": 3 }]);
    assert_eq!(outcome.report["errors"], expected);
    let stream = &outcome.report["streams"][0];
    let counted = ["offered", "enqueued", "dequeued", "discarded"].map(|key| stream[key].as_u64());
    assert_eq!(counted, [4, 3, 1, 2].map(Some));
    assert_eq!(stream["dropped"]["overflow"], 1);
    assert_eq!(outcome.lines, ["k 0 text/plain s:0", "k complete"]);
    assert_eq!(
        (outcome.exit_code, &outcome.report["state"]),
        (1, &Value::from("failed"))
    );
}

#[test]
fn a_full_branch_holds_up_the_others_unless_they_are_independent() {
    let run = |fan_out| {
        let mut case = case(
            vec![source(4), node("a", Role::Sink, "p"), node("b", Role::Sink, "")],
            vec![edge(0, 1, 1, Policy::DropNewest), edge(0, 2, 1, Policy::Block)],
        );
        case.shape.nodes[0].fan_out = fan_out;
        model::run(&case)
    };
    let (minimum, independent) = (run(FanOut::Minimum), run(FanOut::Independent));
    let sequences = |outcome: &Outcome, sink: &str| -> Vec<String> {
        let own = outcome.lines.iter().filter_map(|line| line.strip_prefix(sink));
        own.map(|line| line[1..2].to_owned()).collect()
    };
    assert_eq!(sequences(&minimum, "a"), ["0", "1", "2", "3", "c"]);
    assert_eq!(sequences(&independent, "a"), ["0", "1", "c"]);
    assert_eq!(sequences(&independent, "b"), ["0", "1", "2", "3", "c"]);
    assert!(events(&minimum).contains(&"0 notified node=s signal=pause".to_owned()));
    // The stream of `b` is full while its element waits, which cannot be observed between two steps of the source.
    assert_eq!(independent.report["streams"][0]["dropped"]["drop-newest"], 2);
}

#[test]
fn a_rate_allows_a_burst_and_then_keeps_its_pace() {
    let case = case(
        vec![source(4), node("k", Role::Sink, "")],
        vec![edge(0, 1, 64, Policy::RateLimit(200))],
    );
    let outcome = model::run(&case);
    // Two at once, then one every 5 ms: at 0, 0, 5 and 10; the pull that finds the end waits for its token, too.
    let ended = outcome.report["events"].as_array().and_then(|events| events.last());
    assert_eq!(ended.expect("an event")["at_ns"], 15_000_000);
    assert_eq!(outcome.report["delivered"], 4);
}
