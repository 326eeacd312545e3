//! A source as a node of the flow.

use super::{Place, impl_node};
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::crossing::{Make, Setup};
use crate::demand::Demand;
use crate::error::{Cause, Failure, Operation};
use crate::event::Event;
use crate::flow::ends;
use crate::flow::policy::action;
use crate::plan::FlowPlan;
use crate::policy::{ErrorAction, LastResort};
use crate::stage::{Called, Pulled, Source, SourceStage, Stage, Supply};
use crate::stream::Stream;

/// A node whose stage is a source.
pub struct SourceNode {
    place: Place<SourceStage>,
    exhausted: bool,
    /// Whether an element was requested and counted against the limit.
    reserved: bool,
}

impl SourceNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<SourceStage>,
    ) -> Result<Self, Failure> {
        let stage = ends::source(setup, flow, position, origin);
        Ok(Self {
            place: Place::new(flow, position, setup.ends().component(&flow.nodes[position]), stage)?,
            exhausted: false,
            reserved: false,
        })
    }

    /// Whether the source may be pulled.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.may_be_pulled(cx, streams) && self.is_supplied(cx)
    }

    /// Whether the source may be pulled, as far as that depends on others. A requested element is awaited even while the
    /// flow drains; otherwise it would be lost.
    #[inline]
    pub(in crate::flow) fn may_be_pulled(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        let asks = |cx: &mut RunContext| {
            cx.wants_elements() && self.place.may_call(cx, Time::START) && self.place.outputs_accept(cx, streams)
        };
        !self.exhausted && (self.reserved || asks(cx))
    }

    /// Whether there is input for an element, which is requested.
    #[inline]
    pub(in crate::flow) fn is_supplied(&mut self, cx: &mut RunContext) -> bool {
        if !self.reserved {
            if self.exhausted || !cx.wants_elements() {
                return false;
            }
            cx.reserve();
            self.reserved = true;
        }
        match self.place.stage.supply(cx) {
            Supply::Ready => true,
            Supply::Waiting => {
                // A source that only waits for its input has no element under way.
                if !self.place.stage.is_pulling() {
                    self.reserved = false;
                    cx.give_back_reservation();
                }
                cx.await_input();
                false
            }
        }
    }

    /// Pulls one element.
    ///
    /// # Errors
    /// When the source failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        match self.pull(cx, streams)? {
            Some(element) => self.place.emit(cx, streams, Operation::Pull, element),
            None => Ok(()),
        }
    }

    /// Pulls one element, which the caller has to put into its stream.
    ///
    /// # Errors
    /// As [`SourceNode::run`].
    #[inline]
    pub(in crate::flow) fn pull(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
    ) -> Result<Option<Element>, Failure> {
        self.place.stats.calls += 1;
        let pulled = self.place.stage.pull(cx);
        self.settle(cx, streams, pulled)
    }

    fn settle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        pulled: Called<Pulled>,
    ) -> Result<Option<Element>, Failure> {
        self.reserved = false;
        let pulled = pulled.and_then(|pulled| match pulled {
            Pulled::Element(payload) => self.fitting(cx, streams, payload),
            Pulled::Exhausted => Ok(Pulled::Exhausted),
        });
        match pulled {
            Ok(Pulled::Element(payload)) => {
                self.place.succeeded(cx);
                Ok(Some(Element {
                    sequence: cx.count_emitted(),
                    timestamp_ns: cx.wall_ns(),
                    content_type: payload.content_type,
                    payload: payload.buffer,
                }))
            }
            Ok(Pulled::Exhausted) => {
                cx.give_back_reservation();
                self.place.succeeded(cx);
                self.exhausted = true;
                Ok(None)
            }
            Err(cause @ Cause::TimeUp(_)) => {
                cx.give_back_reservation();
                self.give_up(cx, Operation::Pull, cause);
                Ok(None)
            }
            Err(cause) => {
                cx.give_back_reservation();
                self.place
                    .failed(cx, streams, Operation::Pull, None, cause)
                    .map(|()| None)
            }
        }
    }

    /// Ends a source whose time ran out during a call: no element is lost, and none will follow.
    fn give_up(&mut self, cx: &mut RunContext, operation: Operation, cause: Cause) {
        self.exhausted = true;
        self.place.report(cx, operation, cause);
        cx.look_around();
    }

    /// Whether nothing depends on the outcome of the next pull.
    pub(in crate::flow) fn is_clear(&self) -> bool {
        self.place.is_quiet()
    }

    /// Counts elements that did not pass the output stream.
    pub(in crate::flow) fn passed(&mut self, elements: u64) {
        self.place.passed(elements);
    }

    /// Counts the work of the source within a chain. One of the elements it emitted had been reserved.
    pub(in crate::flow) fn count(&mut self, cx: &mut RunContext, counts: Counts) {
        self.place.stats.calls += counts.calls;
        self.place.stats.emitted += counts.emitted;
        cx.count_many_emitted(counts.emitted, &mut self.reserved);
    }

    /// Continues after a pull within a chain that gave no element.
    pub(in crate::flow) fn conclude(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        came_to: Called<u32>,
    ) -> Result<(), Failure> {
        if !self.reserved {
            cx.reserve();
        }
        let pulled = came_to.map(|_| Pulled::Exhausted);
        self.settle(cx, streams, pulled).map(|_| ())
    }

    fn fitting(&self, cx: &mut RunContext, streams: &[Stream], payload: crate::stage::Payload) -> Called<Pulled> {
        match self.place.fits(cx, streams, payload) {
            Ok(()) => Ok(Pulled::Element(payload)),
            Err(cause) => {
                super::release_payload(cx, payload);
                Err(cause)
            }
        }
    }
}

impl_node!(SourceNode, {
    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Result<(), Failure> {
        if self.exhausted || cx.drain().is_some() {
            return Ok(());
        }
        let place = &mut self.place;
        cx.note(Event::Notified {
            node: place.plan.name,
            signal,
        });
        let cause = match place.stage.notify(cx, signal) {
            Ok(()) => return Ok(()),
            Err(cause @ Cause::TimeUp(_)) => {
                self.give_up(cx, Operation::Notify, cause);
                return Ok(());
            }
            Err(cause) => cause,
        };
        let category = cause.category();
        let failure = place.failure(Operation::Notify, None, cause);
        place.note_failure(cx, &failure);
        let action = category.map(|category| action(&place.plan.policies.on_error, category));
        if action != Some(ErrorAction::Now(LastResort::Skip)) {
            return Err(failure);
        }
        match place.stage.is_dead() {
            true => place.restart(cx, &failure),
            false => Ok(()),
        }
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
