//! What happened to the buffers of a flow.

super::counters! {
    /// What happened in a pool. Buffers in use at once in two pools were so in each of them.
    PoolStats {
        /// Buffers handed out.
        allocated: "allocated",
        /// Buffers given back.
        returned: "returned",
        /// Buffers that came from the system allocator.
        fallback: "fallback",
        /// Buffers handed out that had been used before.
        reused: "reused",
        /// Most buffers that were in use at once.
        peak_live: "peak_live",
    }
}
