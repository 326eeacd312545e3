//! Signals: SIGINT, SIGTERM and SIGHUP request a stop of the flows; one thread waits for them.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use wasmtime::Result;
use wasmtime::error::Context as _;

use crate::session::Stop;

mod inherited;

/// The signals that arrived.
#[derive(Clone)]
pub(super) struct Signals {
    interrupted: Arc<AtomicBool>,
}

impl Signals {
    /// Installs the handlers and starts the thread, which lives as long as the process. The first signal makes `stop`
    /// drain the flows, a second one cancels them. SIGHUP is ignored if it was when the process started (`nohup`).
    ///
    /// # Errors
    /// When the system refuses a handler, a socket pair or a thread.
    pub(super) fn install(stop: Arc<Stop>) -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let signals = handle_signals(&interrupted).context("signals can't be handled")?;
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || serve(signals, &stop))
            .context("cannot start the thread for signals")?;
        Ok(Self { interrupted })
    }

    /// Whether SIGINT arrived.
    pub(super) fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

/// Installs the handlers. Each signal writes a byte to the returned socket.
fn handle_signals(interrupted: &Arc<AtomicBool>) -> io::Result<UnixStream> {
    signal_hook::flag::register(SIGINT, Arc::clone(interrupted))?;
    let (signals, on_signal) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGINT, on_signal.try_clone()?)?;
    if !inherited::is_ignored(SIGHUP) {
        signal_hook::low_level::pipe::register(SIGHUP, on_signal.try_clone()?)?;
    }
    signal_hook::low_level::pipe::register(SIGTERM, on_signal)?;
    // With any handler installed, a write beyond the file size limit fails with an error instead of ending the process.
    signal_hook::flag::register(SIGXFSZ, Arc::default())?;
    Ok(signals)
}

fn serve(mut signals: UnixStream, stop: &Stop) {
    let mut bytes = [0; 16];
    loop {
        match signals.read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => (0..count).for_each(|_| stop.ask()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
