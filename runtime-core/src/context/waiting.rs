//! What a flow waits for when no stage is ready.

use super::RunContext;
use crate::clock::Time;

impl RunContext {
    /// A stage can't go on before `time`.
    #[inline]
    pub(crate) fn wake_at(&mut self, time: Time) {
        self.wake_at = self.wake_at.min(time);
    }

    /// A source waits for input that is on its way.
    pub(crate) fn await_input(&mut self) {
        self.awaits_input = true;
    }

    /// A sink takes no elements for now; it wakes the flow when it does.
    pub(crate) fn await_sink(&mut self) {
        self.awaits_sink = true;
    }

    /// A sink holds an element more.
    #[inline]
    pub(crate) fn hold(&mut self) {
        self.held += 1;
    }

    /// Sinks hold so many elements less.
    pub(crate) fn let_go(&mut self, elements: u64) {
        self.held -= elements;
    }

    /// Elements that sinks hold.
    #[inline]
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// Forgets what stages waited for: they will be asked again.
    #[inline]
    pub(crate) fn begin_step(&mut self) {
        self.wake_at = Time::NEVER;
        self.awaits_input = false;
        self.awaits_sink = false;
    }

    /// When the flow's time is up while it waits for somebody outside.
    pub(crate) fn limit(&self) -> Option<Time> {
        let limit = self.deadline.min(self.timeout);
        (self.drain.is_none() && limit < Time::NEVER && !self.clock.is_simulated()).then_some(limit)
    }

    /// Whether a sink waits for somebody who reads. No time passes on a simulated clock until then.
    pub(crate) fn waits_for_reader(&self) -> bool {
        self.clock.is_simulated() && self.awaits_sink
    }

    /// What the flow waits for after a step in which no stage was ready: a time, what comes from outside (input, or room in
    /// a sink), both or nothing.
    pub(crate) fn awaited(&self) -> (Option<Time>, bool) {
        let input = self.awaits_input || self.awaits_sink;
        let until = match (self.drain, input) {
            // Waiting for input ends when the time of the run is up; pauses and back-offs do not.
            (None, true) => self.wake_at.min(self.timeout),
            (Some(_), _) | (None, false) => self.wake_at,
        };
        let waits = input || until < Time::NEVER;
        // A flow that waits for nothing has ended.
        let until = if waits { until.min(self.deadline) } else { until };
        (Some(until).filter(|until| *until < Time::NEVER), input)
    }
}
