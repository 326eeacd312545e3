//! The driver of a flow. Generated code chooses the stage to run next; everything else is here.

use crate::context::RunContext;
use crate::crossing::Setup;
use crate::error::Failure;
use crate::plan::FlowPlan;
use crate::stream::Stream;

mod base;
mod chain;
mod ending;
mod link;
mod ends;
mod fused;
mod node;
mod policy;
mod run;

pub use chain::Chain;
pub use ending::{Ending, Outcome};
pub use fused::FusedChain;
pub use node::{AggregatorNode, FilterNode, Node, ProcessorNode, RouterNode, SinkNode, SourceNode};
pub use run::Run;

/// A flow with the structure of exactly one DAG; implemented by generated code. It may move between threads.
pub trait Flow: Send {
    /// The compiler's plan.
    fn plan(&self) -> &'static FlowPlan;

    /// Runs the most downstream stage that is ready. Returns whether there was one.
    ///
    /// # Errors
    /// When that stage failed, and its error policy ends the flow.
    fn step(&mut self, cx: &mut RunContext) -> Result<bool, Failure>;

    /// The stages, in topological order.
    fn nodes(&mut self) -> Vec<&mut dyn Node>;

    /// The streams, in manifest order.
    fn streams(&self) -> &[Stream];

    /// The streams, mutable.
    fn streams_mut(&mut self) -> &mut [Stream];

    /// Runs up to a quantum of steps, fewer when there are requests to the driver. Returns whether a stage was still
    /// ready. Each flow has its own copy of this method, so that `step` is called directly.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    fn run_quantum(&mut self, cx: &mut RunContext) -> Result<bool, Failure> {
        cx.begin_quantum();
        while cx.steps() < self.plan().quantum {
            if cx.pressure.has_notice() {
                notify_sources(self.nodes(), cx)?;
            }
            cx.begin_step();
            if !self.step(cx)? {
                return Ok(false);
            }
            if cx.is_called() || cx.quantum_is_over() {
                break;
            }
        }
        Ok(true)
    }
}

/// Notifies sources of pressure that began or ended since the last notification.
#[cold]
fn notify_sources(mut nodes: Vec<&mut dyn Node>, cx: &mut RunContext) -> Result<(), Failure> {
    while let Some((source, signal)) = cx.pressure.next_notice() {
        nodes[source].notify(cx, signal)?;
    }
    Ok(())
}

/// The streams of a flow at its start.
#[must_use]
pub fn streams<const COUNT: usize>(plan: &'static FlowPlan) -> [Stream; COUNT] {
    let shared = node::shared_streams(plan);
    std::array::from_fn(|position| Stream::new(&plan.streams[position], position, shared[position]))
}

/// A flow in the executable: its plan and its constructor.
#[derive(Debug)]
pub struct FlowEntry {
    /// The compiler's plan.
    pub plan: &'static FlowPlan,
    /// Makes the stages.
    pub start: fn(&mut Setup<'_>) -> Result<Box<dyn Flow>, Failure>,
}
