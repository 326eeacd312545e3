//! Events for which a flow waits when no stage is ready.

use super::RunContext;
use crate::clock::Time;

impl RunContext {
    /// Notes that a stage cannot continue before `time`.
    #[inline]
    pub(crate) fn wake_at(&mut self, time: Time) {
        self.wake_at = self.wake_at.min(time);
    }

    /// Notes that a source waits for input.
    pub(crate) fn await_input(&mut self) {
        self.awaits_input = true;
    }

    /// Notes that a sink has no room for now; it wakes the flow once it has.
    pub(crate) fn await_sink(&mut self) {
        self.awaits_sink = true;
    }

    /// Counts one more element held by a sink.
    #[inline]
    pub(crate) fn hold(&mut self) {
        self.held += 1;
    }

    /// Counts `elements` fewer elements held by sinks.
    pub(crate) fn let_go(&mut self, elements: u64) {
        self.held -= elements;
    }

    /// Number of elements that sinks hold.
    #[inline]
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// Counts a step. Clears the notes about waiting stages, which are checked again in it.
    #[inline]
    pub(crate) fn begin_step(&mut self) {
        self.steps += 1;
        self.wake_at = Time::NEVER;
        self.awaits_input = false;
        self.awaits_sink = false;
    }

    /// The time at which a wait for input or for a reader has to end; `None` without a limit.
    pub(crate) fn limit(&self) -> Option<Time> {
        let limit = self.deadline.min(self.timeout);
        (self.drain.is_none() && limit < Time::NEVER && !self.clock.is_simulated()).then_some(limit)
    }

    /// Whether a sink waits for a reader. A simulated clock stands still until then.
    pub(crate) fn waits_for_reader(&self) -> bool {
        self.clock.is_simulated() && self.awaits_sink
    }

    /// The event for which the flow waits after a step in which no stage was ready: a time, a change outside (input, or
    /// room in a sink), both or neither.
    pub(crate) fn awaited(&self) -> (Option<Time>, bool) {
        let input = self.awaits_input || self.awaits_sink;
        let until = match (self.drain, input) {
            // Waiting for input ends when the run's time is up; pauses and back-offs do not.
            (None, true) => self.wake_at.min(self.timeout),
            (Some(_), _) | (None, false) => self.wake_at,
        };
        let waits = input || until < Time::NEVER;
        // A flow that waits for nothing has ended.
        let until = if waits { until.min(self.deadline) } else { until };
        (Some(until).filter(|until| *until < Time::NEVER), input)
    }
}
