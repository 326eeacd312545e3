//! The rules that a case exercises, seen from outside: by its flow, and by the report of the model.

use serde_json::Value;

use crate::model::{MAX_RESTARTS, Outcome};
use crate::shape::{Case, Category, ERROR_PORT, FanOut, Merge, Policy, Role};

/// A case with its outcome.
pub(crate) struct Seen<'a> {
    pub(crate) case: &'a Case,
    pub(crate) outcome: &'a Outcome,
}

/// A rule, a test that it was at work, and the least number of 2,000 cases with it.
pub(crate) type Feature = (&'static str, fn(&Seen<'_>) -> bool, usize);

impl Seen<'_> {
    fn list(&self, key: &str) -> impl Iterator<Item = &Value> {
        self.outcome.report[key].as_array().into_iter().flatten()
    }

    /// Whether there was an event of this name for which `is` holds.
    fn event(&self, name: &str, is: impl Fn(&Value) -> bool) -> bool {
        self.list("events").any(|event| event["event"] == name && is(event))
    }

    fn happened(&self, name: &str) -> bool {
        self.event(name, |_| true)
    }

    fn failed_with(&self, code: &str) -> bool {
        self.list("errors").any(|error| error["code"] == code)
    }

    fn call_failed_with(&self, code: &str) -> bool {
        self.event("call-failed", |event| event["code"] == code)
    }

    fn node(&self, role: Role, key: &str, least: u64) -> bool {
        self.list("nodes")
            .any(|node| node["role"] == role.as_str() && count(&node[key]) >= least)
    }

    fn any_node(&self, key: &str) -> bool {
        Role::ALL.iter().any(|role| self.node(*role, key, 1))
    }

    /// Whether there is a stream for which `is` holds.
    fn stream(&self, is: impl Fn(&Value, &crate::shape::EdgeShape) -> bool) -> bool {
        self.list("streams")
            .zip(&self.case.shape.edges)
            .any(|(stream, edge)| is(stream, edge))
    }

    /// Whether a node with this merge took elements from several inputs.
    fn merged(&self, merge: Merge) -> bool {
        let shape = &self.case.shape;
        (0..shape.nodes.len())
            .filter(|at| shape.nodes[*at].merge == merge)
            .any(|at| {
                let used = self.list("streams").zip(&shape.edges);
                used.filter(|(stream, edge)| {
                    edge.to == at && count(&stream["dequeued"]) > 0 && count(&stream["peak_depth"]) > 1
                })
                .count()
                    > 1
            })
    }

    /// Whether a port with several streams and this fan-out had a full stream.
    fn fanned_out(&self, fan_out: FanOut) -> bool {
        let shape = &self.case.shape;
        self.stream(|stream, edge| {
            shape.nodes[edge.from].fan_out == fan_out
                && shape.port(edge.from, edge.port).len() > 1
                && count(&stream["backpressure_episodes"]) > 0
        })
    }

    /// Whether a stream of this policy was full; `shared`: while its producer waited for several.
    fn full(&self, policy: Policy, shared: bool) -> bool {
        self.stream(|stream, edge| {
            edge.policy.as_str() == policy.as_str()
                && self.case.shape.is_shared(edge) == shared
                && count(&stream["backpressure_episodes"]) > 0
        })
    }

    /// Whether a breaker opened again after a trial call.
    fn reopened(&self) -> bool {
        let breaker = |event: &&Value| event["event"] == "breaker-opened" || event["event"] == "breaker-closed";
        let events: Vec<&Value> = self.list("events").filter(breaker).collect();
        self.case.shape.nodes.iter().any(|node| {
            let own: Vec<&&Value> = events
                .iter()
                .filter(|event| event["node"] == node.name.as_str())
                .collect();
            own.windows(2)
                .any(|pair| pair[0]["event"] == "breaker-opened" && pair[1]["event"] == "breaker-opened")
        })
    }

    /// Whether a router received elements under a script with this letter.
    fn routed(&self, letter: char) -> bool {
        let nodes = self.case.shape.nodes.iter().zip(&self.case.scripts);
        let mut routers = nodes.filter(|(node, script)| node.role == Role::Router && script.script.starts_with(letter));
        routers.any(|(node, _)| {
            self.list("nodes")
                .any(|counted| counted["name"] == node.name.as_str() && count(&counted["in"]) > 0)
        })
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Every rule of the semantics that a run can show.
pub(crate) const FEATURES: &[Feature] = &[
    ("completed", |s| s.outcome.exit_code == 0, 700),
    ("failed", |s| s.outcome.exit_code == 1, 250),
    ("a processor emits", |s| s.node(Role::Processor, "out", 1), 400),
    ("a processor drops", |s| s.node(Role::Processor, "absorbed", 1), 250),
    ("a filter passes", |s| s.node(Role::Filter, "out", 1), 250),
    ("a filter rejects", |s| s.node(Role::Filter, "filtered", 1), 200),
    ("a router filters", |s| s.node(Role::Router, "filtered", 1), 150),
    ("a router names no port", |s| s.routed('0'), 80),
    ("a router names both ports", |s| s.routed('3'), 20),
    ("a router names a port twice", |s| s.routed('7'), 55),
    (
        "an aggregator ingests",
        |s| s.node(Role::Aggregator, "absorbed", 1),
        300,
    ),
    ("an aggregator emits", |s| s.node(Role::Aggregator, "out", 1), 300),
    ("an aggregator flushes", |s| s.node(Role::Aggregator, "flushed", 1), 250),
    (
        "an aggregator flushes several",
        |s| s.node(Role::Aggregator, "flushed", 2),
        100,
    ),
    ("results of a flush wait for room", |s| flush_waits(s), 100),
    ("a sink pauses", |s| s.happened("sink-paused"), 650),
    (
        "a sink has dead letters",
        |s| s.node(Role::Sink, "dead_lettered", 1),
        35,
    ),
    (
        "several sources emit",
        |s| {
            s.list("nodes")
                .filter(|n| n["role"] == "source" && count(&n["out"]) > 1)
                .count()
                > 1
        },
        200,
    ),
    ("round-robin merges", |s| s.merged(Merge::RoundRobin), 55),
    ("priority merges", |s| s.merged(Merge::Priority), 50),
    ("fan-out waits for all", |s| s.fanned_out(FanOut::Minimum), 300),
    ("fan-out is independent", |s| s.fanned_out(FanOut::Independent), 250),
    ("block is full", |s| s.full(Policy::Block, false), 350),
    (
        "drop-oldest is full and shared",
        |s| s.full(Policy::DropOldest, true),
        90,
    ),
    (
        "drop-newest is full and shared",
        |s| s.full(Policy::DropNewest, true),
        45,
    ),
    ("error is full and shared", |s| s.full(Policy::Error, true), 45),
    ("rate-limit is full", |s| s.full(Policy::RateLimit(1), false), 150),
    (
        "rate-limit is full and shared",
        |s| s.full(Policy::RateLimit(1), true),
        65,
    ),
    (
        "the oldest is dropped",
        |s| s.stream(|n, _| count(&n["dropped"]["drop-oldest"]) > 0),
        95,
    ),
    (
        "the newest is dropped",
        |s| s.stream(|n, _| count(&n["dropped"]["drop-newest"]) > 0),
        35,
    ),
    (
        "an episode tells its drops",
        |s| s.event("backpressure-relieved", |e| count(&e["dropped"]) > 0),
        100,
    ),
    ("a stream overflows", |s| s.failed_with("E0403"), 45),
    ("a rate makes wait", |s| rate_waits(s), 300),
    (
        "a rate allows a burst",
        |s| s.stream(|n, edge| matches!(edge.policy, Policy::RateLimit(150..)) && count(&n["enqueued"]) > 1),
        250,
    ),
    ("pressure is relieved", |s| s.happened("backpressure-relieved"), 700),
    (
        "pressure lasts to the end",
        |s| s.stream(|n, _| count(&n["discarded"]) > 0 && count(&n["backpressure_ns"]) > 0),
        35,
    ),
    (
        "a source hears pause",
        |s| s.event("notified", |e| e["signal"] == "pause"),
        550,
    ),
    (
        "a source hears ready",
        |s| s.event("notified", |e| e["signal"] == "ready"),
        500,
    ),
    (
        "elements are discarded",
        |s| s.stream(|n, _| count(&n["discarded"]) > 0),
        150,
    ),
    ("an element is skipped", |s| s.happened("skipped"), 250),
    ("a pull is skipped", |s| s.node(Role::Source, "skipped", 1), 100),
    ("an element is dead-lettered", |s| s.happened("dead-lettered"), 200),
    ("a dead letter fails again", |s| dead_twice(s), 6),
    (
        "a dead letter meets a full stream",
        |s| s.stream(|n, edge| edge.port == ERROR_PORT && count(&n["backpressure_episodes"]) > 0),
        65,
    ),
    ("a call is tried again", |s| s.happened("retry"), 450),
    ("a pull is tried again", |s| s.node(Role::Source, "retries", 1), 150),
    (
        "tried again for the fourth time",
        |s| s.event("retry", |e| e["attempt"] == 4),
        30,
    ),
    (
        "a retry waits the longest",
        |s| s.event("retry", |e| e["delay_ns"] == 60_000_000_000_u64),
        65,
    ),
    (
        "an element in hand fails with the flow",
        |s| s.list("nodes").filter(|n| count(&n["failed"]) > 0).count() > 1,
        25,
    ),
    ("a breaker opens", |s| s.happened("breaker-opened"), 55),
    ("a breaker closes", |s| s.happened("breaker-closed"), 30),
    ("a breaker opens again", |s| s.reopened(), 35),
    ("a trap", |s| s.call_failed_with("E0412"), 95),
    ("a trap ends the flow", |s| s.failed_with("E0412"), 6),
    ("an instance is made anew", |s| s.any_node("restarts"), 90),
    ("too many restarts", |s| s.failed_with("E0416"), 30),
    (
        "old restarts are forgotten",
        |s| s.list("nodes").any(|n| count(&n["restarts"]) > MAX_RESTARTS as u64),
        15,
    ),
    ("fatal", |s| s.failed_with("E0410"), 15),
    ("an error ends the flow", |s| s.failed_with("E0411"), 95),
    ("invalid-input", |s| failed_by(s, Category::InvalidInput), 200),
    ("unavailable", |s| failed_by(s, Category::Unavailable), 300),
    ("internal", |s| failed_by(s, Category::Internal), 350),
    ("deadline-exceeded", |s| failed_by(s, Category::DeadlineExceeded), 200),
    ("an element is too large", |s| s.call_failed_with("E0306"), 100),
    (
        "a flushed element is too large",
        |s| s.event("call-failed", |e| e["operation"] == "flush"),
        20,
    ),
    ("a port is unknown", |s| s.call_failed_with("E0204"), 30),
    (
        "a limit ends the flow",
        |s| s.case.limit.is_some_and(|limit| s.outcome.report["elements"] == limit),
        200,
    ),
    ("nothing may be emitted", |s| s.case.limit == Some(0), 30),
    (
        "time passes",
        |s| s.event("state", |e| e["state"] == "completed" && count(&e["at_ns"]) > 0),
        550,
    ),
];

fn failed_by(seen: &Seen<'_>, category: Category) -> bool {
    seen.event("call-failed", |event| event["category"] == category.as_str())
}

/// Whether pressure began after the sources had ended and before the run did.
fn flush_waits(seen: &Seen<'_>) -> bool {
    let mut ending = seen.list("events").skip_while(|event| event["state"] != "draining");
    ending.any(|event| event["event"] == "backpressure-triggered")
}

/// Whether there were more elements in a rate-limited stream than tokens at the start.
fn rate_waits(seen: &Seen<'_>) -> bool {
    seen.stream(|stream, edge| match edge.policy {
        Policy::RateLimit(per_second) => count(&stream["enqueued"]) > (per_second / 100).max(1),
        Policy::Block | Policy::DropOldest | Policy::DropNewest | Policy::Error => false,
    })
}

/// Whether a sink printed the content type of an element that two nodes gave up.
fn dead_twice(seen: &Seen<'_>) -> bool {
    seen.outcome
        .lines
        .iter()
        .any(|line| line.matches("torvyn-error=").count() > 1)
}
