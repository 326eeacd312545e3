//! What the compiler decided, as static data in the executable: emitted by code generation, read-only at run time.

use crate::host::wasi;

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
    /// Whether calls are metered with fuel; part of the engine configuration.
    pub fuel: bool,
    /// The WASI packages that the components import.
    pub wasi: &'static [wasi::Package],
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
}

/// One stage.
#[derive(Debug)]
pub struct NodePlan {
    /// Name in the manifest.
    pub name: &'static str,
    /// `source`, `processor`, `filter` or `sink`.
    pub role: &'static str,
    /// Name of the component, or `builtin:NAME`.
    pub component: &'static str,
    /// Configuration string, possibly empty.
    pub config: &'static str,
    /// How it is called, with the reason.
    pub path: &'static str,
    /// Whether the component exports `torvyn:streaming/lifecycle`.
    pub lifecycle: bool,
    /// Positions of the streams that end here.
    pub inputs: &'static [usize],
    /// Positions of the streams that start here; each gets every element.
    pub outputs: &'static [usize],
    /// What the stage may use.
    pub limits: LimitsPlan,
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
}

/// The buffers of a flow.
#[derive(Debug)]
pub struct PoolPlan {
    /// Tiers, smallest first.
    pub tiers: [TierPlan; 4],
    /// Bytes that buffers outside the tiers may take in all; 0 forbids them.
    pub fallback_bytes: u64,
    /// Largest buffer a component may ask for, in bytes.
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
