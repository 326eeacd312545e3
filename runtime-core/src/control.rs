//! What reaches into a running flow from outside: signals, the epoch tick of the watchdog, the wake-up of a blocked
//! source. One thread serves all three.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGINT, SIGTERM};
use wasmtime::Engine;

/// Resolution of call deadlines.
pub const TICK: Duration = Duration::from_millis(10);

/// Flags shared by the driver, the watchdogs of the stores and the control thread.
#[derive(Debug)]
pub struct Control {
    stop: AtomicBool,
    cancel: AtomicBool,
    interrupted: Arc<AtomicBool>,
    /// Readable for ever once the flow is to stop.
    wake: UnixStream,
    /// Written to make `wake` readable.
    waker: UnixStream,
}

impl Control {
    /// Installs the signal handlers and starts the control thread, which lives as long as the process.
    ///
    /// SIGINT and SIGTERM drain; a second one cancels.
    ///
    /// # Errors
    /// When the system refuses a handler, a socket pair or a thread.
    pub fn start(engine: Engine) -> io::Result<Arc<Self>> {
        let interrupted = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted))?;
        let (signals, on_signal) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(SIGINT, on_signal.try_clone()?)?;
        signal_hook::low_level::pipe::register(SIGTERM, on_signal)?;
        let (wake, waker) = UnixStream::pair()?;
        let control = Arc::new(Self {
            stop: AtomicBool::new(false),
            cancel: AtomicBool::new(false),
            interrupted,
            wake,
            waker,
        });
        let shared = Arc::clone(&control);
        std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || shared.serve(&engine, &signals))?;
        Ok(control)
    }

    fn serve(&self, engine: &Engine, signals: &UnixStream) {
        loop {
            let readable = wait_readable(&[signals.as_fd()], Some(Instant::now() + TICK));
            if readable.is_ok_and(|ready| ready) {
                for _ in 0..count_bytes(signals) {
                    self.on_signal();
                }
            }
            engine.increment_epoch();
        }
    }

    fn on_signal(&self) {
        if self.stop.load(Ordering::Relaxed) {
            self.cancel.store(true, Ordering::Relaxed);
        }
        self.stop();
    }

    /// Asks the flow to drain.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        // One unread byte keeps `wake` readable; a full socket already has it.
        let _ = io::Write::write(&mut &self.waker, &[1]);
    }

    /// Whether the flow is to drain.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether everything is to end at once.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    /// Whether SIGINT arrived.
    #[must_use]
    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Waits until `input` can be read, the flow is to stop, or `until` has come. Returns whether `input` can be read.
    ///
    /// # Errors
    /// What `poll` reports.
    pub fn wait_for(&self, input: BorrowedFd<'_>, until: Option<Instant>) -> io::Result<bool> {
        if self.is_stopping() {
            return Ok(false);
        }
        wait_readable(&[input, self.wake.as_fd()], until)
    }

    /// Waits until `until`, or until the flow is to stop, which may have been so before.
    ///
    /// # Errors
    /// What `poll` reports.
    pub fn sleep_until(&self, until: Instant) -> io::Result<()> {
        if self.is_stopping() {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            return Ok(());
        }
        wait_readable(&[self.wake.as_fd()], Some(until)).map(|_| ())
    }
}

/// Polls until the first of `fds` is readable (`true`), or another one is or `until` has come (`false`).
fn wait_readable(fds: &[BorrowedFd<'_>], until: Option<Instant>) -> io::Result<bool> {
    loop {
        let mut polled: Vec<PollFd<'_>> = fds.iter().map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let timeout = until.map(|until| timespec(until.saturating_duration_since(Instant::now())));
        match rustix::event::poll(&mut polled, timeout.as_ref()) {
            Ok(_) => return Ok(!polled[0].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// Empties the socket.
fn count_bytes(mut socket: &UnixStream) -> usize {
    let mut bytes = [0; 16];
    io::Read::read(&mut socket, &mut bytes).unwrap_or(0)
}

/// Standard input as a descriptor of its own, so that nothing is buffered between it and the poll.
///
/// # Errors
/// When there is no standard input.
pub fn stdin() -> io::Result<OwnedFd> {
    io::stdin().as_fd().try_clone_to_owned()
}
