//! A source in its place.

use super::{Place, impl_node, policy};
use crate::clock::Time;
use crate::context::RunContext;
use crate::element::Element;
use crate::error::{Failure, Operation};
use crate::event::Event;
use crate::flow::setup::{Origin, Setup, SourceStage};
use crate::plan::{ErrorAction, FlowPlan, LastResort};
use crate::queue::Stream;
use crate::stage::{Called, Demand, Pulled, Source, Stage, Supply};

/// A source in its place.
pub struct SourceNode {
    place: Place<SourceStage>,
    exhausted: bool,
    /// An element was asked for and counted against the limit.
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
        origin: Origin<SourceStage>,
    ) -> Result<Self, Failure> {
        let stage = setup.source(flow, position, origin);
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
        if self.exhausted {
            return false;
        }
        // What was asked for is awaited, also when the flow drains meanwhile: it would be lost.
        if !self.reserved {
            let asks =
                cx.wants_elements() && self.place.may_call(cx, Time::START) && self.place.outputs_accept(cx, streams);
            if !asks {
                return false;
            }
            cx.reserve();
            self.reserved = true;
        }
        match self.place.stage.supply(cx) {
            Supply::Ready => true,
            Supply::Waiting => {
                // Nothing is on its way yet from a source that only waits for its input.
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
        self.place.stats.calls += 1;
        self.reserved = false;
        let pulled = self.place.stage.pull(cx).and_then(|pulled| match pulled {
            Pulled::Element(payload) => self.fitting(cx, streams, payload),
            Pulled::Exhausted => Ok(Pulled::Exhausted),
        });
        match pulled {
            Ok(Pulled::Element(payload)) => {
                self.place.succeeded(cx);
                let element = Element {
                    sequence: cx.count_emitted(),
                    timestamp_ns: cx.wall_ns(),
                    content_type: payload.content_type,
                    payload: payload.buffer,
                };
                self.place.emit(cx, streams, Operation::Pull, element)
            }
            Ok(Pulled::Exhausted) => {
                cx.give_back_reservation();
                self.place.succeeded(cx);
                self.exhausted = true;
                Ok(())
            }
            Err(cause) => {
                cx.give_back_reservation();
                self.place.failed(cx, streams, Operation::Pull, None, cause)
            }
        }
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
        let Err(cause) = place.stage.notify(cx, signal) else {
            return Ok(());
        };
        let category = cause.category();
        let failure = place.failure(Operation::Notify, None, cause);
        policy::note_failure(place, cx, &failure);
        let action = category.map(|category| policy::action(&place.plan.on_error, category));
        if action != Some(ErrorAction::Now(LastResort::Skip)) {
            return Err(failure);
        }
        match place.stage.is_dead() {
            true => policy::restart(place, cx, &failure),
            false => Ok(()),
        }
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
