//! A stage with its place in the flow: which streams it takes from and puts into, and what it counted.

use crate::context::RunContext;
use crate::error::Failure;
use crate::host::CopyStats;
use crate::plan::{FanOut, FlowPlan, NodePlan};
use crate::stage::Demand;

mod aggregator;
mod filter;
mod place;
mod policy;
mod processor;
mod router;
mod sink;
mod source;

pub use aggregator::AggregatorNode;
pub use filter::FilterNode;
pub use processor::ProcessorNode;
pub use router::RouterNode;
pub use sink::SinkNode;
pub use source::SourceNode;

use place::{Place, release, release_payload};

/// What became of a node's elements. Of a node that is no source, `received` + `flushed` = `emitted` + `filtered` +
/// `absorbed` + `delivered` + `skipped` + `dead_lettered` + `failed` once the flow has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeStats {
    /// Elements taken in.
    pub received: u64,
    /// Elements put out; with several streams from a port, still one.
    pub emitted: u64,
    /// Elements a filter rejected or a router sent nowhere.
    pub filtered: u64,
    /// Elements consumed without a result.
    pub absorbed: u64,
    /// Elements that arrived where a sink was to deliver them.
    pub delivered: u64,
    /// Elements an aggregator had left at the end.
    pub flushed: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that failed.
    pub errors: u64,
    /// Calls repeated.
    pub retries: u64,
    /// Elements that ended here because they could not be handled; of a source, pulls.
    pub skipped: u64,
    /// Elements that left by port `error`.
    pub dead_lettered: u64,
    /// Elements in hand when the flow ended.
    pub failed: u64,
    /// Times the stage was made anew.
    pub restarts: u64,
    /// Buffers the stage owned when it ended.
    pub leaked_buffers: u64,
}

impl NodeStats {
    /// What became of the elements of both nodes, the same one of two replicas.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            received: self.received + other.received,
            emitted: self.emitted + other.emitted,
            filtered: self.filtered + other.filtered,
            absorbed: self.absorbed + other.absorbed,
            delivered: self.delivered + other.delivered,
            flushed: self.flushed + other.flushed,
            calls: self.calls + other.calls,
            errors: self.errors + other.errors,
            retries: self.retries + other.retries,
            skipped: self.skipped + other.skipped,
            dead_lettered: self.dead_lettered + other.dead_lettered,
            failed: self.failed + other.failed,
            restarts: self.restarts + other.restarts,
            leaked_buffers: self.leaked_buffers + other.leaked_buffers,
        }
    }
}

/// What the driver does with every node, whatever its role.
pub trait Node {
    /// What the compiler decided.
    fn plan(&self) -> &'static NodePlan;

    /// Prepares the stage with its configuration.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure>;

    /// Tells a source about pressure downstream.
    ///
    /// # Errors
    /// When that failed and its error policy ends the flow.
    fn notify(&mut self, _cx: &mut RunContext, _signal: Demand) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether a sink takes elements yet; the flow is woken when it does.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn is_open(&mut self, _cx: &mut RunContext) -> Result<bool, Failure> {
        Ok(true)
    }

    /// Has a sink deliver the elements that it holds, as far as that does not take waiting.
    fn flush(&mut self) {}

    /// Counts which elements that a sink held have arrived.
    ///
    /// # Errors
    /// When some never will, and its error policy ends the flow.
    fn confirm(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// No further element will arrive: an aggregator gives what it has left, a sink completes.
    ///
    /// # Errors
    /// What the stage reports.
    fn finish(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Tells a sink to complete after a failure of the flow; others have nothing to save.
    ///
    /// # Errors
    /// What the sink reports.
    fn rescue(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Gives up the elements in hand, because the flow ended before they were done with.
    fn abandon(&mut self, cx: &mut RunContext);

    /// Ends the stage.
    ///
    /// # Errors
    /// What the stage reports.
    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure>;

    /// What became of the elements so far.
    fn stats(&self) -> NodeStats;

    /// What was copied across the sandbox so far.
    fn copies(&self) -> CopyStats;
}

/// For each stream of a flow, whether its producer waits for all streams of the port it belongs to.
pub(super) fn shared_streams(plan: &FlowPlan) -> Vec<bool> {
    let mut shared = vec![false; plan.streams.len()];
    for node in plan.nodes.iter().filter(|node| node.fan_out == FanOut::Minimum) {
        let ports = node.outputs.iter().map(|port| port.streams);
        for streams in ports.chain([node.dead_letters]).filter(|streams| streams.len() > 1) {
            for stream in streams {
                shared[*stream] = true;
            }
        }
    }
    shared
}

macro_rules! impl_node {
    ($name:ident $(<$stage:ident: $role:ident>)?, { $($own:tt)* }) => {
        impl $(<$stage: $role>)? $crate::flow::Node for $name $(<$stage>)? {
            fn plan(&self) -> &'static $crate::plan::NodePlan {
                self.place.plan
            }

            fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure> {
                self.place.init(cx, config)
            }

            $($own)*

            fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure> {
                self.place.teardown(cx)
            }

            fn stats(&self) -> $crate::flow::NodeStats {
                self.place.stats
            }

            fn copies(&self) -> $crate::host::CopyStats {
                self.place.stage.copies()
            }
        }
    };
}
use impl_node;
