//! The reports of a node, a stream and a replica.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::account::{Copies, CopyStats, NodeStats, StreamStats};
use crate::clock::nanos;
use crate::flow::Node;
use crate::plan::StreamPlan;
use crate::role::Role;
use crate::words::count;

/// The report of one replica.
pub(super) struct ReplicaReport {
    pub(super) state: &'static str,
    pub(super) entered: u64,
    pub(super) delivered: u64,
    pub(super) throughput: f64,
    /// The throughput in words; `None` where it would be meaningless.
    pub(super) rate: Option<String>,
    pub(super) failures: usize,
}

pub(super) struct NodeReport {
    pub(super) name: &'static str,
    pub(super) role: Role,
    pub(super) stats: NodeStats,
    pub(super) copies: CopyStats,
}

pub(super) struct StreamReport {
    pub(super) plan: &'static StreamPlan,
    pub(super) stats: StreamStats,
}

impl NodeReport {
    pub(super) fn to_text(&self) -> String {
        let stats = self.stats;
        let mut text = match self.role {
            Role::Source => format!("{} out", stats.emitted),
            Role::Sink => format!("{} in", stats.received),
            Role::Processor | Role::Filter | Role::Router | Role::Aggregator => {
                format!("{} in, {} out", stats.received, stats.emitted)
            }
        };
        let also = [
            (stats.filtered, Noun::Of("filtered")),
            (stats.absorbed, Noun::Of("absorbed")),
            (stats.flushed, Noun::Of("flushed")),
            (stats.errors, Noun::Each("failed call")),
            (stats.retries, Noun::Each("retry")),
            (stats.restarts, Noun::Each("restart")),
            (stats.skipped, Noun::Of("skipped")),
            (stats.dead_lettered, Noun::Each("dead letter")),
            (stats.failed, Noun::Of("unfinished at the end")),
            (stats.leaked_buffers, Noun::Each("leaked buffer")),
        ];
        text.push_str(&counted(&also));
        let copies = of_payloads(self.copies);
        if copies.count > 0 {
            text.push_str(&format!(
                ", {} of {}",
                count(copies.count, "copy"),
                count(copies.bytes, "byte")
            ));
        }
        text
    }

    pub(super) fn to_json(&self) -> Value {
        let stats = self.stats;
        let copies = self.copies.by_reason().into_iter().flat_map(|(reason, copies)| {
            let bytes = (format!("{reason}-bytes"), json!(copies.bytes));
            [(reason.to_owned(), json!(copies.count)), bytes]
        });
        let mut object: Map<String, Value> = named(stats.fields());
        object.insert("name".to_owned(), json!(self.name));
        object.insert("role".to_owned(), json!(self.role.as_str()));
        object.insert("copies".to_owned(), Value::Object(copies.collect()));
        Value::Object(object)
    }
}

impl ReplicaReport {
    pub(super) fn to_text(&self) -> String {
        let (state, entered, delivered) = (self.state, self.entered, self.delivered);
        let rate = self.rate.as_ref();
        let rate = rate.map_or_else(String::new, |rate| format!(", {rate}"));
        format!("{state}, {entered} in, {delivered} delivered{rate}")
    }

    pub(super) fn to_json(&self, number: usize) -> Value {
        json!({
            "replica": number, "state": self.state, "elements": self.entered, "delivered": self.delivered,
            "elements_per_s": self.throughput, "errors": self.failures,
        })
    }
}

impl StreamReport {
    pub(super) fn to_text(&self) -> String {
        let stats = self.stats;
        let mut text = format!(
            "{} passed, peak {} of {}",
            stats.dequeued, stats.peak_depth, self.plan.depth
        );
        let also = [
            (stats.dropped(), Noun::Of("dropped")),
            (stats.discarded, Noun::Of("discarded")),
            (stats.episodes, Noun::Each("backpressure episode")),
        ];
        text.push_str(&counted(&also));
        if stats.episodes > 0 {
            text.push_str(&format!(", {} in all", duration(stats.pressure)));
        }
        text
    }

    pub(super) fn to_json(&self) -> Value {
        let (plan, stats) = (self.plan, self.stats);
        json!({
            "from": plan.from, "to": plan.to, "depth": plan.depth, "policy": plan.policy.as_str(),
            "offered": stats.offered, "enqueued": stats.enqueued, "dequeued": stats.dequeued,
            "dropped": {
                "drop-oldest": stats.dropped_oldest, "drop-newest": stats.dropped_newest,
                "overflow": stats.dropped_overflow,
            },
            "discarded": stats.discarded, "peak_depth": stats.peak_depth, "backpressure_episodes": stats.episodes,
            "backpressure_ns": nanos(stats.pressure),
        })
    }
}

/// Counters as a JSON object.
pub(super) fn named(fields: Vec<(&'static str, u64)>) -> Map<String, Value> {
    let fields = fields.into_iter();
    fields.map(|(word, number)| (word.to_owned(), json!(number))).collect()
}

pub(super) fn node_report(node: &mut dyn Node, copies: CopyStats) -> NodeReport {
    NodeReport {
        name: node.plan().name,
        role: node.plan().role,
        stats: node.stats(),
        copies,
    }
}

/// Copies of whole or partial payloads: out of buffers by components, into buffers by components and by built-ins.
/// Copies of metadata do not count.
pub(super) fn of_payloads(copies: CopyStats) -> Copies {
    copies.read.and(copies.write).and(copies.host_serialize)
}

/// The number of copies by kind, in words.
pub(super) fn copies_in_words(copies: CopyStats) -> String {
    let whose = [
        (copies.read.count, Noun::Of("read")),
        (copies.write.count, Noun::Of("written")),
        (copies.host_serialize.count, Noun::Of("made by built-ins")),
    ];
    let whose = counted(&whose);
    match whose.strip_prefix(", ") {
        Some(whose) => format!("{} ({whose})", of_payloads(copies).count),
        None => "0".to_owned(),
    }
}

/// Noun of a counter.
#[derive(Clone, Copy)]
enum Noun {
    /// A thing, in the singular.
    Each(&'static str),
    /// A participle, for elements to which this happened.
    Of(&'static str),
}

/// Counters in words, without those that are zero.
fn counted(things: &[(u64, Noun)]) -> String {
    let there = things.iter().filter(|(number, _)| *number > 0);
    there
        .map(|(number, noun)| match noun {
            Noun::Each(noun) => format!(", {}", count(number, noun)),
            Noun::Of(what) => format!(", {number} {what}"),
        })
        .collect()
}

/// A duration in seconds, or in milliseconds if it is short.
pub(super) fn duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 0.1 => format!("{:.1}ms", seconds * 1e3),
        seconds => format!("{seconds:.2}s"),
    }
}
