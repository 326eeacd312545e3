//! A stream of the model: a bounded queue, its policy, its rate, its counters.

use std::collections::VecDeque;

use crate::model::Element;
use crate::shape::{EdgeShape, Policy};

/// Counters of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct StreamCounters {
    pub(crate) offered: u64,
    pub(crate) enqueued: u64,
    pub(crate) dequeued: u64,
    pub(crate) dropped_oldest: u64,
    pub(crate) dropped_newest: u64,
    pub(crate) dropped_overflow: u64,
    pub(crate) discarded: u64,
    pub(crate) peak_depth: usize,
    pub(crate) episodes: u64,
    pub(crate) backpressure_ns: u64,
}

impl StreamCounters {
    fn dropped(&self) -> u64 {
        self.dropped_oldest + self.dropped_newest + self.dropped_overflow
    }
}

/// A period in which a stream is full.
#[derive(Clone, Copy, Debug)]
struct Episode {
    since: u64,
    dropped_before: u64,
}

/// Result of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Normal,
    /// The push made the stream full.
    BecameFull,
    /// There was no room, which is an error.
    Overflow,
}

/// The end of a period in which a stream was full.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relief {
    pub(crate) duration_ns: u64,
    pub(crate) dropped: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) queue: VecDeque<Element>,
    pub(crate) depth: usize,
    pub(crate) policy: Policy,
    pub(crate) counters: StreamCounters,
    low_watermark: usize,
    /// Whether its producer waits while it is full.
    pub(crate) stalls: bool,
    episode: Option<Episode>,
    /// Time at which the next element is due by the rate (theoretical arrival time).
    due: u64,
}

impl Stream {
    /// `shared`: the producer waits for all streams of the port.
    pub(crate) fn new(edge: &EdgeShape, shared: bool) -> Self {
        Self {
            queue: VecDeque::new(),
            depth: edge.depth,
            policy: edge.policy,
            counters: StreamCounters::default(),
            low_watermark: low_watermark(edge.depth, edge.low_watermark_ratio),
            stalls: shared || matches!(edge.policy, Policy::Block | Policy::RateLimit(_)),
            episode: None,
            due: 0,
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        !self.stalls || self.episode.is_none()
    }

    /// Time from which the rate allows an element.
    pub(crate) fn next_token(&self) -> u64 {
        match self.policy {
            Policy::RateLimit(per_second) => {
                let burst = (per_second / 100).max(1);
                self.due.saturating_sub((burst - 1) * interval(per_second))
            }
            Policy::Block | Policy::DropOldest | Policy::DropNewest | Policy::Error => 0,
        }
    }

    pub(crate) fn accepts(&self, now: u64) -> bool {
        self.has_room() && self.next_token() <= now
    }

    pub(crate) fn push(&mut self, now: u64, element: Element) -> Pushed {
        self.counters.offered += 1;
        if let Policy::RateLimit(per_second) = self.policy {
            self.due = self.due.max(now) + interval(per_second);
        }
        if self.queue.len() == self.depth {
            match self.policy {
                Policy::DropOldest => {
                    self.queue.pop_front();
                    self.counters.dropped_oldest += 1;
                }
                Policy::DropNewest => {
                    self.counters.dropped_newest += 1;
                    return Pushed::Normal;
                }
                Policy::Error => {
                    self.counters.dropped_overflow += 1;
                    return Pushed::Overflow;
                }
                Policy::Block | Policy::RateLimit(_) => panic!("a producer without room does not run"),
            }
        }
        self.queue.push_back(element);
        self.counters.enqueued += 1;
        self.counters.peak_depth = self.counters.peak_depth.max(self.queue.len());
        if self.queue.len() < self.depth || self.episode.is_some() {
            return Pushed::Normal;
        }
        self.counters.episodes += 1;
        self.episode = Some(Episode {
            since: now,
            dropped_before: self.counters.dropped(),
        });
        Pushed::BecameFull
    }

    /// Takes the oldest element out of a stream that is not empty.
    pub(crate) fn pop(&mut self, now: u64) -> (Element, Option<Relief>) {
        let element = self.queue.pop_front().expect("the stream is not empty");
        self.counters.dequeued += 1;
        let over = self.episode.filter(|_| self.queue.len() <= self.low_watermark);
        let relief = over.map(|episode| {
            self.episode = None;
            self.counters.backpressure_ns += now - episode.since;
            Relief {
                duration_ns: now - episode.since,
                dropped: self.counters.dropped() - episode.dropped_before,
            }
        });
        (element, relief)
    }

    /// Ends the stream with the flow.
    pub(crate) fn end(&mut self, now: u64) {
        self.counters.discarded += self.queue.len() as u64;
        self.queue.clear();
        if let Some(episode) = self.episode.take() {
            self.counters.backpressure_ns += now - episode.since;
        }
    }
}

/// Nanoseconds between two elements.
fn interval(per_second: u64) -> u64 {
    (1_000_000_000 / per_second).max(1)
}

/// The low watermark for a ratio: rounded down, and below the depth.
fn low_watermark(depth: usize, ratio: f64) -> usize {
    let mut mark = 0;
    while mark + 1 < depth && (mark + 1) as f64 <= depth as f64 * ratio {
        mark += 1;
    }
    mark
}
