//! The compiler's decisions as static data of the executable: emitted by code generation, read-only at run time.

use crate::engine::{NewCodeMap, Tuning};
use crate::limits::{StageLimits, TierSize};
use crate::policy::{NodePolicies, OverflowPolicy};
use crate::role::Role;

/// Plan of an executable.
#[derive(Debug)]
pub struct ProgramPlan {
    /// Project name.
    pub name: &'static str,
    /// Project version.
    pub version: &'static str,
    /// Project description, possibly empty.
    pub description: &'static str,
    /// The description that `torvync inspect` reads from the executable, as JSON.
    pub document: &'static [u8],
    /// Engine settings of the program.
    pub tuning: Tuning,
    /// Number of threads that run flows; `None`: one for each processor.
    pub worker_threads: Option<u32>,
    /// Makes the map of machine code that `--perf-map` requests; `None` unless the names of functions are kept.
    pub code_map: Option<NewCodeMap>,
}

/// Plan of a flow.
#[derive(Debug)]
pub struct FlowPlan {
    /// Name in the manifest.
    pub name: &'static str,
    /// Nodes in topological order: producers before consumers.
    pub nodes: &'static [NodePlan],
    /// Streams in manifest order.
    pub streams: &'static [StreamPlan],
    /// Buffers of the flow.
    pub pools: PoolPlan,
    /// Elements that the driver handles before it checks clock and signals.
    pub quantum: u32,
    /// Milliseconds until the flow is drained; `None` without a limit.
    pub deadline_ms: Option<u64>,
    /// Time for which a sink that returned `pause` gets no element, in milliseconds.
    pub sink_pause_ms: u64,
    /// Most restarts of a stage within a minute.
    pub max_restarts: u32,
    /// Whether the driver has a thread of its own, because a stage may wait in the host.
    pub own_thread: bool,
    /// Number of replicas; at least 1.
    pub replicas: u32,
    /// Position of the router whose ports the replicas divide; `None` where they divide the elements of the sources.
    pub replicas_by: Option<usize>,
}

/// Plan of a node.
#[derive(Debug)]
pub struct NodePlan {
    /// Name in the manifest.
    pub name: &'static str,
    /// Role of the stage.
    pub role: Role,
    /// Name of the component, or `builtin:NAME`.
    pub component: &'static str,
    /// Configuration string, possibly empty.
    pub config: &'static str,
    /// Call path, with the reason for it.
    pub path: &'static str,
    /// Whether the stage is on one of the core call paths.
    pub on_core: bool,
    /// Whether the component exports `torvyn:streaming/lifecycle`.
    pub lifecycle: bool,
    /// Positions of the input streams, in the order in which they are tried.
    pub inputs: &'static [usize],
    /// Output ports except `error`.
    pub outputs: &'static [PortPlan],
    /// Positions of the streams from port `error`.
    pub dead_letters: &'static [usize],
    /// Policies of the stage.
    pub policies: NodePolicies,
    /// Grants of the component, for `capability-query`.
    pub capabilities: &'static [&'static str],
    /// Whether this source runs on a thread of its own, because it may wait.
    pub own_thread: bool,
    /// Limits of the stage.
    pub limits: StageLimits,
}

/// Plan of an output port.
#[derive(Debug)]
pub struct PortPlan {
    /// Name of the port.
    pub name: &'static str,
    /// Positions of its streams; each gets every element.
    pub streams: &'static [usize],
}

/// Plan of a stream, a bounded queue.
#[derive(Debug)]
pub struct StreamPlan {
    /// `node.port` of the producer.
    pub from: &'static str,
    /// `node.port` of the consumer.
    pub to: &'static str,
    /// Capacity in elements.
    pub depth: u32,
    /// Number of elements at which a full stream has room again.
    pub low_watermark: u32,
    /// Policy of a full stream.
    pub policy: OverflowPolicy,
    /// Priority among the inputs of its consumer; a higher one is tried first where the merge is by priority.
    pub priority: u8,
    /// Largest payload in bytes.
    pub max_element_bytes: Option<u64>,
}

/// Name of a stream: its two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamName {
    /// `node.port` of the producer.
    pub from: &'static str,
    /// `node.port` of the consumer.
    pub to: &'static str,
}

impl std::fmt::Display for StreamName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

/// Plan of a flow's buffers.
#[derive(Debug)]
pub struct PoolPlan {
    /// Tiers, smallest first.
    pub tiers: [TierSize; 4],
    /// Most bytes of all buffers outside the tiers; 0 forbids such buffers.
    pub fallback_bytes: u64,
    /// Largest buffer, in bytes.
    pub max_buffer_bytes: u64,
}
