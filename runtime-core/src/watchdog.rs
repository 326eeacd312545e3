//! The watchdog: a thread that checks runs and their calls once every [`TICK`]. It decides when a run ends from
//! outside, and when a call has taken too long, for every call path.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

mod call;
mod halt;
mod stall;
mod stop;
mod words;

pub(crate) use call::{CallWatch, longest};
pub use halt::{Halt, Limits};
pub use stop::Stop;
pub(crate) use words::Watched;

use stall::Stall;

/// Resolution of call deadlines.
pub(crate) const TICK: Duration = Duration::from_millis(10);

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
    /// The engine whose epoch interrupts calls on the component path; unset until that path is prepared.
    engine: OnceLock<Engine>,
}

/// A run that is checked.
struct Attended {
    halt: Weak<Halt>,
    /// The watched words, for a run with calls that no epoch interrupts.
    watched: Option<Weak<Watched>>,
}

impl Attended {
    /// Checks the run. Returns whether it still exists.
    fn tick(&self) -> bool {
        let Some(halt) = self.halt.upgrade() else { return false };
        let is_due = halt.tick();
        if let Some(watched) = self.watched.as_ref().and_then(Weak::upgrade) {
            watched.tick(is_due);
        }
        true
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
            engine: OnceLock::new(),
        })
    }

    fn tick(&self) {
        if let Some(engine) = self.engine.get() {
            engine.increment_epoch();
        }
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(Attended::tick);
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

    /// Makes the epoch of an engine advance every [`TICK`].
    pub(crate) fn advance(&self, engine: &Engine) {
        // There is only one such engine.
        let _ = self.engine.set(engine.clone());
    }

    /// Registers a run, which is checked for as long as it exists.
    pub(crate) fn look_after(&self, halt: &Arc<Halt>, watched: Option<&Arc<Watched>>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push(Attended {
            halt: Arc::downgrade(halt),
            watched: watched.map(Arc::downgrade),
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
        drop(watchdog);
        thread::sleep(TICK);
    }
}
