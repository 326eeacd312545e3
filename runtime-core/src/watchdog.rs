//! The watchdog: a thread that looks after runs and their calls, once in a [`TICK`]. What ends a run from outside, and when a
//! call has taken too long, is decided here, whichever way the call is made.

use std::io;
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

/// How long a cancelled run may still take, as long as one of the threads works.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Ticks for which all threads of a cancelled run may wait: calls are interrupted with the next tick.
const STALL_PATIENCE: u32 = 20;

/// Ticks for which they may wait when the runs are over: for whoever is told of them.
const REPORT_PATIENCE: u32 = 500;

/// What does not end though it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// A stage that waits in the host.
    Run,
    /// Whoever is told what the runs came to: they are over.
    Report,
}

/// Called once when something is stuck; the watchdog can do nothing more about it.
pub type OnStuck = Box<dyn Fn(Stuck) + Send>;

/// What the watchdog's thread, the drivers and the calls of all runs share.
pub struct Watchdog {
    stop: Arc<Stop>,
    runs: Mutex<Vec<Attended>>,
    /// No stage will be called any more.
    is_over: OnceLock<()>,
    /// Its epoch is that of the calls on the component path; not there before one is prepared.
    engine: OnceLock<Engine>,
}

/// A run that is looked after.
struct Attended {
    halt: Weak<Halt>,
    /// Of a run with calls that no epoch has looked at.
    watched: Option<Weak<Watched>>,
}

impl Attended {
    /// Looks at the run. Returns whether it is still there.
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
    /// Starts the thread, which ends when nobody has the watchdog any more. `stop` asks its runs to stop.
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

    /// One without a thread.
    pub(crate) fn unattended(stop: Arc<Stop>) -> Arc<Self> {
        Arc::new(Self {
            stop,
            runs: Mutex::default(),
            is_over: OnceLock::new(),
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

    /// What is stuck, when everything was cancelled and does not end by itself.
    fn stuck(&self, stall: &mut Stall) -> Option<Stuck> {
        let since = self.stop.cancelled()?;
        let stalled = stall.look();
        match self.is_over.get() {
            Some(()) => (stalled > REPORT_PATIENCE).then_some(Stuck::Report),
            None => (stalled > STALL_PATIENCE || since.elapsed() > CANCEL_PATIENCE).then_some(Stuck::Run),
        }
    }

    /// Has the epoch of an engine advance with each [`TICK`].
    pub(crate) fn advance(&self, engine: &Engine) {
        // There is one such engine.
        let _ = self.engine.set(engine.clone());
    }

    /// Looks after a run, for as long as it is there.
    pub(crate) fn look_after(&self, halt: &Arc<Halt>, watched: Option<&Arc<Watched>>) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push(Attended {
            halt: Arc::downgrade(halt),
            watched: watched.map(Arc::downgrade),
        });
    }

    /// All runs have ended: what is left is to report them.
    pub(crate) fn runs_are_over(&self) {
        // Only the first time counts.
        let _ = self.is_over.set(());
    }

    /// What asks the runs to stop.
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
