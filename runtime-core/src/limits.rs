//! Limits of stages and sizes of pools.

use crate::layout::{PAGE_BYTES, handle, node};

/// Alignment of a tier in the exchange memory, in bytes: a system page, so that buffers of a page or more start at page
/// boundaries.
pub const TIER_ALIGNMENT: u64 = 4096;

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

/// Returns an upper bound in bytes for the exchange memory of a flow with this number of `nodes`, of which `tables` have
/// a handle table.
#[must_use]
pub fn exchange_bytes(tiers: &[TierSize; 4], nodes: usize, tables: usize) -> u64 {
    let blocks = nodes as u64 * u64::from(node::SIZE);
    let handles = tables as u64 * u64::from(handle::TABLE_BYTES);
    let buffers = tiers
        .iter()
        .map(|tier| TIER_ALIGNMENT + u64::from(tier.slot_bytes) * u64::from(tier.slots));
    (u64::from(node::FIRST) + blocks + handles + buffers.sum::<u64>()).next_multiple_of(PAGE_BYTES)
}
