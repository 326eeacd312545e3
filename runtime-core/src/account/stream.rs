//! Counters of a stream.

use std::time::Duration;

/// Counters of a stream. `offered` = `enqueued` + `dropped_newest` + `dropped_overflow`, and `enqueued` = `dequeued` +
/// `dropped_oldest` + `discarded` once the flow has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamStats {
    /// Elements that the producer offered.
    pub offered: u64,
    /// Elements put into the stream.
    pub enqueued: u64,
    /// Elements that the consumer took.
    pub dequeued: u64,
    /// Elements dropped to make room for newer ones.
    pub dropped_oldest: u64,
    /// New elements dropped for lack of room.
    pub dropped_newest: u64,
    /// New elements dropped for lack of room in a stream that fails on overflow.
    pub dropped_overflow: u64,
    /// Elements left in the stream when the flow failed or was cancelled.
    pub discarded: u64,
    /// Largest number of elements in the stream at once.
    pub peak_depth: usize,
    /// Times that the stream became full.
    pub episodes: u64,
    /// Total time for which the stream was full.
    pub pressure: Duration,
}

impl StreamStats {
    /// Elements dropped, for any reason.
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

    /// The sums of both counters, for the same stream of two replicas.
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
