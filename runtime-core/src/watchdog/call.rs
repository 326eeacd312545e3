//! Checks of a driver's calls, once a tick: which call has to end.
//!
//! The limit counts the call's own time: processor time of its thread and waits in the host, not the time in which
//! others have the processor. A second, generous limit bounds the elapsed time, whatever its cause.

use std::time::{Duration, Instant};

use super::halt::Halt;
use super::words::Current;
use crate::error::Interruption;

/// Elapsed time allowed to a call, as a multiple of its limit.
const STRETCH: u32 = 10;

/// Elapsed time allowed to a call beyond its limit in any case.
const SLACK: Duration = Duration::from_secs(10);

/// Watch over one call at a time.
#[derive(Debug, Default)]
pub(super) struct CallWatch {
    seen: Option<Seen>,
}

/// State of a call at the first check, within a tick of its beginning.
#[derive(Clone, Copy, Debug)]
struct Seen {
    call: u32,
    since: Instant,
    /// Processor time of the thread at that moment.
    worked: Duration,
    /// Time that calls had waited in the host.
    waited: Duration,
}

impl CallWatch {
    /// Checks a call of a run that `halt` ends. `waited`: time that its calls have waited in the host, all together.
    ///
    /// # Errors
    /// When the call has to end.
    pub(super) fn look(&mut self, halt: &Halt, current: Current, waited: Duration) -> Result<(), Interruption> {
        let Current { call, limit_ms, .. } = current;
        let worked = halt.processor_time();
        let seen = *self.seen.insert(match self.seen {
            Some(seen) if seen.call == call => seen,
            Some(_) | None => Seen {
                call,
                since: Instant::now(),
                worked,
                waited,
            },
        });
        if let Some(interruption) = halt.interruption(seen.since) {
            return Err(interruption);
        }
        let limit = Duration::from_millis(limit_ms.max(1));
        let longest = longest(limit);
        match worked.saturating_sub(seen.worked) + waited.saturating_sub(seen.waited) {
            taken if taken >= limit => Err(Interruption::Deadline(limit_ms)),
            _ if seen.since.elapsed() >= longest => Err(Interruption::Overdue(longest.as_millis() as u64)),
            _ => Ok(()),
        }
    }
}

/// Longest elapsed time of a call with the limit `limit`.
pub(crate) fn longest(limit: Duration) -> Duration {
    limit.saturating_mul(STRETCH).max(limit.saturating_add(SLACK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockKind;
    use crate::watchdog::Limits;

    /// The halt of a run in simulated time, so that only the limits of the call interrupt it; driven by this thread.
    fn halt() -> Halt {
        let limits = Limits {
            clock: ClockKind::Simulated,
            timeout: None,
            deadline: None,
        };
        let halt = Halt::new(limits, std::sync::Arc::default());
        halt.drives_here();
        halt
    }

    fn call(call: u32, limit_ms: u64) -> Current {
        Current {
            call,
            node: 0,
            limit_ms,
        }
    }

    #[test]
    fn time_in_which_others_have_the_processor_does_not_count() {
        let (halt, mut watch) = (halt(), CallWatch::default());
        let waited = Duration::from_millis(7);
        assert_eq!(watch.look(&halt, call(1, 50), waited), Ok(()));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(watch.look(&halt, call(1, 50), waited), Ok(()));
        let waited = Duration::from_millis(57);
        assert_eq!(watch.look(&halt, call(1, 50), waited), Err(Interruption::Deadline(50)));
        assert_eq!(
            watch.look(&halt, call(2, 50), waited),
            Ok(()),
            "the next call has its own time"
        );
    }

    #[test]
    fn a_call_that_works_reaches_its_limit() {
        let (halt, mut watch) = (halt(), CallWatch::default());
        let interruption = loop {
            if let Err(interruption) = watch.look(&halt, call(1, 20), Duration::ZERO) {
                break interruption;
            }
        };
        assert_eq!(interruption, Interruption::Deadline(20));
    }

    #[test]
    fn a_call_that_gets_nothing_of_the_processor_ends_as_well() {
        let (halt, mut watch) = (halt(), CallWatch::default());
        assert_eq!(watch.look(&halt, call(1, 1000), Duration::ZERO), Ok(()));
        let seen = watch.seen.as_mut().expect("it was looked at");
        seen.since -= Duration::from_secs(12);
        let interruption = watch.look(&halt, call(1, 1000), Duration::ZERO);
        assert_eq!(interruption, Err(Interruption::Overdue(11_000)));
        assert_eq!(longest(Duration::from_secs(60)), Duration::from_secs(600));
    }
}
