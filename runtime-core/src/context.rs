//! What the stages of a running flow share: buffers, clock, limits, and whether it is time to stop.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::buffer::BufferPool;
use crate::control::Control;
use crate::plan::FlowPlan;

/// State of one run, lent to each step.
pub struct RunContext {
    /// Away only while a component's store holds it.
    pool: Option<Box<BufferPool>>,
    /// Signals and wake-ups.
    pub control: Arc<Control>,
    now: Instant,
    now_ns: u64,
    deadline: Option<Instant>,
    /// Elements the sources may still emit.
    remaining: u64,
    next_sequence: u64,
    draining: bool,
    deadline_passed: bool,
    /// How long a sink that returned `pause` gets nothing.
    pub sink_pause: Duration,
}

impl RunContext {
    /// The state at the start of a run that emits at most `limit` elements and is drained after `timeout`.
    #[must_use]
    pub fn new(plan: &FlowPlan, control: Arc<Control>, limit: Option<u64>, timeout: Option<Duration>) -> Self {
        let now = Instant::now();
        let timeout = timeout
            .into_iter()
            .chain(plan.deadline_ms.map(Duration::from_millis))
            .min();
        Self {
            pool: Some(Box::new(BufferPool::new(&plan.pools))),
            control,
            now,
            now_ns: wall_clock_ns(),
            deadline: timeout.and_then(|timeout| now.checked_add(timeout)),
            remaining: limit.unwrap_or(u64::MAX),
            next_sequence: 0,
            draining: limit == Some(0),
            deadline_passed: false,
            sink_pause: Duration::from_millis(plan.sink_pause_ms),
        }
    }

    /// The flow's buffers.
    pub fn pool(&mut self) -> &mut BufferPool {
        self.pool
            .as_mut()
            .expect("invariant: the pool is away only during a component's call")
    }

    pub(crate) fn lend_pool(&mut self) -> Box<BufferPool> {
        self.pool.take().expect("invariant: one component is called at a time")
    }

    pub(crate) fn return_pool(&mut self, pool: Box<BufferPool>) {
        self.pool = Some(pool);
    }

    /// Time at the last look at the clock: once a quantum.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Nanoseconds since the Unix epoch at the last look at the clock.
    #[must_use]
    pub fn now_ns(&self) -> u64 {
        self.now_ns
    }

    /// When the flow is drained at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Nanoseconds until the deadline; 0 without one, at least 1 with one.
    #[must_use]
    pub fn deadline_ns(&self) -> u64 {
        self.deadline.map_or(0, |deadline| {
            u64::try_from(deadline.saturating_duration_since(self.now).as_nanos())
                .unwrap_or(u64::MAX)
                .max(1)
        })
    }

    /// Whether sources are no longer pulled.
    #[inline]
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// Whether the flow drains because its time is up.
    #[must_use]
    pub fn deadline_passed(&self) -> bool {
        self.deadline_passed
    }

    /// Looks at the clock and at the signals.
    pub fn look_around(&mut self) {
        self.now = Instant::now();
        self.now_ns = wall_clock_ns();
        if self.deadline.is_some_and(|deadline| self.now >= deadline) && !self.draining {
            self.deadline_passed = true;
            self.draining = true;
        }
        if self.control.is_stopping() {
            self.draining = true;
        }
    }

    /// The sequence number of the next element.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Gives a new element its sequence number and counts it against the limit.
    pub(crate) fn count_emitted(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.remaining -= 1;
        if self.remaining == 0 {
            self.draining = true;
        }
        sequence
    }

    /// Stops the sources.
    pub fn drain(&mut self) {
        self.draining = true;
    }
}

fn wall_clock_ns() -> u64 {
    // A clock before 1970 reads as 1970.
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
