//! Counters of a node: how its elements ended.

use crate::role::Role;

super::counters! {
    /// How a node's elements ended. For every node but a source, `received` + `flushed` = `emitted` + `filtered` +
    /// `absorbed` + `delivered` + `skipped` + `dead_lettered` + `failed` once the flow has ended.
    NodeStats {
        /// Elements taken in.
        received: "in",
        /// Elements emitted; one that goes to several streams of a port counts once.
        emitted: "out",
        /// Elements a filter rejected or a router sent nowhere.
        filtered: "filtered",
        /// Elements consumed without a result.
        absorbed: "absorbed",
        /// Elements that a sink delivered to their destination.
        delivered: "delivered",
        /// Elements that an aggregator emitted at the end of the flow.
        flushed: "flushed",
        /// Calls of the stage.
        calls: "calls",
        /// Calls that returned an error.
        errors: "errors",
        /// Calls repeated after an error.
        retries: "retries",
        /// Elements given up because the stage could not handle them; for a source, failed pulls.
        skipped: "skipped",
        /// Elements that left by port `error`.
        dead_lettered: "dead_lettered",
        /// Elements that the node still had when the flow ended.
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
