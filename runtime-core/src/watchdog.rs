//! The watchdog: a thread that checks runs and their calls once every [`TICK`]. It decides when a run ends from
//! outside, and when a call has taken too long, for every call path.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

mod call;
mod halt;
mod stall;
mod stop;
mod thread_clock;
mod watched;
mod words;

pub(crate) use call::longest;
pub use halt::{Halt, Limits};
pub use stop::Stop;
pub(crate) use watched::Watched;
pub(crate) use words::CallWords;

use stall::Stall;

/// Resolution of call deadlines.
const TICK: Duration = Duration::from_millis(10);

/// Interval at which a call that waits in the host looks whether it has to end.
pub(crate) const LOOK: Duration = Duration::from_millis(1);

/// Time after a tick for which a call that has to end is revoked again at once, until it has ended. A call that works in
/// the host most of the time, where revocation does not end it, takes many attempts.
const EAGERNESS: Duration = Duration::from_millis(2);

/// Interval at which it is revoked again afterwards.
const INSISTENCE: Duration = Duration::from_micros(500);

/// Longest time that a cancelled run may still take while one of the threads works.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Most ticks for which all threads of a cancelled run may wait: a call is interrupted with the next tick.
const STALL_PATIENCE: u32 = 20;

/// Most ticks for which they may wait after the runs: for the reader of the report.
const REPORT_PATIENCE: u32 = 500;

/// The part of a cancelled session that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// A stage that waits in the host.
    Run,
    /// The reader of the report; the runs have ended.
    Report,
}

/// Callback for a session that is stuck, called once; the watchdog itself can do nothing more.
pub type OnStuck = Box<dyn Fn(Stuck) + Send>;

/// State shared by the watchdog's thread, the drivers and the calls of all runs.
pub struct Watchdog {
    stop: Arc<Stop>,
    runs: Mutex<Vec<Attended>>,
    /// Set once no stage will be called any more.
    is_over: AtomicBool,
}

/// A run that is checked.
struct Attended {
    halt: Weak<Halt>,
    watched: Weak<Watched>,
    /// Whether one of its calls has to end and has not ended yet.
    is_late: bool,
}

impl Attended {
    /// Checks the run. Returns whether it still exists.
    fn tick(&mut self) -> bool {
        let Some(halt) = self.halt.upgrade() else { return false };
        let is_due = halt.tick();
        self.is_late = self.watched.upgrade().is_some_and(|watched| watched.tick(is_due));
        true
    }

    /// Tries again to end a call that has to.
    fn insist(&mut self) {
        if self.is_late {
            self.is_late = self.watched.upgrade().is_some_and(|watched| watched.insist());
        }
    }
}

impl Watchdog {
    /// Starts the thread, which ends once the watchdog is dropped everywhere else. `stop` asks its runs to stop.
    ///
    /// # Errors
    /// When the system has no thread.
    pub(crate) fn start(stop: Arc<Stop>, on_stuck: OnStuck) -> io::Result<Arc<Self>> {
        let watchdog = Self::unattended(stop);
        let of_thread = Arc::downgrade(&watchdog);
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || serve(&of_thread, on_stuck))?;
        Ok(watchdog)
    }

    /// A watchdog without a thread.
    pub(crate) fn unattended(stop: Arc<Stop>) -> Arc<Self> {
        Arc::new(Self {
            stop,
            runs: Mutex::default(),
            is_over: AtomicBool::new(false),
        })
    }

    fn tick(&self) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain_mut(Attended::tick);
    }

    /// Waits for the next tick. Meanwhile, tries again and again to end the calls that have to.
    fn rest(&self) {
        let until = Instant::now() + TICK;
        while let left = until.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            match self.insist() {
                true if left + EAGERNESS > TICK => thread::yield_now(),
                true => thread::sleep(left.min(INSISTENCE)),
                false => thread::sleep(left),
            }
        }
    }

    fn insist(&self) -> bool {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.iter_mut().for_each(Attended::insist);
        runs.iter().any(|run| run.is_late)
    }

    /// The part that is stuck, after a cancellation without effect.
    fn stuck(&self, stall: &mut Stall) -> Option<Stuck> {
        let since = self.stop.cancelled()?;
        let stalled = stall.look();
        if self.is_over.load(Ordering::Relaxed) {
            (stalled > REPORT_PATIENCE).then_some(Stuck::Report)
        } else {
            (stalled > STALL_PATIENCE || since.elapsed() > CANCEL_PATIENCE).then_some(Stuck::Run)
        }
    }

    /// Registers a run and its calls, which are checked for as long as both exist.
    pub(crate) fn look_after(&self, halt: &Arc<Halt>, watched: &Arc<Watched>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push(Attended {
            halt: Arc::downgrade(halt),
            watched: Arc::downgrade(watched),
            is_late: false,
        });
    }

    /// Notes that all runs have ended and only the report remains.
    pub(crate) fn runs_are_over(&self) {
        // Guards no other memory.
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// The stop requests for the runs.
    pub(crate) fn stop(&self) -> &Arc<Stop> {
        &self.stop
    }
}

fn serve(watchdog: &Weak<Watchdog>, on_stuck: OnStuck) {
    let mut stall = Stall::default();
    let mut on_stuck = Some(on_stuck);
    while let Some(watchdog) = watchdog.upgrade() {
        watchdog.tick();
        if let Some(stuck) = watchdog.stuck(&mut stall)
            && let Some(on_stuck) = on_stuck.take()
        {
            on_stuck(stuck);
        }
        watchdog.rest();
    }
}
