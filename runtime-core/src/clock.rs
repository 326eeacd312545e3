//! The time of a flow: nanoseconds since its run started.
//!
//! The clock is looked at once a quantum, not for each element (design section 6): that is the resolution of
//! timestamps, pauses and deadlines.

use std::time::{Duration, Instant, SystemTime};

/// A point in time, in nanoseconds since the run started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// The start of the run.
    pub const START: Self = Self(0);
    /// Later than anything.
    pub const NEVER: Self = Self(u64::MAX);

    /// Nanoseconds since the run started.
    #[must_use]
    pub fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time `nanos` nanoseconds after the start.
    #[must_use]
    pub fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// How long ago `earlier` was; nothing when it is still to come.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Nanoseconds of a duration; the most there can be for one of centuries.
#[must_use]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Where a run's time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The system.
    System,
    /// Nowhere: time stands still while stages work, and jumps to the next event when all of them wait. Equal runs take
    /// equal time.
    Simulated,
}

/// The clock of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    kind: ClockKind,
    started: Instant,
    /// Nanoseconds between the Unix epoch and the start.
    epoch_ns: u64,
    now: Time,
}

impl Clock {
    /// A clock that starts now.
    #[cfg(test)]
    pub(crate) fn start(kind: ClockKind) -> Self {
        Self::since(kind, Instant::now())
    }

    /// A clock that started at `started`.
    pub(crate) fn since(kind: ClockKind, started: Instant) -> Self {
        Self {
            kind,
            started,
            epoch_ns: match kind {
                ClockKind::System => unix_ns().saturating_sub(nanos(started.elapsed())),
                ClockKind::Simulated => 0,
            },
            now: Time::START,
        }
    }

    /// Time at the last look.
    #[inline]
    #[must_use]
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// The same in nanoseconds since the Unix epoch.
    #[must_use]
    pub(crate) fn wall_ns(&self) -> u64 {
        self.epoch_ns.saturating_add(self.now.0)
    }

    /// Whether time passes only where it is waited for.
    pub(crate) fn is_simulated(&self) -> bool {
        self.kind == ClockKind::Simulated
    }

    /// Looks.
    pub(crate) fn look(&mut self) {
        if self.kind == ClockKind::System {
            self.now = Time(nanos(self.started.elapsed()));
        }
    }

    /// What the system's clock shows, without keeping it; nothing moves on a simulated one.
    #[must_use]
    pub(crate) fn peek(&self) -> Time {
        match self.kind {
            ClockKind::System => Time(nanos(self.started.elapsed())),
            ClockKind::Simulated => self.now,
        }
    }

    /// What to do until `time`: `None` when it has come (a simulated clock makes it come), else when that is.
    pub(crate) fn wait_until(&mut self, time: Time) -> Option<Instant> {
        match self.kind {
            ClockKind::System => {
                Some(self.started + Duration::from_nanos(time.0)).filter(|until| *until > Instant::now())
            }
            ClockKind::Simulated => {
                self.now = self.now.max(time);
                None
            }
        }
    }
}

fn unix_ns() -> u64 {
    // A clock before 1970 reads as 1970.
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_moves_only_when_waited_for() {
        let mut clock = Clock::start(ClockKind::Simulated);
        std::thread::sleep(Duration::from_millis(1));
        clock.look();
        assert_eq!(
            (clock.now(), clock.peek(), clock.wall_ns()),
            (Time::START, Time::START, 0)
        );
        assert_eq!(clock.wait_until(Time::from_nanos(5)), None);
        assert_eq!(clock.now(), Time::from_nanos(5));
        assert_eq!(clock.wait_until(Time::from_nanos(3)), None);
        assert_eq!(clock.now(), Time::from_nanos(5), "time does not go back");
    }

    #[test]
    fn system_time_is_waited_for() {
        let mut clock = Clock::start(ClockKind::System);
        let until = clock.wait_until(clock.now().after(Duration::from_secs(60)));
        assert!(until.is_some_and(|until| until > Instant::now()));
        assert_eq!(clock.wait_until(Time::START), None, "that has come");
    }
}
