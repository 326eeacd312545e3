//! The names that generated code may use, and no others.

pub use crate::builtin::{Console, File, Generator, Lines};
pub use crate::context::RunContext;
pub use crate::crossing::component::{
    ComponentAggregator, ComponentFilter, ComponentPath, ComponentProcessor, ComponentRouter, of as component,
};
pub use crate::crossing::core::{CorePath, CoreStage, direct, member, shell};
pub use crate::crossing::{Paths, Ready, Setup};
pub use crate::engine::{Artifact, PageAligned, Tuning, perf_map};
pub use crate::entry::main;
pub use crate::error::Failure;
pub use crate::flow::{
    AggregatorNode, Chain, FilterNode, Flow, FlowEntry, FusedChain, Node, ProcessorNode, RouterNode, SinkNode,
    SourceNode, streams,
};
pub use crate::limits::{StageLimits, TierSize};
pub use crate::plan::{FlowPlan, NodePlan, PoolPlan, PortPlan, ProgramPlan, StreamPlan};
pub use crate::policy::{ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, NodePolicies, OverflowPolicy};
pub use crate::role::Role;
pub use crate::stage::{SinkStage, SourceStage};
pub use crate::stream::Stream;

/// WASI by package.
pub mod wasi {
    #[cfg(feature = "wasi")]
    pub use crate::crossing::component::wasi::{cli, clocks, filesystem, io, random, sockets};
}

/// Version of this interface. Emitted code names it, so that a crate emitted for another version does not compile.
pub const INTERFACE_3: () = ();
