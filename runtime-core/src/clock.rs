//! The time of a flow: nanoseconds since its run started.
//!
//! The clock is read once a quantum, not for each element (design section 6). That is the resolution of timestamps,
//! pauses and deadlines.

use std::time::{Duration, Instant, SystemTime};

/// A point in time, in nanoseconds since the run started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(u64);

impl Time {
    /// The start of the run.
    pub const START: Self = Self(0);
    /// A time later than any other.
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

    /// The time `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// Time passed since `earlier`; zero when `earlier` is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Nanoseconds of a duration, at most `u64::MAX` (584 years).
#[must_use]
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The origin of a run's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The system's clock.
    System,
    /// A simulated clock: it does not advance while stages work, and jumps to the next event when all of them wait.
    /// Equal runs take equal time.
    Simulated,
}

/// The clock of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    kind: ClockKind,
    started: Instant,
    /// Nanoseconds from the Unix epoch to the start of the run.
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

    /// Time at the last reading.
    #[inline]
    #[must_use]
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Time at the last reading, in nanoseconds since the Unix epoch.
    #[must_use]
    pub(crate) fn wall_ns(&self) -> u64 {
        self.epoch_ns.saturating_add(self.now.0)
    }

    /// Whether the clock is simulated, so that time passes only in waits.
    pub(crate) fn is_simulated(&self) -> bool {
        self.kind == ClockKind::Simulated
    }

    /// Reads the clock.
    pub(crate) fn look(&mut self) {
        if self.kind == ClockKind::System {
            self.now = Time(nanos(self.started.elapsed()));
        }
    }

    /// The current time, without keeping it as the last reading; a simulated clock does not advance.
    #[must_use]
    pub(crate) fn peek(&self) -> Time {
        match self.kind {
            ClockKind::System => Time(nanos(self.started.elapsed())),
            ClockKind::Simulated => self.now,
        }
    }

    /// How to wait until `time`: `None` when it has come (a simulated clock advances to it), otherwise the instant to
    /// wait for.
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
    // A system clock before 1970 counts as 1970.
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
