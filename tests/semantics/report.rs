//! The report of a run of the model: the fields that do not depend on the machine.

use serde_json::{Value, json};

use crate::model::Run;
use crate::shape::{Role, Shape};

/// Most events in a report.
const KEPT_EVENTS: usize = 4096;

/// The two ends of a stream.
pub(crate) fn ends(shape: &Shape, stream: usize) -> (String, String) {
    let edge = &shape.edges[stream];
    let (from, to) = (&shape.nodes[edge.from].name, &shape.nodes[edge.to].name);
    (format!("{from}.{}", edge.port), format!("{to}.input"))
}

/// The report of a run that has ended.
pub(crate) fn of(run: &Run<'_>) -> Value {
    let emitted = run.nodes.iter().filter(|node| node.role == Role::Source);
    let discarded = run.streams.iter().map(|stream| stream.counters.discarded);
    let in_hand = run.nodes.iter().map(|node| node.counters.failed);
    let dropped = run.events.len().saturating_sub(KEPT_EVENTS);
    json!({
        "flow": run.shape.name,
        "state": run.state(),
        "elements": emitted.map(|node| node.counters.out).sum::<u64>(),
        "delivered": run.nodes.iter().map(|node| node.counters.delivered).sum::<u64>(),
        "undelivered": discarded.chain(in_hand).sum::<u64>(),
        "balanced": true,
        "nodes": run.topological.iter().map(|at| node(run, *at)).collect::<Vec<_>>(),
        "streams": (0..run.streams.len()).map(|at| stream(run, at)).collect::<Vec<_>>(),
        "pool": { "live": 0 },
        "events": run.events[dropped..],
        "events_dropped": dropped,
        "errors": run.failures.iter().map(|failure| json!({
            "code": failure.code,
            "node": run.shape.nodes[failure.node].name,
            "operation": failure.operation,
            "element": failure.element,
        })).collect::<Vec<_>>(),
        "exit_code": run.exit_code(),
    })
}

fn node(run: &Run<'_>, at: usize) -> Value {
    let counters = &run.nodes[at].counters;
    json!({
        "name": run.shape.nodes[at].name,
        "role": run.nodes[at].role.as_str(),
        "in": counters.taken,
        "out": counters.out,
        "filtered": counters.filtered,
        "absorbed": counters.absorbed,
        "delivered": counters.delivered,
        "flushed": counters.flushed,
        "errors": counters.errors,
        "retries": counters.retries,
        "skipped": counters.skipped,
        "dead_lettered": counters.dead_lettered,
        "failed": counters.failed,
        "restarts": counters.restarts,
        "leaked_buffers": 0,
    })
}

fn stream(run: &Run<'_>, at: usize) -> Value {
    let (from, to) = ends(run.shape, at);
    let stream = &run.streams[at];
    let counters = &stream.counters;
    json!({
        "from": from,
        "to": to,
        "depth": stream.depth,
        "policy": stream.policy.as_str(),
        "offered": counters.offered,
        "enqueued": counters.enqueued,
        "dequeued": counters.dequeued,
        "dropped": {
            "drop-oldest": counters.dropped_oldest,
            "drop-newest": counters.dropped_newest,
            "overflow": counters.dropped_overflow,
        },
        "discarded": counters.discarded,
        "peak_depth": counters.peak_depth,
        "backpressure_episodes": counters.episodes,
        "backpressure_ns": counters.backpressure_ns,
    })
}
