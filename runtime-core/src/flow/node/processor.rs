//! A processor in its place.

use super::{Place, impl_node, release};
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::component::ComponentProcessor;
use crate::element::Element;
use crate::engine::Artifact;
use crate::error::{Failure, Operation};
use crate::flow::setup::Setup;
use crate::plan::FlowPlan;
use crate::queue::Stream;
use crate::stage::{Processor, Stage};

/// A processor in its place.
pub struct ProcessorNode {
    place: Place<ComponentProcessor>,
}

impl ProcessorNode {
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
        let result = self.place.stage.process(cx, input);
        match self.place.fitting(cx, streams, result) {
            Ok(Some(payload)) => {
                self.place.succeeded(cx);
                release(cx, input);
                let output = Element {
                    payload: payload.buffer,
                    content_type: payload.content_type,
                    ..input
                };
                self.place.emit(cx, streams, Operation::Process, output)
            }
            Ok(None) => {
                self.place.succeeded(cx);
                release(cx, input);
                self.place.stats.absorbed += 1;
                Ok(())
            }
            Err(cause) => self.place.failed(cx, streams, Operation::Process, Some(input), cause),
        }
    }
}

impl_node!(ProcessorNode, {
    fn abandon(&mut self, cx: &mut RunContext) {
        self.place.abandon(cx);
    }
});
