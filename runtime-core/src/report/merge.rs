//! One report for all replicas of a flow.

use serde_json::json;

use super::Report;
use super::parts::{NodeReport, ReplicaReport, StreamReport};
use crate::error::Cause;
use crate::flow::{Ending, Outcome};

/// Adds up the results of a flow's replicas, in their order, and keeps each as a part.
///
/// # Panics
/// When there is none.
#[must_use]
pub(crate) fn merge(runs: Vec<(Report, Outcome)>) -> (Report, Outcome) {
    let mut replicas = Vec::new();
    if runs.len() > 1 {
        replicas.extend(runs.iter().map(|(report, outcome)| part(report, outcome)));
    }
    let numbered = runs.into_iter().enumerate().map(|(number, (mut report, outcome))| {
        if !replicas.is_empty() {
            for event in &mut report.events {
                event["replica"] = json!(number);
            }
        }
        (report, outcome)
    });
    let merged =
        numbered.reduce(|(report, outcome), (other, its_outcome)| (report.and(other), both(outcome, its_outcome)));
    let (mut report, outcome) = merged.expect("invariant: a flow has a replica");
    report.replicas = replicas;
    (report, outcome)
}

fn part(report: &Report, outcome: &Outcome) -> ReplicaReport {
    ReplicaReport {
        state: outcome.ending.as_str(),
        entered: report.entered(),
        delivered: report.delivered(),
        throughput: report.throughput(),
        rate: report.rate(),
        failures: outcome.failures.len(),
    }
}

fn both(first: Outcome, second: Outcome) -> Outcome {
    let mut failures = first.failures;
    // A deadline passes for the flow, not for each replica: it is reported once.
    let is_late = |cause: &Cause| matches!(cause, Cause::FlowDeadline(_));
    let is_known = failures.iter().any(|failure| is_late(&failure.cause));
    for failure in second.failures {
        let is_reported = failures.iter().any(|known| known.covers(&failure)) || (is_known && is_late(&failure.cause));
        if !is_reported {
            failures.push(failure);
        }
    }
    Outcome {
        ending: graver(first.ending, second.ending),
        failures,
    }
}

/// The more serious of two endings.
fn graver(first: Ending, second: Ending) -> Ending {
    let order = [
        Ending::Cancelled,
        Ending::Failed,
        Ending::Interrupted,
        Ending::TimedOut,
        Ending::Completed,
    ];
    let found = order.into_iter().find(|ending| [first, second].contains(ending));
    found.expect("invariant: every ending is in the list")
}

impl Report {
    fn and(self, other: Self) -> Self {
        let nodes = self.nodes.into_iter().zip(other.nodes).map(|(one, other)| NodeReport {
            stats: one.stats.and(other.stats),
            copies: one.copies.and(other.copies),
            ..one
        });
        let streams = self.streams.into_iter().zip(other.streams);
        let streams = streams.map(|(one, other)| StreamReport {
            stats: one.stats.and(other.stats),
            ..one
        });
        let mut events = self.events;
        events.extend(other.events);
        events.sort_by_key(|event| event["at_ns"].as_u64());
        Self {
            flow: self.flow,
            duration: self.duration.max(other.duration),
            nodes: nodes.collect(),
            streams: streams.collect(),
            pool: self.pool.and(other.pool),
            live: self.live + other.live,
            events,
            events_dropped: self.events_dropped + other.events_dropped,
            replicas: Vec::new(),
        }
    }
}
