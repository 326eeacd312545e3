//! A processor as a node of the flow.

use super::{Place, impl_base, impl_new, impl_node, release};
use crate::buffer::BufferPool;
use crate::buffer::Element;
use crate::context::RunContext;
use crate::crossing::core::{Counts, result};
use crate::error::{Failure, Operation};
use crate::flow::link::{Fused, Link};
use crate::stage::{Called, Payload, Processor};
use crate::stream::Stream;

/// A node whose stage is a processor.
pub struct ProcessorNode<S> {
    place: Place<S>,
}

impl_new!(ProcessorNode: Processor {  });

impl<S: Processor> ProcessorNode<S> {
    /// Whether an element waits and there is room for its result.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.place.is_ready(cx, streams)
    }

    /// Handles one element.
    ///
    /// # Errors
    /// When the processor failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        self.run_one(cx, streams)
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
    impl_base!(Process);

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
}

impl<S: Processor> Fused for ProcessorNode<S> {
    fn count(&mut self, _: &BufferPool, counts: Counts) {
        self.place.count(counts);
        self.place.stats.absorbed += counts.ended;
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
