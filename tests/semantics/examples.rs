//! Small flows whose runs were worked out by hand.

#[path = "examples/failures.rs"]
mod failures;
#[path = "examples/roles.rs"]
mod roles;
#[path = "examples/streams.rs"]
mod streams;

use crate::model::Outcome;
use crate::shape::{Action, Case, EdgeShape, LastResort, NodeShape, OnError, Policy, Role, Script, Shape};

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
