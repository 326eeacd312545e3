//! What reaches into running flows from outside: signals, the times of runs, and the tick of the watchdog. One thread serves
//! all of them.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use wasmtime::error::Context as _;
use wasmtime::{Engine, Result};

use crate::crossing::core::Watched;
use crate::executor::Waker;

mod halt;
mod inherited;
mod stall;
mod stop;

pub use halt::Halt;
pub(crate) use stall::processor_time;

use stall::Stall;
use stop::Stop;

/// Resolution of call deadlines.
pub const TICK: Duration = Duration::from_millis(10);

/// How long a cancelled run may still take, as long as one of the threads works.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Ticks for which all threads of a cancelled run may wait: calls are interrupted with the next tick.
const STALL_PATIENCE: u32 = 20;

/// Ticks for which they may wait when nothing but the report is left: for its reader.
const REPORT_PATIENCE: u32 = 500;

/// Flags shared by the drivers, the watchdogs of their calls and the control thread.
pub struct Control {
    stop: Stop,
    interrupted: Arc<AtomicBool>,
    runs: Mutex<Vec<Attended>>,
    /// No stage will be called any more.
    is_over: AtomicBool,
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
    /// Looks at the run, once in a [`TICK`]. Returns whether it is still there.
    fn tick(&self) -> bool {
        let Some(halt) = self.halt.upgrade() else { return false };
        let is_due = halt.tick();
        if let Some(watched) = self.watched.as_ref().and_then(Weak::upgrade) {
            watched.tick(is_due);
        }
        true
    }
}

impl Control {
    /// Installs the signal handlers and starts the control thread, which lives as long as the process.
    ///
    /// SIGINT, SIGTERM and SIGHUP drain; a second one cancels. SIGHUP does nothing where it was ignored before (`nohup`).
    ///
    /// # Errors
    /// When the system refuses a handler, a socket pair or a thread.
    pub fn start() -> Result<Arc<Self>> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let signals = handle_signals(&interrupted).context("signals can't be handled")?;
        let control = Arc::new(Self {
            stop: Stop::default(),
            interrupted,
            runs: Mutex::default(),
            is_over: AtomicBool::new(false),
            engine: OnceLock::new(),
        });
        let shared = Arc::clone(&control);
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || shared.serve(&signals))
            .context("there is no thread for signals")?;
        Ok(control)
    }

    /// Flags that nobody sets.
    #[cfg(test)]
    pub(crate) fn unattended() -> Arc<Self> {
        Arc::new(Self {
            stop: Stop::default(),
            interrupted: Arc::new(AtomicBool::new(false)),
            runs: Mutex::default(),
            is_over: AtomicBool::new(false),
            engine: OnceLock::new(),
        })
    }

    fn serve(&self, signals: &UnixStream) {
        let mut stall = Stall::default();
        loop {
            if wait_readable(signals, TICK).is_ok_and(|ready| ready) {
                for _ in 0..count_bytes(signals) {
                    self.stop.ask();
                }
            }
            if let Some(engine) = self.engine.get() {
                engine.increment_epoch();
            }
            self.look_at_runs();
            if let Some(since) = self.stop.cancelled() {
                self.end_what_waits(stall.look(), since.elapsed());
            }
        }
    }

    /// Ends the process when it was cancelled `age` ago and does not end by itself: its other threads have all been waiting
    /// for `stalled` ticks.
    fn end_what_waits(&self, stalled: u32, age: Duration) {
        let runs_are_over = self.is_over.load(Ordering::Relaxed);
        let is_hopeless = match runs_are_over {
            true => stalled > REPORT_PATIENCE,
            false => stalled > STALL_PATIENCE || age > CANCEL_PATIENCE,
        };
        if is_hopeless {
            crate::entry::abandon(self.was_interrupted(), runs_are_over);
        }
    }

    fn look_at_runs(&self) {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.retain(Attended::tick);
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

    /// All runs have ended: what is left is to tell of them.
    pub(crate) fn runs_are_over(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Has a flow woken when it is to stop.
    pub fn on_stop(&self, waker: Waker) {
        self.stop.wakes(waker);
    }

    /// Whether flows are to drain.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.is_asked()
    }

    /// Whether everything is to end at once: calls are interrupted, and no other one begins.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.stop.cancelled().is_some()
    }

    /// Whether SIGINT arrived.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// Installs the handlers. Each signal is a byte in the socket.
fn handle_signals(interrupted: &Arc<AtomicBool>) -> io::Result<UnixStream> {
    signal_hook::flag::register(SIGINT, Arc::clone(interrupted))?;
    let (signals, on_signal) = UnixStream::pair()?;
    signals.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(SIGINT, on_signal.try_clone()?)?;
    if !inherited::is_ignored(SIGHUP) {
        signal_hook::low_level::pipe::register(SIGHUP, on_signal.try_clone()?)?;
    }
    signal_hook::low_level::pipe::register(SIGTERM, on_signal)?;
    // A handler is all it takes: the write then fails as any other does.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    Ok(signals)
}

/// Waits until `socket` is readable (`true`) or `timeout` has passed.
fn wait_readable(socket: &UnixStream, timeout: Duration) -> io::Result<bool> {
    let mut polled = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)];
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(timeout.subsec_nanos()),
    };
    match rustix::event::poll(&mut polled, Some(&timeout)) {
        Ok(_) => Ok(!polled[0].revents().is_empty()),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Empties the socket.
fn count_bytes(mut socket: &UnixStream) -> usize {
    let mut bytes = [0; 16];
    io::Read::read(&mut socket, &mut bytes).unwrap_or(0)
}
