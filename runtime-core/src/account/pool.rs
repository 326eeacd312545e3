//! Counters of a flow's buffers.

super::counters! {
    /// Counters of a pool. Two pools add up to an upper bound for `peak_live`: their peaks may lie apart in time.
    PoolStats {
        /// Buffers handed out.
        allocated: "allocated",
        /// Buffers given back.
        returned: "returned",
        /// Buffers whose bytes came from the system allocator.
        fallback: "fallback",
        /// Buffers handed out from slots that had been used before.
        reused: "reused",
        /// Largest number of buffers in use at once.
        peak_live: "peak_live",
    }
}
