//! Detection of a stalled process: all other threads wait.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Processor time that this thread may itself take between two readings of the clocks, with a margin.
const NOISE: Duration = Duration::from_micros(200);

/// State of the other threads.
#[derive(Debug, Default)]
pub(super) struct Stall {
    /// Ticks since one of them worked.
    ticks: u32,
    /// Their processor time at that moment.
    worked: Duration,
}

impl Stall {
    /// Checks once a tick. Returns the number of ticks for which all of them have been waiting.
    pub(super) fn look(&mut self) -> u32 {
        self.note(time_of_others())
    }

    fn note(&mut self, worked: Duration) -> u32 {
        self.ticks += 1;
        if worked > self.worked + NOISE {
            *self = Self { ticks: 0, worked };
        }
        self.ticks
    }
}

fn time_of_others() -> Duration {
    let own = clock(ClockId::ThreadCPUTime);
    clock(ClockId::ProcessCPUTime).saturating_sub(own)
}

/// Reading of a clock that counts processor time.
fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_work_are_not_stalled() {
        let mut stall = Stall::default();
        for tick in 1..100 {
            assert_eq!(stall.note(Duration::from_millis(tick)), 0);
        }
        for tick in 1..100 {
            assert_eq!(stall.note(Duration::from_millis(99)), tick);
        }
        assert_eq!(stall.note(Duration::from_millis(100)), 0);
    }
}
