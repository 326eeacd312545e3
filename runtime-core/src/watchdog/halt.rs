//! Requests from outside to end one run: its time has passed, its deadline has passed, or all flows are to stop. Read
//! by its driver, its calls and the watchdog.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use super::Stop;
use super::thread_clock::ThreadClock;
use crate::clock::{ClockKind, nanos};
use crate::error::Interruption;

/// Time for which a call may continue after the run's time has passed; this holds for later calls too.
const GRACE: Duration = Duration::from_secs(1);

/// Reasons for a driver to check its surroundings, as bits.
type Reasons = u8;
const STOP: Reasons = 1;
const CANCEL: Reasons = 2;
const TIMEOUT: Reasons = 4;
const DEADLINE: Reasons = 8;

/// Limits on the time of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clock of the run.
    pub clock: ClockKind,
    /// Time after which the run drains.
    pub timeout: Option<Duration>,
    /// Time after which the run fails.
    pub deadline: Option<Duration>,
}

/// The requests to end a run.
pub struct Halt {
    stop: Arc<Stop>,
    clock: ClockKind,
    started: Instant,
    /// Time after which the run drains, on the system's clock.
    timeout: Option<Duration>,
    /// Time after which the run fails, on the system's clock.
    deadline: Option<Duration>,
    reasons: AtomicU8,
    is_ending: AtomicBool,
    let_go: OnceLock<Instant>,
    /// The processor time of the thread that drives the run.
    thread: ThreadClock,
}

impl Halt {
    /// The requests for a run that begins now, and ends when `stop` asks. Simulated time stands still during calls, so
    /// it interrupts none.
    #[must_use]
    pub fn new(limits: Limits, stop: Arc<Stop>) -> Self {
        let of_system = |limit: Option<Duration>| limit.filter(|_| limits.clock == ClockKind::System);
        Self {
            stop,
            clock: limits.clock,
            started: Instant::now(),
            timeout: of_system(limits.timeout),
            deadline: of_system(limits.deadline),
            reasons: AtomicU8::new(0),
            is_ending: AtomicBool::new(false),
            let_go: OnceLock::new(),
            thread: ThreadClock::default(),
        }
    }

    /// The same for a source of the run with a thread of its own, which ends by itself.
    #[must_use]
    pub(crate) fn of_own_thread(&self) -> Self {
        Self {
            stop: Arc::clone(&self.stop),
            reasons: AtomicU8::new(0),
            is_ending: AtomicBool::new(false),
            let_go: OnceLock::new(),
            thread: ThreadClock::default(),
            ..*self
        }
    }

    /// Notes that the calling thread makes the calls from now on.
    pub(crate) fn drives_here(&self) {
        self.thread.set_here();
    }

    /// Processor time of the thread that makes the calls.
    pub(super) fn processor_time(&self) -> Duration {
        self.thread.time()
    }

    /// Whether the flow is to drain.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.is_asked()
    }

    /// Whether the run is cancelled: calls are interrupted, and no other one begins.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.stop.cancelled().is_some()
    }

    /// Clock of the run.
    pub(crate) fn clock(&self) -> ClockKind {
        self.clock
    }

    /// Time at which the run began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Updates the reasons for the driver to check its surroundings. Returns whether there is any, so that a shell must
    /// not process another element.
    pub(super) fn tick(&self) -> bool {
        let age = self.started.elapsed();
        let has_passed = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        let found = [
            (self.is_stopping(), STOP),
            (self.is_cancelled(), CANCEL),
            (has_passed(self.timeout), TIMEOUT),
            (has_passed(self.deadline), DEADLINE),
        ];
        let reasons = found
            .iter()
            .filter(|(holds, _)| *holds)
            .fold(0, |all, (_, reason)| all | reason);
        self.reasons.store(reasons, Ordering::Relaxed);
        reasons != 0
    }

    /// The current reasons. The driver has to check its surroundings whenever this value changes.
    #[inline]
    pub(crate) fn reasons(&self) -> Reasons {
        self.reasons.load(Ordering::Relaxed)
    }

    /// Notes that no element is handled any more: calls from now on save results.
    pub(crate) fn begin_end(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    /// Notes that the result of the current call is no longer awaited.
    pub(crate) fn let_go(&self) {
        // Only the first moment counts.
        let _ = self.let_go.set(Instant::now());
    }

    /// The reason to interrupt a call that began at `since`, if there is one.
    pub(crate) fn interruption(&self, since: Instant) -> Option<Interruption> {
        if self.is_cancelled() {
            return Some(Interruption::Cancelled);
        }
        let is_up = |limit: Duration, grace: Duration| {
            let up = self.started + limit;
            let from = if grace.is_zero() { up } else { up.max(since) };
            from.elapsed() >= grace && up <= Instant::now()
        };
        let for_elements = match self.is_ending.load(Ordering::Relaxed) {
            true => GRACE,
            false => Duration::ZERO,
        };
        let ms = |limit: Duration| nanos(limit) / 1_000_000;
        let deadline = self.deadline.filter(|limit| is_up(*limit, for_elements));
        let timeout = self.timeout.filter(|limit| is_up(*limit, GRACE));
        let forgotten = self
            .let_go
            .get()
            .filter(|let_go| since <= **let_go && let_go.elapsed() >= GRACE);
        deadline
            .map(|limit| Interruption::FlowDeadline(ms(limit)))
            .or_else(|| timeout.map(|limit| Interruption::TimeUp(ms(limit))))
            .or_else(|| forgotten.map(|_| Interruption::Cancelled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halt(timeout: Option<Duration>, age: Duration) -> Halt {
        let limits = Limits {
            clock: ClockKind::System,
            timeout,
            deadline: Some(Duration::from_millis(50)),
        };
        Halt {
            started: Instant::now() - age,
            ..Halt::new(limits, Arc::default())
        }
    }

    #[test]
    fn a_call_has_time_left_when_that_of_its_run_is_up() {
        let late = Halt {
            deadline: None,
            ..halt(Some(Duration::from_secs(5)), Duration::from_secs(60))
        };
        assert_eq!(late.interruption(Instant::now()), None, "it began only now");
        let began = late.started + Duration::from_secs(1);
        assert_eq!(late.interruption(began), Some(Interruption::TimeUp(5000)));
        assert!(late.tick());
        assert_eq!(late.reasons(), TIMEOUT);
    }

    #[test]
    fn a_deadline_leaves_no_time_but_for_the_end() {
        let late = halt(None, Duration::from_secs(60));
        let now = Instant::now();
        assert_eq!(late.interruption(now), Some(Interruption::FlowDeadline(50)));
        late.begin_end();
        assert_eq!(late.interruption(now), None);
        assert_eq!(late.interruption(late.started), Some(Interruption::FlowDeadline(50)));
    }

    #[test]
    fn before_its_time_is_up_nothing_is_interrupted() {
        let early = Halt {
            deadline: Some(Duration::from_secs(3600)),
            ..halt(Some(Duration::from_secs(3600)), Duration::from_secs(60))
        };
        assert_eq!(early.interruption(early.started), None);
        assert!(!early.tick());
    }
}
