//! What the watchdog and the calls of one flow's shells tell each other, through words of the flow's exchange memory.

use crate::buffer::WatchedWords;
use crate::plan::FlowPlan;

mod words;

pub use words::Watched;

impl Watched {
    pub(super) fn new(words: WatchedWords, flow: &FlowPlan) -> Self {
        let limits_ms = flow.nodes.iter().map(|node| node.limits.invocation_timeout_ms);
        Self::with_limits(words, limits_ms.collect())
    }
}
