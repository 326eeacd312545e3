//! Defaults of the manifest's keys, which the key table shows and `lower` applies.

use torvyn_codegen::ir::{Exhaustion, FanOut, LastResort, Merge, NodePolicies, OverflowPolicy, StageLimits};
use torvyn_runtime_core::bounds::LARGEST_BUFFER_BYTES;

use super::words::{CapabilityPolicy, Language, Optimize, Priority};

/// Implementation language of a component.
pub(crate) const LANGUAGE: Language = Language::Rust;

/// Scheduling class of a flow.
pub(crate) const PRIORITY: Priority = Priority::Normal;

/// The call path of stages.
pub(crate) const OPTIMIZE: Optimize = Optimize::Auto;

/// Number of replicas of a flow.
pub(crate) const REPLICAS: u32 = 1;

/// Effect of a full stream on the others of its port.
pub(crate) const FAN_OUT: FanOut = NodePolicies::DEFAULT.fan_out;

/// Order in which a node takes elements from several inputs.
pub(crate) const MERGE: Merge = NodePolicies::DEFAULT.merge;

/// Action after an error.
pub(crate) const ON_ERROR: LastResort = NodePolicies::DEFAULT.on_error.internal.last_resort();

/// Attempts after the first one, where an action retries.
pub(crate) const RETRIES: u32 = 3;

/// Delay before the first retry, in milliseconds.
pub(crate) const BACKOFF_MS: u64 = 100;

/// Action when all retries have failed.
pub(crate) const AFTER_RETRIES: LastResort = LastResort::Terminate;

/// Policy of a full stream.
pub(crate) const POLICY: OverflowPolicy = OverflowPolicy::Block;

/// Capacity of a stream, in elements.
pub(crate) const QUEUE_DEPTH: u32 = 64;

/// Fill ratio at which a full stream has room again.
pub(crate) const LOW_WATERMARK: f64 = 0.5;

/// Rank of a stream among the inputs of its consumer.
pub(crate) const INPUT_PRIORITY: u8 = 0;

/// Limits of a node.
pub(crate) const LIMITS: StageLimits = StageLimits {
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

/// The most restarts of a stage within a minute.
pub(crate) const MAX_RESTARTS: u32 = 5;

/// What an allocation does when its pool is empty.
pub(crate) const EXHAUSTION: Exhaustion = Exhaustion::FallbackAlloc;

/// Policy for capabilities that are not granted.
pub(crate) const CAPABILITY_POLICY: CapabilityPolicy = CapabilityPolicy::DenyAll;
