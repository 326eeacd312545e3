//! A filter as a node of the flow.

use super::{Place, impl_base, impl_new, impl_node, release};
use crate::buffer::BufferPool;
use crate::buffer::Element;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::error::{Failure, Operation};
use crate::flow::link::{Fused, Link};
use crate::layout::outcome;
use crate::stage::{Called, Filter, Payload};
use crate::stream::Stream;

/// A node whose stage is a filter.
pub struct FilterNode<S> {
    place: Place<S>,
}

impl_new!(FilterNode: Filter {  });

impl<S: Filter> FilterNode<S> {
    /// Whether an element waits and there is room downstream.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.is_ready(cx, streams)
    }

    /// Filters one element; one that passes keeps its buffer.
    ///
    /// # Errors
    /// When the filter failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        self.run_one(cx, streams)
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
    impl_base!(Evaluate);

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
}

impl<S: Filter> Fused for FilterNode<S> {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(counts);
        self.place.stats.filtered += counts.ended;
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
