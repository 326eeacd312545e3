//! A stream: the bounded queue between two stages.

use std::collections::VecDeque;
use std::time::Duration;

use crate::account::StreamStats;
use crate::buffer::Element;
use crate::clock::Time;
use crate::context::RunContext;
use crate::event::Event;
use crate::plan::{StreamName, StreamPlan};
use crate::policy::OverflowPolicy;

/// A period without room: from when the stream is full until it has drained to its low watermark.
#[derive(Clone, Copy, Debug)]
struct Episode {
    since: Time,
    /// Elements dropped before the period.
    dropped_before: u64,
}

/// The producer's view of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is room for an element.
    Yes,
    /// The stream is full.
    Full,
    /// The stream's rate permits the next element at this time.
    NotBefore(Time),
}

/// The rate of a stream: a token bucket in the form of a virtual schedule (generic cell rate algorithm, ITU-T I.371).
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Nanoseconds between elements.
    interval_ns: u64,
    /// Nanoseconds by which a burst may run ahead of the schedule.
    tolerance_ns: u64,
    /// Scheduled time of the next element.
    due: Time,
}

impl Pace {
    fn new(per_second: u64) -> Self {
        let interval_ns = (1_000_000_000 / per_second.max(1)).max(1);
        // A burst may be as large as the elements due in ten milliseconds.
        let burst = (per_second / 100).max(1);
        Self {
            interval_ns,
            tolerance_ns: (burst - 1).saturating_mul(interval_ns),
            due: Time::START,
        }
    }

    fn earliest(&self) -> Time {
        Time::from_nanos(self.due.as_nanos().saturating_sub(self.tolerance_ns))
    }

    fn take(&mut self, now: Time) {
        self.due = self.due.max(now).after(Duration::from_nanos(self.interval_ns));
    }
}

/// A bounded first-in-first-out queue with hysteresis: once full, it has no room until its length has fallen to the low
/// watermark.
#[derive(Debug)]
pub struct Stream {
    position: usize,
    name: StreamName,
    queue: VecDeque<Element>,
    depth: usize,
    low_watermark: usize,
    policy: OverflowPolicy,
    max_element_bytes: Option<u64>,
    /// Whether it is one of several streams of a port that must all have room.
    shared: bool,
    pace: Option<Pace>,
    episode: Option<Episode>,
    stats: StreamStats,
}

impl Stream {
    /// The empty stream at `position` of its flow. `shared`: its producer waits for all streams of the port.
    #[must_use]
    pub fn new(plan: &'static StreamPlan, position: usize, shared: bool) -> Self {
        Self {
            position,
            name: StreamName {
                from: plan.from,
                to: plan.to,
            },
            // Most queues stay short: consumers run first.
            queue: VecDeque::new(),
            depth: plan.depth as usize,
            low_watermark: plan.low_watermark as usize,
            policy: plan.policy,
            max_element_bytes: plan.max_element_bytes,
            shared,
            pace: plan.policy.per_second().map(Pace::new),
            episode: None,
            stats: StreamStats::default(),
        }
    }

    /// The stream's name: its two ends.
    #[must_use]
    pub fn name(&self) -> StreamName {
        self.name
    }

    /// Largest payload in bytes; `None` without a limit.
    #[inline]
    #[must_use]
    pub fn max_element_bytes(&self) -> Option<u64> {
        self.max_element_bytes
    }

    /// Whether a producer waits while the stream is full.
    #[inline]
    #[must_use]
    pub fn stalls(&self) -> bool {
        self.policy.waits() || self.shared
    }

    /// Whether the producer may put an element in now.
    #[inline]
    #[must_use]
    pub fn room(&self, now: Time) -> Room {
        if self.episode.is_some() && self.stalls() {
            return Room::Full;
        }
        match &self.pace {
            Some(pace) if pace.earliest() > now => Room::NotBefore(pace.earliest()),
            Some(_) | None => Room::Yes,
        }
    }

    /// Number of elements in the stream.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether the stream is empty.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Puts an element in, under the stream's policy. The buffer of an element in the result is the caller's to
    /// release; [`Pushed::Overflow`] is an error.
    #[inline]
    pub fn push(&mut self, cx: &mut RunContext, element: Element) -> Pushed {
        self.stats.offered += 1;
        if let Some(pace) = &mut self.pace {
            pace.take(cx.now());
        }
        let mut pushed = Pushed::Taken;
        if self.queue.len() == self.depth {
            match self.policy {
                OverflowPolicy::DropOldest => {
                    if let Some(oldest) = self.queue.pop_front() {
                        self.stats.dropped_oldest += 1;
                        pushed = Pushed::Dropped(oldest);
                    }
                }
                OverflowPolicy::DropNewest => {
                    self.stats.dropped_newest += 1;
                    return Pushed::Dropped(element);
                }
                OverflowPolicy::Error => {
                    self.stats.dropped_overflow += 1;
                    return Pushed::Overflow(element);
                }
                OverflowPolicy::Block | OverflowPolicy::RateLimit { .. } => {
                    unreachable!("invariant: a producer without room is not scheduled")
                }
            }
        }
        self.queue.push_back(element);
        self.stats.enqueued += 1;
        self.stats.peak_depth = self.stats.peak_depth.max(self.queue.len());
        if self.queue.len() == self.depth && self.episode.is_none() {
            self.trigger(cx);
        }
        pushed
    }

    /// Whether an element can bypass the empty queue unobserved: it would not fill it, and there is no rate to keep.
    #[inline]
    #[must_use]
    pub(crate) fn can_be_passed(&self) -> bool {
        self.depth > 1 && self.pace.is_none() && self.queue.is_empty() && self.episode.is_none()
    }

    /// Counts elements that bypassed the queue.
    #[inline]
    pub(crate) fn count_passed(&mut self, elements: u64) {
        self.stats.offered += elements;
        self.stats.enqueued += elements;
        self.stats.dequeued += elements;
        self.stats.peak_depth = self.stats.peak_depth.max(usize::from(elements > 0));
    }

    /// Takes the oldest element.
    #[inline]
    pub fn pop(&mut self, cx: &mut RunContext) -> Option<Element> {
        let element = self.queue.pop_front()?;
        self.stats.dequeued += 1;
        if self.episode.is_some() && self.queue.len() <= self.low_watermark {
            self.relieve(cx);
        }
        Some(element)
    }

    #[cold]
    fn trigger(&mut self, cx: &mut RunContext) {
        self.episode = Some(Episode {
            since: cx.now(),
            dropped_before: self.stats.dropped(),
        });
        self.stats.episodes += 1;
        cx.note(Event::Triggered {
            stream: self.name,
            depth: self.queue.len(),
        });
        if self.stalls() {
            cx.pressure.stalled(self.position);
        }
    }

    #[cold]
    fn relieve(&mut self, cx: &mut RunContext) {
        let Some(episode) = self.episode.take() else { return };
        let duration = cx.now().since(episode.since);
        self.stats.pressure += duration;
        cx.note(Event::Relieved {
            stream: self.name,
            depth: self.queue.len(),
            duration,
            dropped: self.stats.dropped() - episode.dropped_before,
        });
        if self.stalls() {
            cx.pressure.flows_again(self.position);
        }
    }

    /// Empties the stream at the end of a failed flow; the caller releases the buffers.
    pub fn discard(&mut self) -> impl Iterator<Item = Element> {
        self.stats.discarded += self.queue.len() as u64;
        self.queue.drain(..)
    }

    /// Counters up to now; a period without room that has not ended counts until `now`.
    #[must_use]
    pub fn stats(&self, now: Time) -> StreamStats {
        let mut stats = self.stats;
        if let Some(episode) = self.episode {
            stats.pressure += now.since(episode.since);
        }
        stats
    }
}

/// Result of putting an element into a stream.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Pushed {
    /// The element is in the stream.
    Taken,
    /// An element was dropped, the new one or the oldest; its buffer is the caller's to release.
    Dropped(Element),
    /// There is no room, and the stream's policy is to fail.
    Overflow(Element),
}

#[cfg(test)]
mod tests;
