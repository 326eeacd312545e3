//! The compiler's decisions as static data of the executable: emitted by code generation, read-only at run time.

use crate::engine::Tuning;

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
    /// Order in which inputs are tried.
    pub merge: Merge,
    /// Effect of one full branch of a port on the others.
    pub fan_out: FanOut,
    /// Error policy.
    pub on_error: ErrorPlan,
    /// Grants of the component, for `capability-query`.
    pub capabilities: &'static [&'static str],
    /// Whether this source runs on a thread of its own, because it may wait.
    pub own_thread: bool,
    /// Limits of the stage.
    pub limits: LimitsPlan,
}

/// Role of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Produces elements.
    Source,
    /// Makes at most one element from each.
    Processor,
    /// Lets elements pass or not.
    Filter,
    /// Chooses the ports by which an element leaves.
    Router,
    /// Gathers elements into fewer ones.
    Aggregator,
    /// Consumes elements.
    Sink,
}

impl Role {
    /// The word in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Processor => "processor",
            Role::Filter => "filter",
            Role::Router => "router",
            Role::Aggregator => "aggregator",
            Role::Sink => "sink",
        }
    }
}

/// Plan of an output port.
#[derive(Debug)]
pub struct PortPlan {
    /// Its name.
    pub name: &'static str,
    /// Positions of its streams; each gets every element.
    pub streams: &'static [usize],
}

/// The order in which several inputs are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Starting after the input that was used last.
    RoundRobin,
    /// In the order of `inputs`.
    Priority,
}

/// The effect of a full branch on the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOut {
    /// They wait for it.
    Minimum,
    /// None: it applies its own policy.
    Independent,
}

/// The action when no further attempt is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastResort {
    /// The flow fails.
    Terminate,
    /// The element ends here, counted.
    Skip,
    /// The element leaves by port `error`.
    DeadLetter,
}

/// The action after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorAction {
    /// The last resort, at once.
    Now(LastResort),
    /// Further attempts.
    Retry {
        /// Most further attempts.
        max: u32,
        /// Time before the first of them, in milliseconds; it doubles each time.
        backoff_ms: u64,
        /// The action after the last of them.
        then: LastResort,
    },
}

/// The actions after a failed call, by category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorPlan {
    /// After `invalid-input`.
    pub invalid_input: ErrorAction,
    /// After `unavailable`.
    pub unavailable: ErrorAction,
    /// After `internal`.
    pub internal: ErrorAction,
    /// After `deadline-exceeded`.
    pub deadline_exceeded: ErrorAction,
}

/// Limits of a stage.
#[derive(Debug)]
pub struct LimitsPlan {
    /// Most bytes of linear memory.
    pub memory_bytes: u64,
    /// Time for one call, in milliseconds.
    pub invocation_timeout_ms: u64,
    /// Time for `lifecycle.init`, in milliseconds.
    pub init_timeout_ms: u64,
    /// Time for `lifecycle.teardown`, in milliseconds.
    pub teardown_timeout_ms: u64,
    /// Fuel for one call; 0 without metering.
    pub fuel: u64,
    /// Largest buffer that it may allocate, in bytes.
    pub max_buffer_bytes: u64,
    /// Most bytes of buffers that it may own at once.
    pub buffer_budget_bytes: u64,
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
    pub overflow: Overflow,
    /// Priority among the inputs of its consumer; a higher one is tried first where the merge is by priority.
    pub rank: u8,
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

/// Policy of a full stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The producer waits.
    Block,
    /// The oldest element is dropped.
    DropOldest,
    /// The new element is dropped.
    DropNewest,
    /// The flow fails.
    Error,
    /// The producer waits, also to keep the stream's rate.
    RateLimit {
        /// Elements per second.
        per_second: u64,
    },
}

impl Overflow {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Overflow::Block => "block",
            Overflow::DropOldest => "drop-oldest",
            Overflow::DropNewest => "drop-newest",
            Overflow::Error => "error",
            Overflow::RateLimit { .. } => "rate-limit",
        }
    }
}

/// Plan of a flow's buffers.
#[derive(Debug)]
pub struct PoolPlan {
    /// Tiers, smallest first.
    pub tiers: [TierPlan; 4],
    /// Most bytes of all buffers outside the tiers; 0 forbids such buffers.
    pub fallback_bytes: u64,
    /// Largest buffer, in bytes.
    pub max_buffer_bytes: u64,
}

/// Buffers of one capacity.
#[derive(Clone, Copy, Debug)]
pub struct TierPlan {
    /// Capacity of each buffer in bytes.
    pub slot_bytes: u32,
    /// Number of buffers.
    pub slots: u32,
}
