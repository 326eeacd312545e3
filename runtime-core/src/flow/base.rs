//! The part of a node that depends neither on its role nor on the type of its stage: position in the flow, waiting
//! elements, counters.

use super::policy::Policy;
use crate::account::NodeStats;
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::error::{Cause, Failure, Operation};
use crate::event::Event;
use crate::plan::{FlowPlan, NodePlan};
use crate::policy::Merge;
use crate::stage::{Called, Payload};
use crate::stream::{Pushed, Room, Stream};

/// The part of a node that depends neither on its role nor on the type of its stage.
pub struct Base {
    pub(super) plan: &'static NodePlan,
    /// Position in the flow's plan.
    pub(super) position: usize,
    /// Name of the component or built-in, for failures.
    pub(super) component: &'static str,
    pub(super) config: String,
    pub(super) stats: NodeStats,
    /// Input at which the next search starts (round-robin merge).
    next_input: usize,
    /// Element that waits for its next attempt.
    pub(super) hand: Option<Element>,
    pub(super) policy: Policy,
    /// The streams that an element may be put into, dead letters included.
    outputs: Box<[usize]>,
    /// Whether an output stream limits the size of elements.
    sized: bool,
}

impl Base {
    /// The base of node `position`, implemented by `component`.
    pub(super) fn new(flow: &'static FlowPlan, position: usize, component: &'static str) -> Self {
        let plan = &flow.nodes[position];
        let outputs = plan.outputs.iter().flat_map(|port| port.streams);
        let sized = |stream: &usize| flow.streams[*stream].max_element_bytes.is_some();
        Self {
            plan,
            position,
            component,
            config: String::new(),
            stats: NodeStats::default(),
            next_input: 0,
            hand: None,
            policy: Policy::default(),
            sized: outputs.clone().any(sized),
            outputs: outputs.chain(plan.dead_letters).copied().collect(),
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

    /// Reports a failure that concerns no element, so that no error policy applies.
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

    /// Whether an element waits, and every possible output has room.
    #[inline]
    pub(super) fn is_ready(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.has_work(cx, streams, Time::START) && self.outputs_accept(cx, streams)
    }

    #[inline]
    pub(super) fn has_input(&self, streams: &[Stream]) -> bool {
        self.plan.inputs.iter().any(|input| !streams[*input].is_empty())
    }

    /// Whether there is an element to handle now; if there is one to handle later, its time is noted in `cx`.
    /// `not_before` is the caller's own lower bound on that time.
    #[inline]
    pub(super) fn has_work(&self, cx: &mut RunContext, streams: &[Stream], not_before: Time) -> bool {
        if self.hand.is_none() && !self.has_input(streams) {
            return false;
        }
        self.may_call(cx, not_before)
    }

    /// Whether the stage may be called now; otherwise the time is noted in `cx`.
    #[inline]
    pub(super) fn may_call(&self, cx: &mut RunContext, not_before: Time) -> bool {
        let due = self.policy.due().max(not_before);
        if due <= cx.now() {
            return true;
        }
        cx.wake_at(due);
        false
    }

    /// Whether every output stream accepts an element; where one has to keep its rate, the time is noted in `cx`.
    #[inline]
    pub(super) fn outputs_accept(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        let mut not_before = Time::START;
        for stream in &self.outputs {
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

    /// Whether the node accepts an element directly, without a wait in its input stream: no other element comes first,
    /// nothing depends on the outcome of the call, and every possible output has room.
    #[inline]
    pub(super) fn is_clear(&self, cx: &mut RunContext, streams: &[Stream], not_before: Time) -> bool {
        self.hand.is_none()
            && !self.has_input(streams)
            && !self.policy.is_eventful()
            && not_before <= cx.now()
            && self.outputs_accept(cx, streams)
    }

    /// Counts an element that is handled without having passed the input stream.
    #[inline]
    pub(super) fn receive(&mut self) {
        self.stats.calls += 1;
        self.stats.received += 1;
    }

    /// Counts the work of the stage within a fused chain.
    pub(super) fn count(&mut self, counts: Counts) {
        self.stats.calls += counts.calls;
        self.stats.received += counts.calls;
        self.stats.emitted += counts.emitted;
    }

    /// The element to handle: the one that waits for its next attempt, otherwise the oldest of the next input that has
    /// one.
    #[inline]
    pub(super) fn take(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Element {
        self.stats.calls += 1;
        if let Some(element) = self.hand.take() {
            return element;
        }
        let inputs = self.plan.inputs;
        let start = match self.plan.policies.merge {
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

    /// A result that its streams accept; one that is too large is released.
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

    /// Checks an element against the size limits of the output streams.
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

    /// Emits an element, whose buffer the node holds, from the only port.
    #[inline]
    pub(super) fn emit(
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
        cx.disturb();
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

    /// Notes a successful call.
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

    /// Whether nothing depends on the outcome of the next call.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        !self.policy.is_eventful()
    }

    /// Counts outputs that were passed on directly.
    #[inline]
    pub(super) fn passed(&mut self, elements: u64) {
        self.stats.emitted += elements;
    }
}

/// Releases the buffer of an element that was handled.
pub(super) fn release(cx: &mut RunContext, element: Element) {
    cx.pool()
        .release(element.payload)
        .expect("invariant: the element holds its buffer");
}

/// Releases the buffer of a new element that has no destination.
pub(super) fn release_payload(cx: &mut RunContext, payload: Payload) {
    cx.pool()
        .release(payload.buffer)
        .expect("invariant: the element holds its buffer");
}
