//! Checks of a stage's call: on the thread that makes it, once a tick, while it goes on.
//!
//! The limit counts the call's own time: processor time and waits in the host, not the time in which others have the
//! processor. A second, generous limit bounds the elapsed time, whatever its cause.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::halt::Halt;
use super::stall::processor_time;
use crate::error::Interruption;

/// Elapsed time allowed to a call, as a multiple of its limit.
const STRETCH: u32 = 10;

/// Elapsed time allowed to a call beyond its limit in any case.
const SLACK: Duration = Duration::from_secs(10);

/// Watch over one call at a time.
pub(crate) struct CallWatch {
    halt: Arc<Halt>,
    seen: Option<Seen>,
}

/// State of a call at the first check, within a tick of its beginning.
#[derive(Clone, Copy)]
struct Seen {
    call: u64,
    since: Instant,
    /// Processor time of the thread at that moment.
    worked: Duration,
    /// Time that the call has waited in the host.
    waited: Duration,
}

impl CallWatch {
    pub(crate) fn new(halt: Arc<Halt>) -> Self {
        Self { halt, seen: None }
    }

    /// Checks a call with the limit `limit_ms`.
    ///
    /// # Errors
    /// When the call has to end.
    pub(crate) fn look(&mut self, call: u64, limit_ms: u64) -> Result<(), Interruption> {
        let worked = processor_time();
        let seen = *self.seen.insert(match self.seen {
            Some(seen) if seen.call == call => seen,
            Some(_) | None => Seen {
                call,
                since: Instant::now(),
                worked,
                waited: Duration::ZERO,
            },
        });
        if let Some(interruption) = self.halt.interruption(seen.since) {
            return Err(interruption);
        }
        let limit = Duration::from_millis(limit_ms.max(1));
        let longest = longest(limit);
        match worked.saturating_sub(seen.worked) + seen.waited {
            taken if taken >= limit => Err(Interruption::Deadline(limit_ms)),
            _ if seen.since.elapsed() >= longest => Err(Interruption::Overdue(longest.as_millis() as u64)),
            _ => Ok(()),
        }
    }

    /// Adds time for which the last checked call has waited in the host.
    pub(crate) fn waited(&mut self, time: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.waited += time;
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

    /// A watch for a run in simulated time, so that only the limits of the call interrupt it.
    fn watch() -> CallWatch {
        let limits = Limits {
            clock: ClockKind::Simulated,
            timeout: None,
            deadline: None,
        };
        CallWatch::new(Arc::new(Halt::new(limits, Arc::default())))
    }

    #[test]
    fn time_in_which_others_have_the_processor_does_not_count() {
        let mut watch = watch();
        assert_eq!(watch.look(1, 50), Ok(()));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(watch.look(1, 50), Ok(()));
        watch.waited(Duration::from_millis(50));
        assert_eq!(watch.look(1, 50), Err(Interruption::Deadline(50)));
        assert_eq!(watch.look(2, 50), Ok(()), "the next call has its own time");
    }

    #[test]
    fn a_call_that_works_reaches_its_limit() {
        let mut watch = watch();
        let interruption = loop {
            if let Err(interruption) = watch.look(1, 20) {
                break interruption;
            }
        };
        assert_eq!(interruption, Interruption::Deadline(20));
    }

    #[test]
    fn a_call_that_gets_nothing_of_the_processor_ends_as_well() {
        let mut watch = watch();
        assert_eq!(watch.look(1, 1000), Ok(()));
        let seen = watch.seen.as_mut().expect("it was looked at");
        seen.since -= Duration::from_secs(12);
        assert_eq!(watch.look(1, 1000), Err(Interruption::Overdue(11_000)));
        assert_eq!(longest(Duration::from_secs(60)), Duration::from_secs(600));
    }
}
