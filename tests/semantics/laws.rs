//! Laws of every run of the model, whatever its flow.

use serde_json::Value;

use crate::model::Outcome;
use crate::shape::Case;

/// Upper bound on the steps of a run.
const MAX_STEPS: u64 = 10_000;

/// The laws that a run breaks.
pub(crate) fn broken(case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut broken = Vec::new();
    let mut check = |holds: bool, law: String| {
        if !holds {
            broken.push(law);
        }
    };
    let list = |key: &str| outcome.report[key].as_array().expect("a list").iter();
    for node in list("nodes") {
        check(
            node_is_balanced(node),
            format!("node {} accounts for its elements", node["name"]),
        );
    }
    for stream in list("streams") {
        let name = format!("stream {} -> {}", stream["from"], stream["to"]);
        check(stream_is_balanced(stream), format!("{name} accounts for its elements"));
        let waits = stream["peak_depth"].as_u64() <= stream["depth"].as_u64();
        check(waits, format!("{name} keeps to its depth"));
        let ended = outcome.exit_code == 1 || count(stream, "discarded") == 0;
        check(ended, format!("{name} is empty at the end"));
    }
    let elements = outcome.report["elements"].as_u64();
    let within = case.limit.is_none_or(|limit| elements <= Some(limit));
    check(within, "the limit is kept".to_owned());
    let times: Vec<u64> = list("events").map(|event| count(event, "at_ns")).collect();
    check(times.is_sorted(), "time does not go back".to_owned());
    check(outcome.steps < MAX_STEPS, format!("{} steps are few", outcome.steps));
    broken
}

fn node_is_balanced(node: &Value) -> bool {
    let sum = |keys: &[&str]| keys.iter().map(|key| count(node, key)).sum::<u64>();
    if node["role"] == "source" {
        return sum(&["in", "flushed", "failed"]) == 0;
    }
    let became = [
        "out",
        "filtered",
        "absorbed",
        "delivered",
        "skipped",
        "dead_lettered",
        "failed",
    ];
    sum(&["in", "flushed"]) == sum(&became)
}

fn stream_is_balanced(stream: &Value) -> bool {
    let dropped = |policy: &str| count(&stream["dropped"], policy);
    let entered = count(stream, "enqueued");
    count(stream, "offered") == entered + dropped("drop-newest") + dropped("overflow")
        && entered == count(stream, "dequeued") + dropped("drop-oldest") + count(stream, "discarded")
}

fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().expect("a count")
}
