//! What reaches into running flows from outside: signals, and the epoch tick of the watchdog. One thread serves both.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGINT, SIGTERM};
use wasmtime::Engine;

use crate::crossing::core::{Seen, Watched};
use crate::executor::Waker;

mod stop;

use stop::Stop;

/// Resolution of call deadlines.
pub const TICK: Duration = Duration::from_millis(10);

/// How long a call may go on after its flow was cancelled.
const CANCEL_GRACE: Duration = Duration::from_secs(1);

/// How long after that a call may resist its interruption: it waits in the host then.
const INTERRUPTION_GRACE: Duration = Duration::from_millis(500);

/// Flags shared by the drivers, the watchdogs of the stores and the control thread.
pub struct Control {
    stop: Stop,
    interrupted: Arc<AtomicBool>,
    /// Flows with calls that no epoch interrupts.
    watched: Mutex<Vec<(Weak<Watched>, Seen)>>,
    /// Its epoch is that of the calls on the component path; not there before one is prepared.
    engine: OnceLock<Engine>,
}

impl Control {
    /// Installs the signal handlers and starts the control thread, which lives as long as the process.
    ///
    /// SIGINT and SIGTERM drain; a second one cancels.
    ///
    /// # Errors
    /// When the system refuses a handler, a socket pair or a thread.
    pub fn start() -> io::Result<Arc<Self>> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
        let (signals, on_signal) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGINT, on_signal.try_clone()?)?;
        signal_hook::low_level::pipe::register(SIGTERM, on_signal)?;
        let control = Arc::new(Self {
            stop: Stop::default(),
            interrupted,
            watched: Mutex::default(),
            engine: OnceLock::new(),
        });
        let shared = Arc::clone(&control);
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || shared.serve(&signals))?;
        Ok(control)
    }

    /// Flags that nobody sets.
    #[cfg(test)]
    pub(crate) fn unattended() -> Arc<Self> {
        Arc::new(Self {
            stop: Stop::default(),
            interrupted: Arc::new(AtomicBool::new(false)),
            watched: Mutex::default(),
            engine: OnceLock::new(),
        })
    }

    fn serve(&self, signals: &UnixStream) {
        loop {
            if wait_readable(signals, TICK).is_ok_and(|ready| ready) {
                for _ in 0..count_bytes(signals) {
                    self.stop.ask();
                }
            }
            if let Some(engine) = self.engine.get() {
                engine.increment_epoch();
            }
            self.watch();
            let since_cancelled = self.stop.cancelled().as_ref().map(Instant::elapsed);
            if since_cancelled.is_some_and(|since| since > CANCEL_GRACE + INTERRUPTION_GRACE) {
                crate::entry::abandon(self.was_interrupted());
            }
        }
    }

    fn watch(&self) {
        let stops_all = self.interrupts_calls();
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain_mut(|(flow, seen)| match flow.upgrade() {
            Some(flow) => {
                flow.tick(seen, stops_all);
                true
            }
            None => false,
        });
    }

    /// Has the epoch of an engine advance with each [`TICK`].
    pub(crate) fn advance(&self, engine: &Engine) {
        // There is one such engine.
        let _ = self.engine.set(engine.clone());
    }

    /// Looks after the calls of a flow, for as long as it is there.
    pub(crate) fn look_after(&self, flow: &Arc<Watched>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.push((Arc::downgrade(flow), Seen::default()));
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

    /// Whether everything is to end at once: no other call begins.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.stop.cancelled().is_some()
    }

    /// Whether calls that go on are interrupted: they had time to end.
    #[must_use]
    pub fn interrupts_calls(&self) -> bool {
        self.stop
            .cancelled()
            .is_some_and(|since| since.elapsed() >= CANCEL_GRACE)
    }

    /// Whether SIGINT arrived.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
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
