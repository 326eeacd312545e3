//! The report of a run: summary and failures as text, and JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::account::{CopyStats, NodeStats, PoolStats};
use crate::context::RunContext;
use crate::flow::{Flow, Outcome};
use crate::role::Role;
use crate::words::count;

/// Shortest run for which a throughput is shown.
const MOMENT: Duration = Duration::from_millis(100);

mod failure;
mod merge;
mod parts;

pub(crate) use failure::{failure_json, failure_text};
pub(crate) use merge::merge;

use parts::{NodeReport, ReplicaReport, StreamReport, copies_in_words, duration, named, node_report, of_payloads};

/// The numbers of a finished run.
pub struct Report {
    flow: &'static str,
    duration: Duration,
    nodes: Vec<NodeReport>,
    streams: Vec<StreamReport>,
    pool: PoolStats,
    live: u64,
    events: Vec<Value>,
    events_dropped: u64,
    /// Reports of the replicas, where there are several.
    replicas: Vec<ReplicaReport>,
}

impl Report {
    /// Collects the numbers of `flow` after a run that took `duration`.
    pub fn collect(flow: &mut dyn Flow, cx: &mut RunContext, duration: Duration) -> Self {
        let nodes = flow.nodes().into_iter().enumerate();
        let nodes = nodes
            .map(|(position, node)| node_report(node, cx.pool().copies(position)))
            .collect();
        let now = cx.now();
        let plans = flow.plan().streams.iter();
        let streams = plans.zip(flow.streams()).map(|(plan, stream)| StreamReport {
            plan,
            stats: stream.stats(now),
        });
        Self {
            flow: flow.plan().name,
            duration,
            nodes,
            streams: streams.collect(),
            pool: cx.pool().stats(),
            live: cx.pool().live(),
            events: cx.events().to_json(),
            events_dropped: cx.events().dropped(),
            replicas: Vec::new(),
        }
    }

    fn sum(&self, of: impl Fn(&NodeStats) -> u64) -> u64 {
        self.nodes.iter().map(|node| of(&node.stats)).sum()
    }

    /// Number of elements that entered the flow.
    fn entered(&self) -> u64 {
        let sources = self.nodes.iter().filter(|node| node.role == Role::Source);
        sources.map(|node| node.stats.emitted).sum()
    }

    /// Number of elements that sinks delivered.
    fn delivered(&self) -> u64 {
        self.sum(|stats| stats.delivered)
    }

    /// Number of elements in streams or nodes when the flow ended.
    fn undelivered(&self) -> u64 {
        let discarded: u64 = self.streams.iter().map(|stream| stream.stats.discarded).sum();
        discarded + self.sum(|stats| stats.failed)
    }

    fn dropped(&self) -> u64 {
        self.streams.iter().map(|stream| stream.stats.dropped()).sum()
    }

    /// Whether every element is accounted for (design section 1) and every buffer was returned.
    fn is_balanced(&self) -> bool {
        self.nodes.iter().all(|node| node.stats.is_balanced(node.role))
            && self.streams.iter().all(|stream| stream.stats.is_balanced())
            && self.live == 0
    }

    fn copies(&self) -> CopyStats {
        let all = self.nodes.iter().map(|node| node.copies);
        all.fold(CopyStats::default(), CopyStats::and)
    }

    /// Bytes of payload copied for each byte that a source put into a buffer.
    fn copy_amplification(&self) -> f64 {
        let sources = self.nodes.iter().filter(|node| node.role == Role::Source);
        let made: u64 = sources
            .map(|node| node.copies.write.bytes + node.copies.host_serialize.bytes)
            .sum();
        let copies = self.copies();
        of_payloads(copies).bytes as f64 / made.max(1) as f64
    }

    fn throughput(&self) -> f64 {
        self.entered() as f64 / self.duration.as_secs_f64().max(f64::EPSILON)
    }

    /// The throughput in words; `None` for a run that was too short or emitted nothing.
    fn rate(&self) -> Option<String> {
        let says_something = self.duration >= MOMENT && self.entered() > 0;
        says_something.then(|| match self.throughput() {
            rate if rate < 0.05 => "less than 0.1 elem/s".to_owned(),
            rate if rate < 10.0 => format!("~{rate:.1} elem/s"),
            rate => format!("~{rate:.0} elem/s"),
        })
    }

    /// The summary, as text.
    #[must_use]
    pub fn to_text(&self, outcome: &Outcome) -> String {
        let (entered, delivered) = (self.entered(), self.delivered());
        let elements = match entered == delivered {
            true => entered.to_string(),
            false => format!("{entered} in, {delivered} delivered"),
        };
        let copies = self.copies();
        let mut text = format!(
            "\n  ── Summary ──────────────\n  Flow:        {}\n  State:       {}\n  Elements:    {elements}\n",
            self.flow,
            outcome.ending.as_str()
        );
        let mut row = |name: &str, value: String| {
            writeln!(text, "  {:<13}{value}", format!("{name}:")).expect("invariant: writing to a String succeeds");
        };
        if self.dropped() > 0 {
            row("Dropped", self.dropped().to_string());
        }
        if self.undelivered() > 0 {
            row("Undelivered", format!("{} when the flow ended", self.undelivered()));
        }
        row("Duration", duration(self.duration));
        if let Some(rate) = self.rate() {
            row("Throughput", rate);
        }
        row("Copies", copies_in_words(copies));
        let peak = self.streams.iter().map(|stream| stream.stats.peak_depth).max();
        row("Peak queue", count(peak.unwrap_or(0), "element"));
        text.push_str(&self.account());
        text
    }

    /// One line of summary for a flow that failed; empty if no element entered it.
    #[must_use]
    pub fn remnant(&self, outcome: &Outcome) -> String {
        let (flow, state, entered) = (self.flow, outcome.ending.as_str(), self.entered());
        if entered == 0 {
            return String::new();
        }
        let undelivered = match self.undelivered() {
            0 => String::new(),
            number => format!(", {number} undelivered"),
        };
        format!(
            "\nFlow {flow} {state}: {entered} in, {} delivered{undelivered}; `--report` shows the account\n",
            self.delivered()
        )
    }

    /// The account of every node and every stream, as text.
    fn account(&self) -> String {
        let mut text = String::from("\n  ── Account ──────────────\n");
        let rows = self.nodes.iter().map(|node| (node.name.to_owned(), node.to_text()));
        let streams = self.streams.iter().map(|stream| {
            let name = format!("{} → {}", stream.plan.from, stream.plan.to);
            (name, stream.to_text())
        });
        let replicas = self.replicas.iter().enumerate();
        let replicas = replicas.map(|(number, replica)| (format!("replica {number}"), replica.to_text()));
        let rows: Vec<(String, String)> = rows.chain(streams).chain(replicas).collect();
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, account) in rows {
            text.push_str(&format!("  {name:<width$}  {account}\n"));
        }
        text
    }

    fn pool_json(&self) -> Value {
        let pool = self.pool;
        let mut object = named(pool.fields());
        object.insert("live".to_owned(), json!(self.live));
        let reuse_rate = pool.reused as f64 / pool.allocated.max(1) as f64;
        object.insert("reuse_rate".to_owned(), json!(reuse_rate));
        Value::Object(object)
    }

    /// The whole report as JSON.
    #[must_use]
    pub fn to_json(&self, outcome: &Outcome, exit_code: u8) -> Value {
        let replicas = self.replicas.iter().enumerate();
        json!({
            "flow": self.flow,
            "state": outcome.ending.as_str(),
            "elements": self.entered(),
            "delivered": self.delivered(),
            "undelivered": self.undelivered(),
            "balanced": self.is_balanced(),
            "duration_ms": self.duration.as_secs_f64() * 1e3,
            "elements_per_s": self.throughput(),
            "copies": { "count": of_payloads(self.copies()).count, "bytes": of_payloads(self.copies()).bytes },
            "copy_amplification": self.copy_amplification(),
            "nodes": self.nodes.iter().map(NodeReport::to_json).collect::<Vec<_>>(),
            "streams": self.streams.iter().map(StreamReport::to_json).collect::<Vec<_>>(),
            "pool": self.pool_json(),
            "replicas": replicas.map(|(number, replica)| replica.to_json(number)).collect::<Vec<_>>(),
            "events": self.events,
            "events_dropped": self.events_dropped,
            "errors": outcome.failures.iter().map(failure_json).collect::<Vec<_>>(),
            "exit_code": exit_code,
        })
    }
}
