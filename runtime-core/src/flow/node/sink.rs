//! A sink in its place.

use super::{Place, impl_node, release};
use crate::buffer::BufferPool;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::element::Element;
use crate::error::{Failure, Operation};
use crate::event::Event;
use crate::flow::chain::{Fused, Link};
use crate::flow::setup::{Make, Setup, SinkStage};
use crate::layout::outcome;
use crate::plan::FlowPlan;
use crate::queue::Stream;
use crate::stage::{Called, Demand, Stage};

/// A sink in its place.
pub struct SinkNode {
    place: Place<SinkStage>,
    paused_until: Time,
}

impl SinkNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<SinkStage>,
    ) -> Result<Self, Failure> {
        let stage = setup.sink(flow, position, origin);
        Ok(Self {
            place: Place::new(flow, position, setup.ends().component(&flow.nodes[position]), stage)?,
            paused_until: Time::START,
        })
    }

    /// Whether an element waits and the sink wants it.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.has_work(cx, streams, self.paused_until) && self.place.outputs_accept(cx, streams)
    }

    /// Delivers one element.
    ///
    /// # Errors
    /// When the sink failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.place.take(cx, streams);
        self.handle(cx, streams, input)
    }

    #[inline]
    fn handle(&mut self, cx: &mut RunContext, streams: &mut [Stream], input: Element) -> Result<(), Failure> {
        let demand = self.place.stage.push(cx, input);
        self.settle(cx, streams, input, demand)
    }

    fn settle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        demand: Called<Demand>,
    ) -> Result<(), Failure> {
        match demand {
            Ok(demand) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.delivered += 1;
                if demand == Demand::Pause {
                    self.paused_until = cx.now().after(cx.sink_pause);
                    cx.note(Event::SinkPaused {
                        node: self.place.plan.name,
                        duration: cx.sink_pause,
                    });
                }
                Ok(())
            }
            Err(cause) => self.place.failed(cx, streams, Operation::Push, Some(input), cause),
        }
    }

    fn complete(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.place.stats.calls += 1;
        let completed = self.place.stage.complete(cx);
        completed.map_err(|cause| self.place.report(cx, Operation::Complete, cause))
    }
}

impl Link for SinkNode {
    fn is_quiet(&self) -> bool {
        !self.place.policy.is_eventful()
    }

    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.is_clear(cx, streams, self.paused_until)
    }

    fn pass(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        self.place.receive();
        self.handle(cx, streams, input).map(|()| None)
    }

    fn put(&mut self, _: &mut RunContext, _: &mut [Stream], _: Element) -> Result<(), Failure> {
        unreachable!("invariant: a sink puts nothing out")
    }

    fn passed(&mut self) {
        unreachable!("invariant: a sink puts nothing out")
    }
}

impl Fused for SinkNode {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(Counts { emitted: 0, ..counts });
        self.place.stats.delivered += counts.emitted;
    }

    fn take(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Element {
        self.place.take(cx, streams)
    }

    fn conclude(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        came_to: Called<u32>,
    ) -> Result<Option<Element>, Failure> {
        let demand = came_to.map(|outcome| match outcome {
            outcome::PAUSED => Demand::Pause,
            _ => Demand::Ready,
        });
        self.settle(cx, streams, input, demand).map(|()| None)
    }
}

impl_node!(SinkNode, {
    fn finish(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.complete(cx)
    }

    fn rescue(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.complete(cx)
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
