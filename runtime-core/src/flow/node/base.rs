//! The part of a node that depends neither on its role nor on its stage: where it stands in the flow, what waits for it, what
//! it counted.

use super::policy::Policy;
use crate::account::NodeStats;
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::error::{Cause, Failure, Operation};
use crate::event::Event;
use crate::plan::{FlowPlan, Merge, NodePlan};
use crate::stage::{Called, Payload};
use crate::stream::{Pushed, Room, Stream};

/// The part of a node that depends neither on its role nor on its stage.
pub struct Base {
    pub(super) plan: &'static NodePlan,
    /// Position in the flow's plan.
    pub(super) position: usize,
    /// What implements the node, for failures.
    pub(super) component: &'static str,
    pub(super) config: String,
    pub(super) stats: NodeStats,
    /// Where the search for an input starts (round-robin merge).
    next_input: usize,
    /// An element that waits to be tried again.
    pub(super) hand: Option<Element>,
    pub(super) policy: Policy,
    /// Whether a stream that leaves the node bounds the size of its elements.
    sized: bool,
}

impl Base {
    /// Of node `position`, which `component` implements.
    pub(super) fn new(flow: &'static FlowPlan, position: usize, component: &'static str) -> Self {
        let plan = &flow.nodes[position];
        let mut outputs = plan.outputs.iter().flat_map(|port| port.streams);
        Self {
            plan,
            position,
            component,
            config: String::new(),
            stats: NodeStats::default(),
            next_input: 0,
            hand: None,
            policy: Policy::default(),
            sized: outputs.any(|stream| flow.streams[*stream].max_element_bytes.is_some()),
        }
    }

    pub(super) fn failure(&self, operation: Operation, element: Option<u64>, cause: Cause) -> Failure {
        Failure {
            node: self.plan.name,
            component: self.component,
            operation,
            element,
            cause,
        }
    }

    /// A failure outside of the elements' way: reported, and no error policy applies.
    pub(super) fn report(&mut self, cx: &mut RunContext, operation: Operation, cause: Cause) -> Failure {
        let failure = self.failure(operation, None, cause);
        self.note_failure(cx, &failure);
        failure
    }

    /// Counts and reports a failed call.
    pub(super) fn note_failure(&mut self, cx: &mut RunContext, failure: &Failure) {
        self.stats.errors += 1;
        cx.note(Event::CallFailed {
            node: self.plan.name,
            operation: failure.operation.as_str(),
            element: failure.element,
            code: failure.code(),
            category: failure.cause.category(),
        });
    }

    /// Whether an element waits, and whatever comes of it has room.
    #[inline]
    pub(super) fn is_ready(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.has_work(cx, streams, Time::START) && self.outputs_accept(cx, streams)
    }

    #[inline]
    pub(super) fn has_input(&self, streams: &[Stream]) -> bool {
        self.plan.inputs.iter().any(|input| !streams[*input].is_empty())
    }

    /// Whether there is an element to handle, now or at a time that is then noted in `cx`. `not_before` is the caller's
    /// own reason to wait.
    #[inline]
    pub(super) fn has_work(&self, cx: &mut RunContext, streams: &[Stream], not_before: Time) -> bool {
        if self.hand.is_none() && !self.has_input(streams) {
            return false;
        }
        self.may_call(cx, not_before)
    }

    /// Whether the stage may be called now; else the time is noted.
    #[inline]
    pub(super) fn may_call(&self, cx: &mut RunContext, not_before: Time) -> bool {
        let due = self.policy.due().max(not_before);
        if due <= cx.now() {
            return true;
        }
        cx.wake_at(due);
        false
    }

    /// Whether every stream that leaves the node takes an element; a stream's pace is noted in `cx`.
    #[inline]
    pub(super) fn outputs_accept(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
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

    /// Whether an element may be handed to the node without passing through the stream in front of it: nothing is to be
    /// handled before, nothing depends on how the call goes, and whatever comes of it has room.
    #[inline]
    pub(in crate::flow) fn is_clear(&self, cx: &mut RunContext, streams: &[Stream], not_before: Time) -> bool {
        self.hand.is_none()
            && !self.has_input(streams)
            && !self.policy.is_eventful()
            && not_before <= cx.now()
            && self.outputs_accept(cx, streams)
    }

    /// An element that did not pass through the stream in front of the node is handled.
    #[inline]
    pub(in crate::flow) fn receive(&mut self) {
        self.stats.calls += 1;
        self.stats.received += 1;
    }

    /// Counts what the stage did within a chain that takes elements through several stages by itself.
    pub(in crate::flow) fn count(&mut self, counts: Counts) {
        self.stats.calls += counts.calls;
        self.stats.received += counts.calls;
        self.stats.emitted += counts.emitted;
    }

    /// The element to handle: the one in hand, else the oldest of the next input that has one.
    #[inline]
    pub(in crate::flow) fn take(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Element {
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
    pub(super) fn fitting(
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
    pub(super) fn fits(&self, cx: &mut RunContext, streams: &[Stream], payload: Payload) -> Called<()> {
        if !self.sized {
            return Ok(());
        }
        let targets = self.plan.outputs.iter().flat_map(|port| port.streams);
        self.fits_streams(cx, streams, payload, targets)
    }

    pub(super) fn fits_streams<'a>(
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
    pub(in crate::flow) fn emit(
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
    pub(super) fn put(
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

    /// A call went well.
    #[inline]
    pub(super) fn succeeded(&mut self, cx: &mut RunContext) {
        if self.policy.is_eventful() && self.policy.succeeded() {
            cx.note(Event::BreakerClosed { node: self.plan.name });
        }
    }

    pub(super) fn abandon(&mut self, cx: &mut RunContext) {
        if let Some(element) = self.hand.take() {
            self.stats.failed += 1;
            release(cx, element);
        }
    }

    /// Whether nothing depends on how the next call goes.
    #[inline]
    pub(in crate::flow) fn is_quiet(&self) -> bool {
        !self.policy.is_eventful()
    }

    /// An element that the node has put out was handed on.
    #[inline]
    pub(in crate::flow) fn passed(&mut self) {
        self.stats.emitted += 1;
    }
}

/// Ends the node's claim on the buffer of an element it handled.
pub(super) fn release(cx: &mut RunContext, element: Element) {
    cx.pool()
        .release(element.payload)
        .expect("invariant: the element holds its buffer");
}

/// Returns a new element that goes nowhere.
pub(super) fn release_payload(cx: &mut RunContext, payload: Payload) {
    cx.pool()
        .release(payload.buffer)
        .expect("invariant: the element holds its buffer");
}
