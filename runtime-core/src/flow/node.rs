//! A stage with its place in the flow: which streams it takes from and puts into, and what it counted.

use crate::account::{CopyStats, NodeStats};
use crate::context::RunContext;
use crate::demand::Demand;
use crate::error::Failure;
use crate::plan::{FanOut, FlowPlan, NodePlan};

mod aggregator;
mod filter;
mod base;
mod place;
mod policy;
mod processor;
mod router;
mod sink;
mod source;

pub use aggregator::AggregatorNode;
pub(crate) use base::Base;
pub use filter::FilterNode;
pub use processor::ProcessorNode;
pub use router::RouterNode;
pub use sink::SinkNode;
pub use source::SourceNode;

use base::{release, release_payload};
use place::Place;

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

            fn stats(&self) -> $crate::account::NodeStats {
                self.place.stats
            }

            fn copies(&self) -> $crate::account::CopyStats {
                self.place.stage.copies()
            }
        }
    };
}
use impl_node;

/// The making of a node whose stage has the type of its call path.
macro_rules! impl_new {
    ($name:ident: $role:ident { $($field:ident: $value:expr),* }) => {
        impl<S: $role> $name<S> {
            /// Makes the stage of node `position`.
            ///
            /// # Errors
            /// When its component can't be instantiated.
            pub fn new(
                setup: &mut $crate::crossing::Setup<'_>,
                flow: &'static $crate::plan::FlowPlan,
                position: usize,
                origin: impl $crate::crossing::Make<S>,
            ) -> Result<Self, Failure> {
                Ok(Self {
                    place: Place::of(setup, flow, position, origin)?,
                    $($field: $value,)*
                })
            }
        }
    };
}
use impl_new;

/// The way to the part of a node that does not depend on its role.
macro_rules! impl_base {
    ($operation:ident) => {
        fn base(&self) -> &$crate::flow::node::Base {
            &self.place
        }

        fn base_mut(&mut self) -> &mut $crate::flow::node::Base {
            &mut self.place
        }

        fn operation(&self) -> Operation {
            Operation::$operation
        }
    };
}
use impl_base;
