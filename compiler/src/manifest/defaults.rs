//! What holds where the manifest does not say.

use torvyn_codegen::ir::Limits;
use torvyn_runtime_core::bounds::LARGEST_BUFFER_BYTES;

/// What a node may use where the manifest does not say.
pub(crate) const LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    invocation_timeout_ms: 1000,
    init_timeout_ms: 5000,
    teardown_timeout_ms: 2000,
    fuel: 0,
    max_buffer_bytes: LARGEST_BUFFER_BYTES,
    buffer_budget_bytes: 64 << 20,
};
