//! Small flows whose runs were worked out by hand.

use serde_json::{Value, json};

use crate::model::{self, Outcome};
use crate::shape::{
    Action, Case, EdgeShape, FanOut, LastResort, Merge, NodeShape, OnError, Policy, Role, Script, Shape,
};

/// A run of a flow with these nodes and edges, each node with its script.
fn case(nodes: Vec<(NodeShape, Script)>, edges: Vec<EdgeShape>) -> Case {
    let (nodes, scripts) = nodes.into_iter().unzip();
    Case {
        shape: Shape {
            name: "f".to_owned(),
            nodes,
            edges,
        },
        scripts,
        limit: None,
    }
}

fn node(name: &str, role: Role, script: &str) -> (NodeShape, Script) {
    (NodeShape::new(name, role), Script::new(script))
}

/// A source `s` of `count` elements.
fn source(count: u64) -> (NodeShape, Script) {
    let (shape, script) = node("s", Role::Source, "");
    (shape, Script { count, ..script })
}

fn with(policy: OnError, (shape, script): (NodeShape, Script)) -> (NodeShape, Script) {
    let shape = NodeShape {
        on_error: policy,
        ..shape
    };
    (shape, script)
}

fn edge(from: usize, to: usize, depth: usize, policy: Policy) -> EdgeShape {
    EdgeShape {
        depth,
        policy,
        ..EdgeShape::new(from, "output", to)
    }
}

const SKIP: OnError = OnError([Action::Now(LastResort::Skip); 4]);

fn retry(max: u32, backoff_ms: u64, then: LastResort) -> OnError {
    OnError([Action::Retry { max, backoff_ms, then }; 4])
}

/// The events except those about the state, each as `MILLISECONDS NAME FIELD...`.
fn events(outcome: &Outcome) -> Vec<String> {
    let mut texts = Vec::new();
    for event in outcome.report["events"].as_array().expect("a list") {
        let ms = event["at_ns"].as_f64().expect("a time") / 1e6;
        let fields = event.as_object().expect("an event").iter();
        let fields = fields.filter(|(key, _)| !["at_ns", "event"].contains(&key.as_str()));
        let fields: Vec<String> = fields
            .map(|(key, value)| format!("{key}={value}").replace('"', ""))
            .collect();
        if event["event"] != "state" {
            let name = event["event"].as_str().expect("a name");
            texts.push(format!("{ms} {name} {}", fields.join(" ")));
        }
    }
    texts
}

/// Counters of a node.
fn counts(outcome: &Outcome, node: &str, keys: &[&str]) -> Vec<u64> {
    let mut nodes = outcome.report["nodes"].as_array().expect("a list").iter();
    let node = nodes
        .find(|counted| counted["name"] == node)
        .expect("the node is there");
    keys.iter().map(|key| node[key].as_u64().expect("a count")).collect()
}

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
fn an_aggregator_flushes_before_what_follows_it_completes() {
    let case = case(
        vec![source(3), node("a", Role::Aggregator, "oeo"), node("k", Role::Sink, "")],
        vec![edge(0, 1, 64, Policy::Block), edge(1, 2, 1, Policy::Block)],
    );
    let outcome = model::run(&case);
    assert_eq!(
        outcome.lines,
        ["k 1 text/plain s:0+s:1", "k 2 text/plain a!0", "k complete"]
    );
    let keys = ["in", "flushed", "out", "absorbed"];
    assert_eq!(counts(&outcome, "a", &keys), [3, 1, 2, 2]);
}

#[test]
fn a_router_sends_to_each_named_port_once() {
    let to = |port, sink| EdgeShape::new(1, port, sink);
    let case = case(
        vec![
            source(5),
            with(SKIP, node("r", Role::Router, "03427")),
            node("x", Role::Sink, ""),
            node("y", Role::Sink, ""),
        ],
        vec![edge(0, 1, 64, Policy::Block), to("b", 3), to("a", 2)],
    );
    let outcome = model::run(&case);
    let expected = [
        "x 1 text/plain s:1",
        "y 1 text/plain s:1",
        "y 3 text/plain s:3",
        "x 4 text/plain s:4",
        "x complete",
        "y complete",
    ];
    assert_eq!(outcome.lines, expected);
    assert_eq!(
        counts(&outcome, "r", &["in", "out", "filtered", "skipped"]),
        [5, 3, 1, 1]
    );
    let failed = "0 call-failed category=internal code=E0204 element=2 node=r operation=route";
    assert_eq!(events(&outcome)[0], failed);
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

#[test]
fn inputs_take_turns_or_go_by_rank() {
    let run = |merge| {
        let ranked = |from, rank| EdgeShape {
            rank,
            ..edge(from, 2, 2, Policy::Block)
        };
        let other = node("t", Role::Source, "oooe");
        let (sink, script) = node("k", Role::Sink, "p");
        let sink = NodeShape { merge, ..sink };
        let mut case = case(vec![source(3), other, (sink, script)], vec![ranked(0, 0), ranked(1, 7)]);
        case.shape.nodes[2].merge = merge;
        model::run(&case).lines
    };
    let payloads = |lines: Vec<String>| -> Vec<String> {
        let last = |line: &String| line.rsplit(' ').next().unwrap_or_default().to_owned();
        lines.iter().map(last).collect()
    };
    // Both streams fill while the sink pauses. It takes all waiting elements before a source runs again.
    let in_turn = ["s:0", "t:0", "s:1", "t:1", "s:2", "t:2", "complete"];
    let by_rank = ["s:0", "t:0", "t:1", "s:1", "s:2", "t:2", "complete"];
    assert_eq!(payloads(run(Merge::RoundRobin)), in_turn);
    assert_eq!(payloads(run(Merge::Priority)), by_rank);
}

#[test]
fn a_limit_counts_the_elements_of_all_sources() {
    let mut case = case(
        vec![source(9), node("t", Role::Source, ""), node("k", Role::Sink, "")],
        vec![edge(0, 2, 64, Policy::Block), edge(1, 2, 64, Policy::Block)],
    );
    case.limit = Some(4);
    let outcome = model::run(&case);
    // The first source that is ready is always the first declared.
    assert_eq!(outcome.report["elements"], 4);
    assert_eq!(outcome.lines[3], "k 3 text/plain s:3");
    assert_eq!(counts(&outcome, "t", &["out"]), [0]);
}
