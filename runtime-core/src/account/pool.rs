//! Counters of a flow's buffers.

super::counters! {
    /// Counters of a pool. A sum over pools is an upper bound for `peak_live`, since their peaks may lie apart in time.
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
