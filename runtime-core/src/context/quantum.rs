//! The steps of a quantum, which a driver works before other flows have a turn.

use std::time::Duration;

use super::RunContext;

/// Longest time for which a driver works before other flows have a turn (design section 6).
const LONGEST_QUANTUM: Duration = Duration::from_micros(100);

/// Steps between two readings of the time within a quantum.
const STEPS_BETWEEN_LOOKS: u32 = 8;

impl RunContext {
    /// Begins the count of a quantum's steps.
    #[inline]
    pub(crate) fn begin_quantum(&mut self) {
        self.steps = 0;
    }

    /// Steps of this quantum so far.
    #[inline]
    pub(crate) fn steps(&self) -> u32 {
        self.steps
    }

    /// Whether another step may follow at once: the quantum goes on, the time is not due to be read, and nobody asks for
    /// anything.
    #[inline]
    pub(crate) fn may_step(&self, quantum: u32) -> bool {
        self.steps < quantum && !self.time_is_due() && !self.is_called() && !self.pressure.has_notice()
    }

    /// Begins a step on a chain that is clear.
    #[inline]
    pub(crate) fn begin_passing(&mut self) {
        self.is_disturbed = false;
    }

    /// Notes what may keep the next element from passing a chain directly: a call failed, an element went into a stream,
    /// or a sink accepts nothing for now.
    #[inline]
    pub(crate) fn disturb(&mut self) {
        self.is_disturbed = true;
    }

    /// Whether the chain on which the step began has to be checked again.
    #[inline]
    pub(crate) fn is_disturbed(&self) -> bool {
        self.is_disturbed
    }

    /// Whether the time is due to be read after this step.
    #[inline]
    fn time_is_due(&self) -> bool {
        self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS)
    }

    /// Whether the time was due to be read, and other flows are due: the driver has worked for a whole quantum since it
    /// last read the clock.
    #[inline]
    pub(crate) fn quantum_is_over(&self) -> bool {
        self.time_is_due() && self.clock.peek().since(self.clock.now()) >= LONGEST_QUANTUM
    }
}
