//! Host capabilities of a stage beyond buffers and elements: clocks, random numbers, standard output and error, limits.
//!
//! There is one implementation of each capability. The call paths translate: WASI's interfaces on the component path,
//! the imports of glue on the core paths.

use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::rand::{GetRandomFlags, getrandom};

use crate::capability::{self, Capability, Denied, Granted};
use crate::stdio;

mod limits;

pub(crate) use limits::Limits;

/// The permissions of one stage, and the state of its capabilities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sandbox {
    /// Grants in the manifest's notation.
    grants: &'static [&'static str],
    granted: Granted,
    /// Origin of monotonic time; a restart of the stage does not change it.
    started: Instant,
}

/// A standard stream to which a component prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

impl Sandbox {
    /// A sandbox for a stage with these grants, whose monotonic time starts now.
    pub(crate) fn new(grants: &'static [&'static str]) -> Self {
        Self {
            grants,
            granted: Granted::of(grants),
            started: Instant::now(),
        }
    }

    /// The grants, in the manifest's notation.
    pub(crate) fn grants(&self) -> &'static [&'static str] {
        self.grants
    }

    /// The result of `has-capability`.
    pub(crate) fn has(&self, asked: &str) -> bool {
        capability::has(self.grants, asked)
    }

    /// Checks that the stage may use a capability.
    ///
    /// # Errors
    /// When it is not granted.
    pub(crate) fn permit(&self, capability: Capability) -> Result<(), Denied> {
        self.granted.permit(capability)
    }

    /// Time since the Unix epoch.
    ///
    /// # Errors
    /// When the clock is not granted.
    pub(crate) fn wall_clock(&self) -> Result<Duration, Denied> {
        self.permit(Capability::WallClock)?;
        Ok(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// Time since the sandbox was made.
    ///
    /// # Errors
    /// When the clock is not granted.
    pub(crate) fn monotonic_clock(&self) -> Result<Duration, Denied> {
        self.permit(Capability::MonotonicClock)?;
        Ok(self.started.elapsed())
    }
}

/// Random bytes from the system. The caller has to check the grant: the seed of hash tables is for every stage.
///
/// # Errors
/// When the system has none.
pub(crate) fn random(length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        filled += match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(0) => return Err(io::Error::other("the system has no random numbers")),
            Ok(more) => more,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
    }
    Ok(bytes)
}

/// Prints for a stage; on standard output, after the lines that consoles hold.
///
/// # Errors
/// When not all of it was written.
pub(crate) fn print(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    if stream == Stream::Error || stdio::prints_are_redirected() {
        stdio::write_message(bytes);
        return Ok(());
    }
    stdio::print(|| {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes)?;
        stdout.flush()
    })
}
