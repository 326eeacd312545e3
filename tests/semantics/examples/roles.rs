//! What is special to a role: flushing aggregators, routers, nodes with several inputs, flows with several sources.

use super::{SKIP, case, counts, edge, events, node, source, with};
use crate::model;
use crate::shape::{EdgeShape, Merge, NodeShape, Policy, Role};

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
