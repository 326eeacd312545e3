//! A filter in its place.

use super::{Place, impl_node, release};
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::component::ComponentFilter;
use crate::engine::Artifact;
use crate::error::{Failure, Operation};
use crate::flow::setup::Setup;
use crate::plan::FlowPlan;
use crate::queue::Stream;
use crate::stage::{Filter, Payload, Stage};

/// A filter in its place.
pub struct FilterNode {
    place: Place<ComponentFilter>,
}

impl FilterNode {
    /// Makes the stage of node `position`.
    ///
    /// # Errors
    /// When its component can't be instantiated.
    pub fn new(
        setup: &mut Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        artifact: &'static Artifact,
    ) -> Result<Self, Failure> {
        Ok(Self {
            place: Place::of_component(setup, flow, position, artifact)?,
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
        let passing = Payload {
            buffer: input.payload,
            content_type: input.content_type,
        };
        let judged = self.place.stage.evaluate(cx, input).and_then(|passes| match passes {
            true => self.place.fits(cx, streams, passing).map(|()| true),
            false => Ok(false),
        });
        match judged {
            Ok(true) => {
                self.place.succeeded(cx);
                self.place.emit(cx, streams, Operation::Evaluate, input)
            }
            Ok(false) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.filtered += 1;
                Ok(())
            }
            Err(cause) => self.place.failed(cx, streams, Operation::Evaluate, Some(input), cause),
        }
    }
}

impl_node!(FilterNode, {
    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
