//! The driver of a flow: generated code says which stage runs next, everything else is here.

use std::time::Instant;

use crate::context::RunContext;
use crate::error::{Cause, Failure};
use crate::plan::FlowPlan;
use crate::queue::Stream;

mod node;
mod run;
mod setup;

pub use node::{FilterNode, Node, NodeStats, ProcessorNode, SinkNode, SourceNode};
pub use run::{Ending, Outcome, run};
pub use setup::{Ends, Input, Origin, Output, Setup, SinkStage, SourceStage};

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A stage handled an element.
    Ran,
    /// Nothing can run before this time.
    Paused(Instant),
    /// Nothing will run any more: the sources are exhausted or stopped, the streams are empty.
    Idle,
}

impl Step {
    /// The step when no stage is ready: the sinks that wait for a pause to end say until when.
    #[must_use]
    pub fn resting(pauses: &[Option<Instant>]) -> Self {
        pauses
            .iter()
            .flatten()
            .min()
            .map_or(Step::Idle, |until| Step::Paused(*until))
    }
}

/// A flow made for exactly one DAG; implemented by generated code.
pub trait Flow {
    /// What the compiler decided.
    fn plan(&self) -> &'static FlowPlan;

    /// Runs the most downstream stage that is ready.
    ///
    /// # Errors
    /// When that stage failed.
    fn step(&mut self, cx: &mut RunContext) -> Result<Step, Failure>;

    /// The stages, in topological order.
    fn nodes(&mut self) -> Vec<&mut dyn Node>;

    /// The streams, in manifest order.
    fn streams(&self) -> &[Stream];

    /// Runs up to a quantum of steps without looking at clock and signals. A method of each flow's own, so that `step`
    /// is called directly.
    ///
    /// # Errors
    /// When a stage failed.
    fn run_quantum(&mut self, cx: &mut RunContext) -> Result<Step, Failure> {
        for _ in 0..self.plan().quantum {
            match self.step(cx)? {
                Step::Ran => {}
                resting @ (Step::Paused(_) | Step::Idle) => return Ok(resting),
            }
        }
        Ok(Step::Ran)
    }
}

/// How the executable starts a flow.
#[derive(Debug)]
pub struct FlowEntry {
    /// What the compiler decided.
    pub plan: &'static FlowPlan,
    /// Makes the stages.
    pub start: fn(&mut Setup<'_>) -> Result<Box<dyn Flow>, Failure>,
}

/// A failure of the flow itself, outside of any stage.
fn broken(error: &std::io::Error) -> Failure {
    Failure {
        node: "(driver)",
        component: "(runtime)",
        operation: crate::error::Operation::Instantiate,
        element: None,
        cause: Cause::Endpoint(format!("waiting for an event: {error}")),
    }
}
