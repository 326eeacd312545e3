//! A processor in its place.

use super::{Place, impl_node, release};
use crate::buffer::BufferPool;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::{Counts, result};
use crate::element::Element;
use crate::error::{Failure, Operation};
use crate::flow::chain::{Fused, Link};
use crate::flow::setup::{Make, Setup};
use crate::plan::FlowPlan;
use crate::queue::Stream;
use crate::stage::{Called, Payload, Processor};

/// A processor in its place.
pub struct ProcessorNode<S> {
    place: Place<S>,
}

impl<S: Processor> ProcessorNode<S> {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        origin: impl Make<S>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            place: Place::of(setup, flow, position, origin)?,
        })
    }

    /// Whether an element waits and its result has room.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.has_work(cx, streams, Time::START) && self.place.outputs_accept(cx, streams)
    }

    /// Handles one element.
    ///
    /// # Errors
    /// When the processor failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.place.take(cx, streams);
        match self.handle(cx, streams, input)? {
            Some(output) => self.place.emit(cx, streams, Operation::Process, output),
            None => Ok(()),
        }
    }

    #[inline]
    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        let result = self.place.stage.process(cx, input);
        self.settle(cx, streams, input, result)
    }

    fn settle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        result: Called<Option<Payload>>,
    ) -> Result<Option<Element>, Failure> {
        match self.place.fitting(cx, streams, result) {
            Ok(Some(payload)) => {
                self.place.succeeded(cx);
                release(cx, input);
                Ok(Some(Element {
                    payload: payload.buffer,
                    content_type: payload.content_type,
                    ..input
                }))
            }
            Ok(None) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.absorbed += 1;
                Ok(None)
            }
            Err(cause) => self
                .place
                .failed(cx, streams, Operation::Process, Some(input), cause)
                .map(|()| None),
        }
    }
}

impl<S: Processor> Link for ProcessorNode<S> {
    fn is_quiet(&self) -> bool {
        !self.place.policy.is_eventful()
    }

    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.is_clear(cx, streams, Time::START)
    }

    fn pass(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        self.place.receive();
        self.handle(cx, streams, input)
    }

    fn put(&mut self, cx: &mut RunContext, streams: &mut [Stream], output: Element) -> Result<(), Failure> {
        self.place.emit(cx, streams, Operation::Process, output)
    }

    fn passed(&mut self) {
        self.place.stats.emitted += 1;
    }
}

impl<S: Processor> Fused for ProcessorNode<S> {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(counts);
        self.place.stats.absorbed += counts.ended;
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
        let result = came_to.map(|outcome| result(cx.pool(), self.place.position, outcome));
        self.settle(cx, streams, input, result)
    }
}

impl_node!(ProcessorNode<S: Processor>, {
    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
