//! What passed through a stream.

use std::time::Duration;

/// What passed through a stream. `offered` = `enqueued` + `dropped_newest` + `dropped_overflow`, and `enqueued` =
/// `dequeued` + `dropped_oldest` + `discarded` once the flow has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamStats {
    /// Elements its producer had for it.
    pub offered: u64,
    /// Elements put in.
    pub enqueued: u64,
    /// Elements its consumer took.
    pub dequeued: u64,
    /// Elements that made room for newer ones.
    pub dropped_oldest: u64,
    /// Elements for which there was no room.
    pub dropped_newest: u64,
    /// Elements for which there was no room in a stream that may not overflow.
    pub dropped_overflow: u64,
    /// Elements left when the flow failed or was cancelled.
    pub discarded: u64,
    /// Largest length so far.
    pub peak_depth: usize,
    /// Times the stream was full.
    pub episodes: u64,
    /// How long it was, in all.
    pub pressure: Duration,
}

impl StreamStats {
    /// Elements that were dropped, for whatever reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped_oldest + self.dropped_newest + self.dropped_overflow
    }

    /// Whether every element is accounted for, once the flow has ended.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.offered == self.enqueued + self.dropped_newest + self.dropped_overflow
            && self.enqueued == self.dequeued + self.dropped_oldest + self.discarded
    }

    /// What passed through both streams, the same one of two replicas.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            offered: self.offered + other.offered,
            enqueued: self.enqueued + other.enqueued,
            dequeued: self.dequeued + other.dequeued,
            dropped_oldest: self.dropped_oldest + other.dropped_oldest,
            dropped_newest: self.dropped_newest + other.dropped_newest,
            dropped_overflow: self.dropped_overflow + other.dropped_overflow,
            discarded: self.discarded + other.discarded,
            peak_depth: self.peak_depth.max(other.peak_depth),
            episodes: self.episodes + other.episodes,
            pressure: self.pressure + other.pressure,
        }
    }
}
