//! Limits of stages and sizes of pools.

/// Limits of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageLimits {
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
    /// Largest buffer that the stage may allocate, in bytes.
    pub max_buffer_bytes: u64,
    /// Most bytes of buffers that the stage may own at once, by capacity.
    pub buffer_budget_bytes: u64,
}

/// Buffers of one capacity, a tier of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierSize {
    /// Capacity of each buffer in bytes.
    pub slot_bytes: u32,
    /// Number of buffers.
    pub slots: u32,
}
