//! Looks after the calls of a stage: on the thread that makes them, once in a tick, while a call goes on.
//!
//! A limit counts what a call takes itself: processor time and waits in the host, not the time in which others have the
//! processor. Beside it stands a generous limit on the time that passes, whatever it passes with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::halt::Halt;
use super::stall::processor_time;
use crate::error::Interruption;

/// How many times its limit a call may last.
const STRETCH: u32 = 10;

/// What it may last longer than its limit in any case.
const SLACK: Duration = Duration::from_secs(10);

/// Looks after one call at a time.
pub(crate) struct CallWatch {
    halt: Arc<Halt>,
    seen: Option<Seen>,
}

/// What is known of a call since it was looked at first, within a tick of its beginning.
#[derive(Clone, Copy)]
struct Seen {
    call: u64,
    since: Instant,
    /// Processor time of the thread then.
    worked: Duration,
    /// How long the call has waited in the host.
    waited: Duration,
}

impl CallWatch {
    pub(crate) fn new(halt: Arc<Halt>) -> Self {
        Self { halt, seen: None }
    }

    /// Looks at a call that may take `limit_ms`.
    ///
    /// # Errors
    /// When it is to end.
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

    /// The call that was looked at last has waited in the host for so long.
    pub(crate) fn waited(&mut self, time: Duration) {
        if let Some(seen) = &mut self.seen {
            seen.waited += time;
        }
    }
}

/// How long a call may last whose limit is `limit`, whatever keeps it from getting on.
pub(crate) fn longest(limit: Duration) -> Duration {
    limit.saturating_mul(STRETCH).max(limit.saturating_add(SLACK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockKind;
    use crate::watchdog::Limits;

    /// Of a run in simulated time, so that nothing but the limits of the call interrupt it.
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
