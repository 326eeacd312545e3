//! What holds where the manifest does not say: the key table shows it, and `lower` acts on it.

use torvyn_codegen::ir::{Exhaustion, FanOut, LastResort, Limits, Merge, OverflowPolicy};
use torvyn_runtime_core::bounds::LARGEST_BUFFER_BYTES;

use super::words::{CapabilityPolicy, Language, Optimize, Priority};

/// What a component is written in.
pub(crate) const LANGUAGE: Language = Language::Rust;

/// Scheduling class of a flow.
pub(crate) const PRIORITY: Priority = Priority::Normal;

/// The call path of stages.
pub(crate) const OPTIMIZE: Optimize = Optimize::Direct;

/// Runs of a flow side by side.
pub(crate) const REPLICAS: u32 = 1;

/// What a full stream does to the others of its port.
pub(crate) const FAN_OUT: FanOut = FanOut::Minimum;

/// Which of several inputs is taken from.
pub(crate) const MERGE: Merge = Merge::RoundRobin;

/// What follows an error.
pub(crate) const ON_ERROR: LastResort = LastResort::Terminate;

/// Attempts after the first one, where there are any.
pub(crate) const RETRIES: u32 = 3;

/// Milliseconds before the first of them.
pub(crate) const BACKOFF_MS: u64 = 100;

/// What happens when all of them have failed.
pub(crate) const AFTER_RETRIES: LastResort = LastResort::Terminate;

/// What a full stream does.
pub(crate) const POLICY: OverflowPolicy = OverflowPolicy::Block;

/// Capacity of a stream, in elements.
pub(crate) const QUEUE_DEPTH: u32 = 64;

/// Part of the capacity at which a full stream has room again.
pub(crate) const LOW_WATERMARK: f64 = 0.5;

/// Rank of a stream among the inputs of its consumer.
pub(crate) const INPUT_PRIORITY: u8 = 0;

/// What a node may use.
pub(crate) const LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    invocation_timeout_ms: 1000,
    init_timeout_ms: 5000,
    teardown_timeout_ms: 2000,
    fuel: 0,
    max_buffer_bytes: LARGEST_BUFFER_BYTES,
    buffer_budget_bytes: 64 << 20,
};

/// How long a sink that returned `pause` gets nothing, in milliseconds.
pub(crate) const SINK_PAUSE_MS: u64 = 10;

/// How often a stage is restarted within a minute.
pub(crate) const MAX_RESTARTS: u32 = 5;

/// What an allocation does when its pool is empty.
pub(crate) const EXHAUSTION: Exhaustion = Exhaustion::FallbackAlloc;

/// Policy for capabilities that are not granted.
pub(crate) const CAPABILITY_POLICY: CapabilityPolicy = CapabilityPolicy::DenyAll;
