//! A filter in its place.

use super::{Place, impl_node, release};
use crate::buffer::BufferPool;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::element::Element;
use crate::error::{Failure, Operation};
use crate::flow::chain::{Fused, Link};
use crate::flow::setup::{Make, Setup};
use crate::layout::outcome;
use crate::plan::FlowPlan;
use crate::queue::Stream;
use crate::stage::{Called, Filter, Payload};

/// A filter in its place.
pub struct FilterNode<S> {
    place: Place<S>,
}

impl<S: Filter> FilterNode<S> {
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

    /// Whether an element waits and has room behind the filter.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.has_work(cx, streams, Time::START) && self.place.outputs_accept(cx, streams)
    }

    /// Judges one element; one that passes keeps its buffer.
    ///
    /// # Errors
    /// When the filter failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.place.take(cx, streams);
        match self.handle(cx, streams, input)? {
            Some(passing) => self.place.emit(cx, streams, Operation::Evaluate, passing),
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
        let judged = self.place.stage.evaluate(cx, input);
        self.settle(cx, streams, input, judged)
    }

    fn settle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        judged: Called<bool>,
    ) -> Result<Option<Element>, Failure> {
        let passing = Payload {
            buffer: input.payload,
            content_type: input.content_type,
        };
        let judged = judged.and_then(|passes| match passes {
            true => self.place.fits(cx, streams, passing).map(|()| true),
            false => Ok(false),
        });
        match judged {
            Ok(true) => {
                self.place.succeeded(cx);
                Ok(Some(input))
            }
            Ok(false) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.filtered += 1;
                Ok(None)
            }
            Err(cause) => self
                .place
                .failed(cx, streams, Operation::Evaluate, Some(input), cause)
                .map(|()| None),
        }
    }
}

impl<S: Filter> Link for FilterNode<S> {
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
        self.place.emit(cx, streams, Operation::Evaluate, output)
    }

    fn passed(&mut self) {
        self.place.stats.emitted += 1;
    }
}

impl<S: Filter> Fused for FilterNode<S> {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(counts);
        self.place.stats.filtered += counts.ended;
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
        self.settle(cx, streams, input, came_to.map(|outcome| outcome == outcome::EMITTED))
    }
}

impl_node!(FilterNode<S: Filter>, {
    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
