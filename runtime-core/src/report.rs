//! What a run printed to people and machines: the summary, failures, JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::context::RunContext;
use crate::error::Failure;
use crate::flow::{Flow, Node, NodeStats, Outcome};

/// The numbers of a finished run.
pub struct Report {
    flow: &'static str,
    duration: Duration,
    nodes: Vec<NodeReport>,
    streams: Vec<Value>,
    peak_depth: u32,
    undelivered: usize,
    pool: Value,
}

struct NodeReport {
    name: &'static str,
    role: &'static str,
    stats: NodeStats,
    copies: crate::host::CopyStats,
}

impl Report {
    /// Collects the numbers of `flow` after a run that took `duration`.
    pub fn collect(flow: &mut dyn Flow, cx: &mut RunContext, duration: Duration) -> Self {
        let nodes = flow.nodes().into_iter().map(node_report).collect();
        let plan = flow.plan();
        let streams = flow.streams().iter().zip(plan.streams).map(|(stream, plan)| {
            let stats = stream.stats();
            json!({
                "from": plan.from, "to": plan.to, "depth": plan.depth, "enqueued": stats.enqueued,
                "dequeued": stats.dequeued, "peak_depth": stats.peak_depth,
                "backpressure_episodes": stats.backpressure_episodes,
            })
        });
        let pool = cx.pool().stats();
        Self {
            flow: plan.name,
            duration,
            nodes,
            streams: streams.collect(),
            peak_depth: flow
                .streams()
                .iter()
                .map(|stream| stream.stats().peak_depth)
                .max()
                .unwrap_or(0),
            undelivered: flow.streams().iter().map(crate::queue::Stream::len).sum(),
            pool: json!({
                "allocated": pool.allocated, "returned": pool.returned, "reused": pool.reused,
                "fallback": pool.fallback,
            }),
        }
    }

    /// Elements that entered the flow.
    fn entered(&self) -> u64 {
        self.nodes
            .iter()
            .filter(|node| node.role == "source")
            .map(|node| node.stats.emitted)
            .sum()
    }

    /// Elements that sinks took.
    fn delivered(&self) -> u64 {
        self.nodes.iter().map(|node| node.stats.delivered).sum()
    }

    fn copies(&self) -> (u64, u64) {
        self.nodes.iter().fold((0, 0), |(reads, writes), node| {
            (reads + node.copies.reads, writes + node.copies.writes)
        })
    }

    fn throughput(&self) -> f64 {
        self.entered() as f64 / self.duration.as_secs_f64().max(f64::EPSILON)
    }

    /// The summary for people.
    #[must_use]
    pub fn to_text(&self, outcome: &Outcome) -> String {
        let (entered, delivered) = (self.entered(), self.delivered());
        let elements = match entered == delivered {
            true => entered.to_string(),
            false => format!("{entered} in, {delivered} delivered"),
        };
        let (reads, writes) = self.copies();
        let mut text = format!(
            "\n  ── Summary ──────────────\n  Flow:        {}\n  State:       {}\n  Elements:    {elements}\n",
            self.flow,
            outcome.ending.as_str()
        );
        let mut row = |name: &str, value: String| {
            writeln!(text, "  {:<13}{value}", format!("{name}:")).expect("invariant: writing to a String succeeds");
        };
        if self.undelivered > 0 {
            row("Undelivered", format!("{} left in streams", self.undelivered));
        }
        row("Duration", duration(self.duration));
        row("Throughput", format!("~{:.0} elem/s", self.throughput()));
        row(
            "Copies",
            format!("{} ({reads} reads + {writes} writes)", reads + writes),
        );
        row("Peak queue", format!("{} elements", self.peak_depth));
        text
    }

    /// Everything, for machines.
    #[must_use]
    pub fn to_json(&self, outcome: &Outcome, exit_code: u8) -> Value {
        let nodes = self.nodes.iter().map(|node| {
            let (stats, copies) = (node.stats, node.copies);
            json!({
                "name": node.name, "role": node.role, "in": stats.received, "out": stats.emitted,
                "filtered": stats.filtered, "absorbed": stats.absorbed, "delivered": stats.delivered,
                "errors": stats.errors,
                "copies": {
                    "payload-read": copies.reads, "payload-read-bytes": copies.read_bytes,
                    "payload-write": copies.writes, "payload-write-bytes": copies.write_bytes,
                },
            })
        });
        json!({
            "flow": self.flow,
            "state": outcome.ending.as_str(),
            "elements": self.entered(),
            "delivered": self.delivered(),
            "undelivered": self.undelivered,
            "duration_ms": self.duration.as_secs_f64() * 1e3,
            "elements_per_s": self.throughput(),
            "nodes": nodes.collect::<Vec<_>>(),
            "streams": self.streams,
            "pool": self.pool,
            "errors": outcome.failures.iter().map(failure_json).collect::<Vec<_>>(),
            "exit_code": exit_code,
        })
    }
}

fn node_report(node: &mut dyn Node) -> NodeReport {
    NodeReport {
        name: node.plan().name,
        role: node.plan().role,
        stats: node.stats(),
        copies: node.copies(),
    }
}

/// Seconds, or milliseconds where those would read as nothing.
fn duration(duration: Duration) -> String {
    match duration.as_secs_f64() {
        seconds if seconds < 0.1 => format!("{:.1}ms", seconds * 1e3),
        seconds => format!("{seconds:.2}s"),
    }
}

/// A failure for machines.
#[must_use]
pub fn failure_json(failure: &Failure) -> Value {
    json!({
        "code": failure.code(),
        "message": failure.message(),
        "node": failure.node,
        "component": failure.component,
        "operation": failure.operation.as_str(),
        "element": failure.element,
        "help": failure.help(),
    })
}

/// A failure for people, with ANSI colours when `color` says so.
#[must_use]
pub fn failure_text(failure: &Failure, color: bool) -> String {
    let (red, bold, reset) = if color {
        ("\x1b[1;31m", "\x1b[1m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let mut text = format!(
        "{red}error[{}]{reset}{bold}: {}{reset}\n  = component: {}\n",
        failure.code(),
        failure.message(),
        failure.component
    );
    if let Some(help) = failure.help() {
        text.push_str(&format!("  = help: {help}\n"));
    }
    text
}
