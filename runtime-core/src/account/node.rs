//! What became of the elements of a node.

use crate::plan::Role;

super::counters! {
    /// What became of a node's elements. Of a node that is no source, `received` + `flushed` = `emitted` + `filtered` +
    /// `absorbed` + `delivered` + `skipped` + `dead_lettered` + `failed` once the flow has ended.
    NodeStats {
        /// Elements taken in.
        received: "in",
        /// Elements put out; with several streams from a port, still one.
        emitted: "out",
        /// Elements a filter rejected or a router sent nowhere.
        filtered: "filtered",
        /// Elements consumed without a result.
        absorbed: "absorbed",
        /// Elements that arrived where a sink was to deliver them.
        delivered: "delivered",
        /// Elements an aggregator had left at the end.
        flushed: "flushed",
        /// Calls.
        calls: "calls",
        /// Calls that failed.
        errors: "errors",
        /// Calls repeated.
        retries: "retries",
        /// Elements that ended here because they could not be handled; of a source, pulls.
        skipped: "skipped",
        /// Elements that left by port `error`.
        dead_lettered: "dead_lettered",
        /// Elements in hand when the flow ended.
        failed: "failed",
        /// Restarts of the stage.
        restarts: "restarts",
        /// Buffers the stage owned when it ended.
        leaked_buffers: "leaked_buffers",
    }
}

impl NodeStats {
    /// Whether every element is accounted for, once the flow has ended.
    #[must_use]
    pub fn is_balanced(&self, role: Role) -> bool {
        let entered = self.received + self.flushed;
        let left = self.emitted + self.filtered + self.absorbed + self.delivered;
        role == Role::Source || entered == left + self.skipped + self.dead_lettered + self.failed
    }
}
