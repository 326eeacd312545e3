//! What the compiler decided, as static data in the executable: emitted by code generation, read-only at run time.

use crate::engine::Tuning;

/// One executable.
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
    /// What of the engine configuration depends on the program.
    pub tuning: Tuning,
    /// Threads that run flows; `None`: one for each processor.
    pub worker_threads: Option<u32>,
}

/// One flow.
#[derive(Debug)]
pub struct FlowPlan {
    /// Name in the manifest.
    pub name: &'static str,
    /// In topological order: producers before consumers.
    pub nodes: &'static [NodePlan],
    /// In manifest order.
    pub streams: &'static [StreamPlan],
    /// Buffers.
    pub pools: PoolPlan,
    /// Elements the driver handles before it looks at clock and signals.
    pub quantum: u32,
    /// Milliseconds until the flow is drained; `None` without a limit.
    pub deadline_ms: Option<u64>,
    /// How long a sink that returned `pause` gets nothing, in milliseconds.
    pub sink_pause_ms: u64,
    /// How often a stage may be made anew within a minute.
    pub max_restarts: u32,
    /// Whether the driver has a thread of its own, because a stage may wait in the host.
    pub own_thread: bool,
    /// How many runs of it there are side by side; at least 1.
    pub replicas: u32,
    /// Position of the router whose ports they share out; `None` where the sources share out what they give.
    pub replicas_by: Option<usize>,
}

/// One stage.
#[derive(Debug)]
pub struct NodePlan {
    /// Name in the manifest.
    pub name: &'static str,
    /// What it does.
    pub role: Role,
    /// Name of the component, or `builtin:NAME`.
    pub component: &'static str,
    /// Configuration string, possibly empty.
    pub config: &'static str,
    /// How it is called, with the reason.
    pub path: &'static str,
    /// Whether the stage is on one of the core call paths.
    pub on_core: bool,
    /// Whether the component exports `torvyn:streaming/lifecycle`.
    pub lifecycle: bool,
    /// Positions of the streams that end here, in the order in which they are asked.
    pub inputs: &'static [usize],
    /// The output ports but `error`.
    pub outputs: &'static [PortPlan],
    /// Positions of the streams that leave port `error`.
    pub dead_letters: &'static [usize],
    /// Which input is asked first.
    pub merge: Merge,
    /// Whether one full branch of a port holds up the others.
    pub fan_out: FanOut,
    /// What follows a failed call.
    pub on_error: ErrorPlan,
    /// What the component is granted, for `capability-query`.
    pub capabilities: &'static [&'static str],
    /// Whether this source runs on a thread of its own, because it may wait.
    pub own_thread: bool,
    /// What the stage may use.
    pub limits: LimitsPlan,
}

/// What a stage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Produces elements.
    Source,
    /// Makes at most one element of each.
    Processor,
    /// Lets elements pass or not.
    Filter,
    /// Chooses the ports an element leaves by.
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

/// An output port.
#[derive(Debug)]
pub struct PortPlan {
    /// Its name.
    pub name: &'static str,
    /// Positions of the streams that leave it; each gets every element.
    pub streams: &'static [usize],
}

/// Which of several inputs is asked first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// The one behind the last one used.
    RoundRobin,
    /// The first in the order of `inputs`.
    Priority,
}

/// What a full branch means for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOut {
    /// It holds them up.
    Minimum,
    /// It applies its own policy.
    Independent,
}

/// What follows when nothing more is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastResort {
    /// The flow fails.
    Terminate,
    /// The element ends here, counted.
    Skip,
    /// The element leaves by port `error`.
    DeadLetter,
}

/// What follows a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorAction {
    /// At once.
    Now(LastResort),
    /// The call is repeated.
    Retry {
        /// So many times.
        max: u32,
        /// First after so many milliseconds, each time after twice as many.
        backoff_ms: u64,
        /// After the last failure.
        then: LastResort,
    },
}

/// What follows a failed call, by category.
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

/// What a stage may use.
#[derive(Debug)]
pub struct LimitsPlan {
    /// Linear memory in bytes.
    pub memory_bytes: u64,
    /// Time for one call, in milliseconds.
    pub invocation_timeout_ms: u64,
    /// Time for `lifecycle.init`, in milliseconds.
    pub init_timeout_ms: u64,
    /// Time for `lifecycle.teardown`, in milliseconds.
    pub teardown_timeout_ms: u64,
    /// Fuel for one call; 0 without metering.
    pub fuel: u64,
    /// Largest buffer it may ask for, in bytes.
    pub max_buffer_bytes: u64,
    /// Bytes of buffers that it may own at once.
    pub buffer_budget_bytes: u64,
}

/// One bounded queue.
#[derive(Debug)]
pub struct StreamPlan {
    /// `node.port` of the producer.
    pub from: &'static str,
    /// `node.port` of the consumer.
    pub to: &'static str,
    /// Capacity in elements.
    pub depth: u32,
    /// Length at which a stream that was full has room again.
    pub low_watermark: u32,
    /// What happens when it is full.
    pub overflow: Overflow,
    /// Rank among the inputs of its consumer; higher is asked first where the merge is by priority.
    pub rank: u8,
    /// Largest payload it takes, in bytes.
    pub max_element_bytes: Option<u64>,
}

/// Both ends of a stream.
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

/// What a full stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Its producer waits.
    Block,
    /// The element that waited longest makes room.
    DropOldest,
    /// The new element is dropped.
    DropNewest,
    /// The flow fails.
    Error,
    /// Its producer waits, also for the stream's pace.
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

/// The buffers of a flow.
#[derive(Debug)]
pub struct PoolPlan {
    /// Tiers, smallest first.
    pub tiers: [TierPlan; 4],
    /// Bytes that buffers outside the tiers may take in all; 0 forbids them.
    pub fallback_bytes: u64,
    /// Largest buffer there may be, in bytes.
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
