//! A stream: the bounded queue between two stages.

use std::collections::VecDeque;

use crate::element::Element;
use crate::plan::StreamPlan;

/// What passed through a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamStats {
    /// Elements put in.
    pub enqueued: u64,
    /// Elements taken out.
    pub dequeued: u64,
    /// Largest length so far.
    pub peak_depth: u32,
    /// Times the stream was full.
    pub backpressure_episodes: u64,
}

/// A bounded first-in-first-out queue with hysteresis: once full, it takes elements again only when its length has
/// fallen to the low watermark.
#[derive(Debug)]
pub struct Stream {
    queue: VecDeque<Element>,
    depth: usize,
    low_watermark: usize,
    full: bool,
    stats: StreamStats,
}

impl Stream {
    /// An empty stream with all its credit.
    #[must_use]
    pub fn new(plan: &StreamPlan) -> Self {
        Self {
            queue: VecDeque::with_capacity(plan.depth as usize),
            depth: plan.depth as usize,
            low_watermark: plan.low_watermark as usize,
            full: false,
            stats: StreamStats::default(),
        }
    }

    /// Whether the producer may be scheduled.
    #[inline]
    #[must_use]
    pub fn has_credit(&self) -> bool {
        !self.full
    }

    /// Elements waiting.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether no element waits.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Puts an element in. The caller has seen [`Stream::has_credit`].
    #[inline]
    pub fn push(&mut self, element: Element) {
        debug_assert!(self.has_credit(), "a producer without credit is not scheduled");
        self.queue.push_back(element);
        self.stats.enqueued += 1;
        self.stats.peak_depth = self.stats.peak_depth.max(self.queue.len() as u32);
        if self.queue.len() == self.depth {
            self.full = true;
            self.stats.backpressure_episodes += 1;
        }
    }

    /// Takes the oldest element out.
    #[inline]
    pub fn pop(&mut self) -> Option<Element> {
        let element = self.queue.pop_front()?;
        self.stats.dequeued += 1;
        if self.queue.len() <= self.low_watermark {
            self.full = false;
        }
        Some(element)
    }

    /// What passed so far.
    #[must_use]
    pub fn stats(&self) -> StreamStats {
        self.stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::{BufferId, ContentType};

    fn element(sequence: u64) -> Element {
        Element {
            sequence,
            timestamp_ns: 0,
            content_type: ContentType::EMPTY,
            payload: BufferId::from_rep(0),
        }
    }

    #[test]
    fn a_full_stream_has_credit_again_at_the_low_watermark() {
        let mut stream = Stream::new(&StreamPlan {
            from: "a.output",
            to: "b.input",
            depth: 4,
            low_watermark: 2,
        });
        for sequence in 0..4 {
            assert!(stream.has_credit());
            stream.push(element(sequence));
        }
        assert!(!stream.has_credit());
        assert_eq!(stream.pop().map(|element| element.sequence), Some(0));
        assert!(!stream.has_credit(), "3 waiting is above the watermark");
        assert_eq!(stream.pop().map(|element| element.sequence), Some(1));
        assert!(stream.has_credit());
        let stats = stream.stats();
        assert_eq!(
            (
                stats.enqueued,
                stats.dequeued,
                stats.peak_depth,
                stats.backpressure_episodes
            ),
            (4, 2, 4, 1)
        );
    }
}
