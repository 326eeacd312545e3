//! A stage with its place in the flow: which streams it takes from and puts into, and what it counted.

use crate::clock::Time;
use crate::context::RunContext;
use crate::element::Element;
use crate::error::{Cause, Failure, Operation};
use crate::event::Event;
use crate::host::CopyStats;
use crate::plan::{FanOut, FlowPlan, Merge, NodePlan};
use crate::queue::{Pushed, Room, Stream};
use crate::stage::{Called, Demand, Payload, Stage};

mod aggregator;
mod filter;
mod policy;
mod processor;
mod router;
mod sink;
mod source;

pub use aggregator::AggregatorNode;
pub use filter::FilterNode;
pub use processor::ProcessorNode;
pub use router::RouterNode;
pub use sink::SinkNode;
pub use source::SourceNode;

use policy::Policy;

/// What became of a node's elements. Of a node that is no source, `received` + `flushed` = `emitted` + `filtered` +
/// `absorbed` + `delivered` + `skipped` + `dead_lettered` + `failed` once the flow has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// Elements taken in.
    pub received: u64,
    /// Elements put out; with several streams from a port, still one.
    pub emitted: u64,
    /// Elements a filter rejected or a router sent nowhere.
    pub filtered: u64,
    /// Elements consumed without a result.
    pub absorbed: u64,
    /// Elements a sink took.
    pub delivered: u64,
    /// Elements an aggregator had left at the end.
    pub flushed: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls repeated.
    pub retries: u64,
    /// Elements that ended here because they could not be handled; of a source, pulls.
    pub skipped: u64,
    /// Elements that left by port `error`.
    pub dead_lettered: u64,
    /// Elements in hand when the flow ended.
    pub failed: u64,
    /// Times the stage was made anew.
    pub restarts: u64,
    /// Buffers the stage owned when it ended.
    pub leaked_buffers: u64,
}

/// What the driver does with every node, whatever its role.
pub trait Node {
    /// What the compiler decided.
    fn plan(&self) -> &'static NodePlan;

    /// Prepares the stage with its configuration.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure>;

    /// Tells a source about pressure downstream.
    ///
    /// # Errors
    /// When that failed and its error policy ends the flow.
    fn notify(&mut self, _cx: &mut RunContext, _signal: Demand) -> Result<(), Failure> {
        Ok(())
    }

    /// No further element will arrive: an aggregator gives what it has left, a sink completes.
    ///
    /// # Errors
    /// What the stage reports.
    fn finish(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Tells a sink to complete after a failure of the flow; others have nothing to save.
    ///
    /// # Errors
    /// What the sink reports.
    fn rescue(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Gives up the elements in hand, because the flow ended before they were done with.
    fn abandon(&mut self, cx: &mut RunContext);

    /// Ends the stage.
    ///
    /// # Errors
    /// What the stage reports.
    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure>;

    /// What became of the elements so far.
    fn stats(&self) -> NodeStats;

    /// What was copied across the sandbox so far.
    fn copies(&self) -> CopyStats;
}

/// The part of a node that does not depend on its role.
struct Place<S> {
    plan: &'static NodePlan,
    /// Position in the flow's plan.
    position: usize,
    /// What implements the node, for failures.
    component: &'static str,
    stage: S,
    config: String,
    stats: NodeStats,
    /// Where the search for an input starts (round-robin merge).
    next_input: usize,
    /// An element that waits to be tried again.
    hand: Option<Element>,
    policy: Policy,
    /// Whether a stream that leaves the node bounds the size of its elements.
    sized: bool,
}

impl<S: Stage> Place<S> {
    fn new(
        flow: &'static FlowPlan,
        position: usize,
        component: &'static str,
        stage: Called<S>,
    ) -> Result<Self, Failure> {
        let plan = &flow.nodes[position];
        let mut outputs = plan.outputs.iter().flat_map(|port| port.streams);
        let stage = stage.map_err(|cause| Failure {
            node: plan.name,
            component,
            operation: Operation::Instantiate,
            element: None,
            cause,
        })?;
        Ok(Self {
            plan,
            position,
            component,
            stage,
            config: String::new(),
            stats: NodeStats::default(),
            next_input: 0,
            hand: None,
            policy: Policy::default(),
            sized: outputs.any(|stream| flow.streams[*stream].max_element_bytes.is_some()),
        })
    }

    fn failure(&self, operation: Operation, element: Option<u64>, cause: Cause) -> Failure {
        Failure {
            node: self.plan.name,
            component: self.component,
            operation,
            element,
            cause,
        }
    }

    /// A failure outside of the elements' way: reported, and no error policy applies.
    fn report(&mut self, cx: &mut RunContext, operation: Operation, cause: Cause) -> Failure {
        let failure = self.failure(operation, None, cause);
        policy::note_failure(self, cx, &failure);
        failure
    }

    #[inline]
    fn has_input(&self, streams: &[Stream]) -> bool {
        self.plan.inputs.iter().any(|input| !streams[*input].is_empty())
    }

    /// Whether there is an element to handle, now or at a time that is then noted in `cx`. `not_before` is the caller's
    /// own reason to wait.
    #[inline]
    fn has_work(&self, cx: &mut RunContext, streams: &[Stream], not_before: Time) -> bool {
        if self.hand.is_none() && !self.has_input(streams) {
            return false;
        }
        self.may_call(cx, not_before)
    }

    /// Whether the stage may be called now; else the time is noted.
    #[inline]
    fn may_call(&self, cx: &mut RunContext, not_before: Time) -> bool {
        let due = self.policy.due().max(not_before);
        if due <= cx.now() {
            return true;
        }
        cx.wake_at(due);
        false
    }

    /// Whether every stream that leaves the node takes an element; a stream's pace is noted in `cx`.
    #[inline]
    fn outputs_accept(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        let mut not_before = Time::START;
        let ports = self.plan.outputs.iter().map(|port| port.streams);
        for stream in ports.chain([self.plan.dead_letters]).flatten() {
            match streams[*stream].room(cx.now()) {
                Room::Yes => {}
                Room::Full => return false,
                Room::NotBefore(time) => not_before = not_before.max(time),
            }
        }
        if not_before > cx.now() {
            cx.wake_at(not_before);
            return false;
        }
        true
    }

    /// The element to handle: the one in hand, else the oldest of the next input that has one.
    #[inline]
    fn take(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Element {
        self.stats.calls += 1;
        if let Some(element) = self.hand.take() {
            return element;
        }
        let inputs = self.plan.inputs;
        let start = match self.plan.merge {
            Merge::RoundRobin => self.next_input,
            Merge::Priority => 0,
        };
        for offset in 0..inputs.len() {
            let index = (start + offset) % inputs.len();
            if let Some(element) = streams[inputs[index]].pop(cx) {
                self.next_input = (index + 1) % inputs.len();
                self.stats.received += 1;
                return element;
            }
        }
        unreachable!("invariant: a node runs only when an input has an element")
    }

    /// A result, if the streams it goes to take it; else it is released.
    #[inline]
    fn fitting(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        result: Called<Option<Payload>>,
    ) -> Called<Option<Payload>> {
        let result = result?;
        if let Some(payload) = result
            && let Err(cause) = self.fits(cx, streams, payload)
        {
            release_payload(cx, payload);
            return Err(cause);
        }
        Ok(result)
    }

    /// Checks an element against the streams that leave the node.
    #[inline]
    fn fits(&self, cx: &mut RunContext, streams: &[Stream], payload: Payload) -> Called<()> {
        if !self.sized {
            return Ok(());
        }
        let targets = self.plan.outputs.iter().flat_map(|port| port.streams);
        self.fits_streams(cx, streams, payload, targets)
    }

    fn fits_streams<'a>(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        payload: Payload,
        mut targets: impl Iterator<Item = &'a usize>,
    ) -> Called<()> {
        let contents = cx.pool().contents(payload.buffer);
        let bytes = contents.expect("invariant: the element holds its buffer").len() as u64;
        let found = targets.find_map(|stream| {
            let limit = streams[*stream].max_element_bytes()?;
            (bytes > limit).then(|| Cause::TooLarge {
                stream: streams[*stream].name(),
                bytes,
                limit,
            })
        });
        found.map_or(Ok(()), Err)
    }

    /// Puts an element, whose buffer the node holds, out of the only port.
    #[inline]
    fn emit(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        operation: Operation,
        element: Element,
    ) -> Result<(), Failure> {
        self.stats.emitted += 1;
        let port = &self.plan.outputs[0];
        self.put(cx, streams, operation, element, port.streams.iter())
    }

    /// Puts an element into several streams, which share its buffer.
    #[inline]
    fn put(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        operation: Operation,
        element: Element,
        targets: impl ExactSizeIterator<Item = &'static usize>,
    ) -> Result<(), Failure> {
        if targets.len() > 1 {
            let more = u32::try_from(targets.len() - 1).expect("invariant: fewer than 2^32 streams");
            let retained = cx.pool().retain(element.payload, more);
            retained.expect("invariant: the element holds its buffer");
        }
        let mut overflow = None;
        for target in targets {
            match streams[*target].push(cx, element) {
                Pushed::Taken => {}
                Pushed::Dropped(dropped) => release(cx, dropped),
                Pushed::Overflow(dropped) => {
                    release(cx, dropped);
                    overflow = overflow.or(Some(*target));
                }
            }
        }
        match overflow {
            None => Ok(()),
            Some(stream) => {
                let cause = Cause::Overflow {
                    stream: streams[stream].name(),
                    depth: streams[stream].len(),
                };
                Err(self.failure(operation, Some(element.sequence), cause))
            }
        }
    }

    /// Decides what follows a failed call: nothing more than waiting, when it returns `Ok`. The element, if there is one,
    /// is in hand again, on its way out of port `error`, or released.
    #[cold]
    fn failed(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        operation: Operation,
        input: Option<Element>,
        cause: Cause,
    ) -> Result<(), Failure> {
        policy::failed(self, cx, streams, operation, input, cause)
    }

    /// A call went well.
    #[inline]
    fn succeeded(&mut self, cx: &mut RunContext) {
        if self.policy.is_eventful() && self.policy.succeeded() {
            cx.note(Event::BreakerClosed { node: self.plan.name });
        }
    }

    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
        config.clone_into(&mut self.config);
        let prepared = self.stage.init(cx, config);
        prepared.map_err(|cause| self.report(cx, Operation::Init, cause))
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        if let Some(element) = self.hand.take() {
            self.stats.failed += 1;
            release(cx, element);
        }
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        let ended = self.stage.teardown(cx);
        self.stats.leaked_buffers += cx.pool().reclaim(self.position);
        ended.map_err(|cause| self.report(cx, Operation::Teardown, cause))
    }
}

/// Ends the node's claim on the buffer of an element it handled.
fn release(cx: &mut RunContext, element: Element) {
    cx.pool()
        .release(element.payload)
        .expect("invariant: the element holds its buffer");
}

/// Returns a new element that goes nowhere.
fn release_payload(cx: &mut RunContext, payload: Payload) {
    cx.pool()
        .release(payload.buffer)
        .expect("invariant: the element holds its buffer");
}

/// For each stream of a flow, whether its producer waits for all streams of the port it belongs to.
pub(super) fn shared_streams(plan: &FlowPlan) -> Vec<bool> {
    let mut shared = vec![false; plan.streams.len()];
    for node in plan.nodes.iter().filter(|node| node.fan_out == FanOut::Minimum) {
        let ports = node.outputs.iter().map(|port| port.streams);
        for streams in ports.chain([node.dead_letters]).filter(|streams| streams.len() > 1) {
            for stream in streams {
                shared[*stream] = true;
            }
        }
    }
    shared
}

macro_rules! impl_node {
    ($name:ident, { $($own:tt)* }) => {
        impl $crate::flow::Node for $name {
            fn plan(&self) -> &'static $crate::plan::NodePlan {
                self.place.plan
            }

            fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
                self.place.init(cx, config)
            }

            $($own)*

            fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
                self.place.teardown(cx)
            }

            fn stats(&self) -> $crate::flow::NodeStats {
                self.place.stats
            }

            fn copies(&self) -> $crate::host::CopyStats {
                self.place.stage.copies()
            }
        }
    };
}
use impl_node;
