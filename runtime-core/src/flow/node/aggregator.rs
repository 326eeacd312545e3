//! An aggregator as a node of the flow.

use std::collections::VecDeque;

use super::{Place, impl_base, impl_new, impl_node, release};
use crate::buffer::BufferPool;
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::{Counts, last_taken, result};
use crate::error::{Failure, Operation};
use crate::flow::link::{Fused, Link};
use crate::stage::{Aggregator, Called, Payload};
use crate::stream::Stream;

/// A node whose stage is an aggregator.
pub struct AggregatorNode<S> {
    place: Place<S>,
    /// Sequence number and timestamp of the last element taken: elements emitted at the end carry them.
    last: (u64, u64),
    /// Elements left at the end that have not been emitted yet.
    left: VecDeque<Payload>,
}

impl_new!(AggregatorNode: Aggregator { last: (0, 0), left: VecDeque::new() });

impl<S: Aggregator> AggregatorNode<S> {
    /// Whether there is an element to take or to emit, and room for a result.
    #[inline]
    #[must_use]
    pub fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        let works = !self.left.is_empty() || self.place.has_work(cx, streams, Time::START);
        works && self.place.outputs_accept(cx, streams)
    }

    /// Takes one element, or emits one that was left at the end.
    ///
    /// # Errors
    /// When the aggregator failed, and its error policy ends the flow.
    #[inline]
    pub fn run(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        if let Some(payload) = self.left.pop_front() {
            return self.put_out(cx, streams, payload);
        }
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
            Ok(result) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.last = (input.sequence, input.timestamp_ns);
                if result.is_none() {
                    self.place.stats.absorbed += 1;
                }
                Ok(result.map(|payload| self.element(payload)))
            }
            Err(cause) => self
                .place
                .failed(cx, streams, Operation::Ingest, Some(input), cause)
                .map(|()| None),
        }
    }

    fn put_out(&mut self, cx: &mut RunContext, streams: &mut [Stream], payload: Payload) -> Result<(), Failure> {
        let output = self.element(payload);
        match self.place.fits(cx, streams, payload) {
            Ok(()) => self.place.emit(cx, streams, Operation::Flush, output),
            Err(cause) => {
                self.place.stats.failed += 1;
                release(cx, output);
                // The flow is ending anyway; the elements left are still emitted.
                let failure = self.place.report(cx, Operation::Flush, cause);
                cx.report(failure);
                Ok(())
            }
        }
    }

    fn element(&self, payload: Payload) -> Element {
        let (sequence, timestamp_ns) = self.last;
        Element {
            sequence,
            timestamp_ns,
            content_type: payload.content_type,
            payload: payload.buffer,
        }
    }
}

impl<S: Aggregator> Link for AggregatorNode<S> {
    impl_base!(Ingest);

    #[inline]
    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        let result = self.place.stage.ingest(cx, input);
        self.settle(cx, streams, input, result)
    }

    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.left.is_empty() && self.place.is_clear(cx, streams, Time::START)
    }
}

impl<S: Aggregator> Fused for AggregatorNode<S> {
    fn count(&mut self, pool: &BufferPool, counts: Counts) {
        self.place.count(counts);
        self.place.stats.absorbed += counts.ended;
        if counts.emitted + counts.ended > 0 {
            self.last = last_taken(pool, self.place.position);
        }
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

impl_node!(AggregatorNode<S: Aggregator>, {
    fn finish(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
        self.place.stats.calls += 1;
        match self.place.stage.flush(cx) {
            Ok(left) => {
                self.place.stats.flushed += left.len() as u64;
                self.left.extend(left);
                Ok(())
            }
            Err(cause) => Err(self.place.report(cx, Operation::Flush, cause)),
        }
    }

    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
        while let Some(payload) = self.left.pop_front() {
            self.place.stats.failed += 1;
            super::release_payload(cx, payload);
        }
    }
});
