//! The run of a flow in the plainest form: the specification as a program. It shares no code with the runtime.
//!
//! In: a [`Case`]. Out: an [`Outcome`]: the output of the sinks, and the report.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::node::Node;
use crate::shape::{Case, Category, Merge, Role, Shape};
use crate::stream::{Pushed, Stream};
use crate::{order, report};

/// `max_restarts` of the project.
pub(crate) const MAX_RESTARTS: usize = 3;
/// `sink_pause_ms` of the project.
pub(crate) const SINK_PAUSE_MS: u64 = 10;
/// More steps than any finite run needs.
const MAX_STEPS: u64 = 20_000;
/// Nanoseconds in a millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// Result of a run.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Output of the sinks, in order.
    pub(crate) lines: Vec<String>,
    /// Fields of the report that do not depend on the machine.
    pub(crate) report: Value,
    pub(crate) exit_code: i32,
    /// Number of steps.
    pub(crate) steps: u64,
}

/// An element in the flow.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) sequence: u64,
    pub(crate) content_type: String,
    pub(crate) payload: String,
}

/// Reason why a call counts as failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The component's own error.
    Reported(Category),
    Fatal,
    Trap,
    /// A stream does not accept an element of this size.
    TooLarge,
    /// A router named a port without streams.
    UnknownPort,
}

impl Fault {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Fault::Reported(_) => "E0411",
            Fault::Fatal => "E0410",
            Fault::Trap => "E0412",
            Fault::TooLarge => "E0306",
            Fault::UnknownPort => "E0204",
        }
    }

    /// The category for the error policy; `None` when the fault ends the flow under every policy.
    pub(crate) fn category(self) -> Option<Category> {
        match self {
            Fault::Reported(category) => Some(category),
            Fault::Fatal => None,
            Fault::Trap | Fault::TooLarge | Fault::UnknownPort => Some(Category::Internal),
        }
    }
}

/// A failure that ends a flow, or is reported at its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) node: usize,
    pub(crate) operation: &'static str,
    pub(crate) element: Option<u64>,
}

/// A run of a flow.
pub(crate) struct Run<'a> {
    pub(crate) shape: &'a Shape,
    /// Nodes by declaration, like the edges.
    pub(crate) nodes: Vec<Node>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) topological: Vec<usize>,
    pub(crate) events: Vec<Value>,
    pub(crate) failures: Vec<Failure>,
    /// Nanoseconds since the start.
    pub(crate) now: u64,
    pub(crate) next_sequence: u64,
    schedule: Vec<usize>,
    /// Notices for sources, delivered before the next step.
    notices: VecDeque<(usize, &'static str)>,
    pub(crate) limit: Option<u64>,
    pub(crate) draining: bool,
    pub(crate) lines: Vec<String>,
    steps: u64,
}

/// Runs `case` to its end.
pub(crate) fn run(case: &Case) -> Outcome {
    let mut run = Run::new(case);
    for state in ["validated", "instantiated", "running"] {
        run.event("state", json!({ "state": state }));
    }
    let ended = run.work().and_then(|()| run.end());
    run.failures.extend(ended.err());
    run.close();
    Outcome {
        report: report::of(&run),
        exit_code: run.exit_code(),
        lines: run.lines,
        steps: run.steps,
    }
}

impl<'a> Run<'a> {
    fn new(case: &'a Case) -> Self {
        let shape = &case.shape;
        let streams = shape.edges.iter().map(|edge| Stream::new(edge, shape.is_shared(edge)));
        Self {
            shape,
            nodes: (0..shape.nodes.len()).map(|at| Node::new(case, at)).collect(),
            streams: streams.collect(),
            topological: order::topological(shape),
            events: Vec::new(),
            failures: Vec::new(),
            now: 0,
            next_sequence: 0,
            schedule: order::schedule(shape),
            notices: VecDeque::new(),
            limit: case.limit,
            draining: case.limit == Some(0),
            lines: Vec::new(),
            steps: 0,
        }
    }

    /// The word for the final state of the run.
    pub(crate) fn state(&self) -> &'static str {
        match self.failures.is_empty() {
            true => "completed",
            false => "failed",
        }
    }

    pub(crate) fn exit_code(&self) -> i32 {
        i32::from(!self.failures.is_empty())
    }

    pub(crate) fn event(&mut self, name: &str, mut fields: Value) {
        fields["at_ns"] = json!(self.now);
        fields["event"] = json!(name);
        self.events.push(fields);
    }

    /// Logs an event of a node.
    pub(crate) fn tell(&mut self, name: &str, node: usize, mut fields: Value) {
        fields["node"] = json!(self.shape.nodes[node].name);
        self.event(name, fields);
    }

    /// Logs an event of a stream.
    fn tell_pressure(&mut self, name: &str, stream: usize, mut fields: Value) {
        let (from, to) = report::ends(self.shape, stream);
        fields["stream"] = json!(format!("{from} -> {to}"));
        fields["depth"] = json!(self.streams[stream].queue.len());
        self.event(name, fields);
    }

    /// Runs nodes until none is ready and no timer is left.
    pub(crate) fn work(&mut self) -> Result<(), Failure> {
        loop {
            self.notify();
            if let Some(node) = self.schedule.iter().copied().find(|node| self.is_ready(*node)) {
                self.steps += 1;
                assert!(self.steps < MAX_STEPS, "flow `{}` does not end", self.shape.name);
                self.turn(node)?;
            } else if let Some(next) = self.timers().into_iter().min() {
                self.now = next;
            } else {
                return Ok(());
            }
        }
    }

    /// Delivers notices to sources. Scripted sources ignore them.
    fn notify(&mut self) {
        while let Some((source, signal)) = self.notices.pop_front() {
            if !self.nodes[source].exhausted && !self.draining {
                self.tell("notified", source, json!({ "signal": signal }));
            }
        }
    }

    fn is_ready(&self, at: usize) -> bool {
        let accepts = |output: &usize| self.streams[*output].accepts(self.now);
        self.is_willing(at) && self.nodes[at].outputs().iter().all(accepts)
    }

    /// Whether a node would run if its outputs had room.
    fn is_willing(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let waits = [node.retry_at, node.paused_until, node.breaker.unwrap_or(0)]
            .iter()
            .any(|until| *until > self.now);
        !node.results.is_empty() || (self.has_work(at) && !waits)
    }

    /// Whether a node has an element to handle, now or later.
    fn has_work(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let has_input = |input: &usize| !self.streams[*input].queue.is_empty();
        match node.role {
            Role::Source => !node.exhausted && !self.draining,
            Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink => {
                node.in_hand.is_some() || node.inputs.iter().any(has_input)
            }
        }
    }

    /// Future times at which a waiting node may become ready.
    fn timers(&self) -> Vec<u64> {
        let mut timers = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if self.has_work(at) {
                timers.extend([node.retry_at, node.paused_until]);
                timers.extend(node.breaker);
            }
            let outputs: Vec<&Stream> = node.outputs().into_iter().map(|output| &self.streams[output]).collect();
            if self.is_willing(at) && outputs.iter().all(|stream| stream.has_room()) {
                timers.extend(outputs.iter().map(|stream| stream.next_token()));
            }
        }
        timers.retain(|timer| *timer > self.now);
        timers
    }

    /// One run of a node.
    fn turn(&mut self, at: usize) -> Result<(), Failure> {
        if let Some(result) = self.nodes[at].results.pop_front() {
            return self.emit_result(at, result);
        }
        let input = self.take(at);
        let reply = self.nodes[at].guest.call(input.as_ref(), &mut self.lines);
        match reply.and_then(|reply| self.effect(at, input.as_ref(), reply)) {
            Ok(effect) => {
                self.close_breaker(at);
                self.nodes[at].attempts = 0;
                self.nodes[at].last_sequence = input.map_or(0, |input| input.sequence);
                self.apply(at, effect)
            }
            Err(fault) => self.fail(at, input, fault),
        }
    }

    /// The next element for a node; `None` for a source.
    fn take(&mut self, at: usize) -> Option<Element> {
        let node = &mut self.nodes[at];
        if node.role == Role::Source || node.in_hand.is_some() {
            return node.in_hand.take();
        }
        let count = node.inputs.len();
        let first = match (self.shape.nodes[at].merge, node.last_input) {
            (Merge::RoundRobin, Some(last)) => last + 1,
            (Merge::RoundRobin, None) | (Merge::Priority, _) => 0,
        };
        let mut asked = (first..first + count).map(|turn| turn % count);
        let input = asked.find(|input| !self.streams[node.inputs[*input]].queue.is_empty());
        let input = input.expect("a node without input is not ready");
        node.last_input = Some(input);
        node.counters.taken += 1;
        node.attempts = 0;
        Some(self.pop(self.nodes[at].inputs[input]))
    }

    fn pop(&mut self, stream: usize) -> Element {
        let (element, relief) = self.streams[stream].pop(self.now);
        if let Some(relief) = relief {
            let fields = json!({ "duration_ns": relief.duration_ns, "dropped": relief.dropped });
            self.tell_pressure("backpressure-relieved", stream, fields);
            self.press(stream, false);
        }
        element
    }

    /// Records that a stream became full or has room again: the sources upstream are notified, if it holds them up.
    fn press(&mut self, stream: usize, full: bool) {
        if !self.streams[stream].stalls {
            return;
        }
        for source in order::sources_above(self.shape, self.shape.edges[stream].from) {
            let pressure = &mut self.nodes[source].pressure;
            let before = *pressure;
            *pressure = if full { before + 1 } else { before - 1 };
            match (before, *pressure) {
                (0, _) => self.notices.push_back((source, "pause")),
                (_, 0) => self.notices.push_back((source, "ready")),
                (_, _) => {}
            }
        }
    }

    /// Puts an element into several streams; if one overflows, the flow ends.
    pub(crate) fn push(
        &mut self,
        at: usize,
        operation: &'static str,
        element: &Element,
        to: &[usize],
    ) -> Result<(), Failure> {
        let mut overflow = None;
        for stream in to {
            match self.streams[*stream].push(self.now, element.clone()) {
                Pushed::Normal => {}
                Pushed::BecameFull => {
                    self.tell_pressure("backpressure-triggered", *stream, json!({}));
                    self.press(*stream, true);
                }
                Pushed::Overflow => {
                    overflow = Some(Failure {
                        code: "E0403",
                        node: at,
                        operation,
                        element: Some(element.sequence),
                    });
                }
            }
        }
        overflow.map_or(Ok(()), Err)
    }
}
