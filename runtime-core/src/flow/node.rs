//! A stage as a node of the flow: its input and output streams, and its counters.

use crate::account::NodeStats;
use crate::context::RunContext;
use crate::demand::Demand;
use crate::error::Failure;
use crate::plan::{FlowPlan, NodePlan};
use crate::policy::FanOut;

mod aggregator;
mod filter;
mod place;
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

use super::base::{release, release_payload};
use place::Place;

/// A node of any role, as the driver uses it.
pub trait Node {
    /// The compiler's plan.
    fn plan(&self) -> &'static NodePlan;

    /// Prepares the stage with its configuration.
    ///
    /// # Errors
    /// When the stage refuses; the flow then does not start.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Result<(), Failure>;

    /// Notifies a source of pressure downstream.
    ///
    /// # Errors
    /// When that failed and its error policy ends the flow.
    fn notify(&mut self, _cx: &mut RunContext, _signal: Demand) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether a sink accepts elements yet; the flow is woken once it does.
    ///
    /// # Errors
    /// When its file cannot be opened; the flow then does not start.
    fn is_open(&mut self, _cx: &mut RunContext) -> Result<bool, Failure> {
        Ok(true)
    }

    /// Makes a sink deliver the elements it holds, as far as that is possible without waiting.
    fn flush(&mut self) {}

    /// Counts held elements of a sink that have been delivered.
    ///
    /// # Errors
    /// When some cannot be delivered, and the error policy ends the flow.
    fn confirm(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Ends the input: an aggregator emits its remaining elements, a sink completes.
    ///
    /// # Errors
    /// Those of the stage.
    fn finish(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Completes a sink after a failure of the flow; other nodes have nothing to save.
    ///
    /// # Errors
    /// Those of the sink.
    fn rescue(&mut self, _cx: &mut RunContext) -> Result<(), Failure> {
        Ok(())
    }

    /// Drops the elements that the node still has, because the flow ended early.
    fn abandon(&mut self, cx: &mut RunContext);

    /// Tears the stage down.
    ///
    /// # Errors
    /// Those of the stage.
    fn teardown(&mut self, cx: &mut RunContext) -> Result<(), Failure>;

    /// Counters of the node's elements up to now.
    fn stats(&self) -> NodeStats;
}

/// Whether the producer of each stream waits for all streams of the stream's port.
pub(super) fn shared_streams(plan: &FlowPlan) -> Vec<bool> {
    let mut shared = vec![false; plan.streams.len()];
    for node in plan
        .nodes
        .iter()
        .filter(|node| node.policies.fan_out == FanOut::Minimum)
    {
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
        }
    };
}
use impl_node;

/// Implements `new` for a node whose stage has the type of its call path.
macro_rules! impl_new {
    ($name:ident: $role:ident { $($field:ident: $value:expr),* }) => {
        impl<S: $role> $name<S> {
            /// Makes the stage of node `position`.
            ///
            /// # Errors
            /// When its component cannot be instantiated.
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

/// Implements access to the part of a node that does not depend on its role.
macro_rules! impl_base {
    ($operation:ident) => {
        fn base(&self) -> &$crate::flow::base::Base {
            &self.place
        }

        fn base_mut(&mut self) -> &mut $crate::flow::base::Base {
            &mut self.place
        }

        fn operation(&self) -> Operation {
            Operation::$operation
        }
    };
}
use impl_base;
