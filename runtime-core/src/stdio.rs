//! The standard streams of the process, and printing.
//!
//! If one of them is closed, the standard library opens `/dev/null` in its place before `main`, and output to it would
//! be lost silently. So this module checks them even earlier.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

mod messages;
mod order;

pub(crate) use messages::{finish, write_long_message, write_message};
pub(crate) use order::{Holder, add, print};

/// Standard streams that a flow can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standard {
    Input = 0,
    Output = 1,
}

/// Whether `path` is another name of a standard stream, which opening it would duplicate.
pub(crate) fn names(stream: Standard, path: &OsStr) -> bool {
    let names = match stream {
        Standard::Input => ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"],
        Standard::Output => ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"],
    };
    names.iter().any(|name| *name == path)
}

/// Set of descriptors that were closed at the start, one bit each.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Whether a stream was closed when the process started.
pub(crate) fn was_closed(stream: Standard) -> bool {
    CLOSED.load(Ordering::Relaxed) & (1 << stream as u8) != 0
}

#[expect(
    unsafe_code,
    reason = "the linker puts functions in this section that run before `main`"
)]
#[used]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = look;

extern "C" fn look() {
    for stream in [Standard::Input, Standard::Output] {
        if !is_open(stream) {
            CLOSED.fetch_or(1 << stream as u8, Ordering::Relaxed);
        }
    }
}

#[expect(unsafe_code, reason = "a descriptor that may be closed cannot be owned")]
fn is_open(stream: Standard) -> bool {
    // SAFETY: `look` runs before `main` on the only thread, so nothing opens or closes the descriptor while it is
    // borrowed, and its number is not -1. If it is closed, `fcntl` only reports `EBADF`: no file is accessed through
    // it.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(stream as i32) };
    !matches!(rustix::io::fcntl_getfd(descriptor), Err(rustix::io::Errno::BADF))
}

/// Whether output to standard output is redirected to standard error.
static PRINTS_ARE_REDIRECTED: AtomicBool = AtomicBool::new(false);

/// Redirects what components print on standard output to standard error.
pub(crate) fn redirect_prints() {
    PRINTS_ARE_REDIRECTED.store(true, Ordering::Relaxed);
}

/// Whether what components print on standard output is redirected to standard error.
pub(crate) fn prints_are_redirected() -> bool {
    PRINTS_ARE_REDIRECTED.load(Ordering::Relaxed)
}

/// Bytes of one write (`PIPE_BUF` on Linux): a pipe with room has room for this many, and takes all of them or none.
pub(crate) const CHUNK: usize = 4096;

/// Interval at which a writer that waits for room checks whether the text is still wanted.
const PATIENCE: Duration = Duration::from_millis(50);

/// Writes a text to a file. Waits for a slow reader while the text `is_wanted`.
///
/// # Errors
/// When not all of it was written.
pub(crate) fn write_while_wanted(
    file: &mut (impl Write + AsFd),
    text: &str,
    is_wanted: impl Fn() -> bool,
) -> io::Result<()> {
    for chunk in text.as_bytes().chunks(CHUNK) {
        while !has_room(file) {
            if !is_wanted() {
                return Err(io::Error::other("it is not being read"));
            }
        }
        file.write_all(chunk)?;
    }
    file.flush()
}

/// Words for a standard stream that was closed.
pub(crate) const CLOSED_AT_START: &str = "it was closed when the program started";

/// Waits for a moment until `file` has room for [`CHUNK`] bytes. A file that cannot be polled counts as ready; a write
/// will show its error.
pub(crate) fn has_room(file: &impl AsFd) -> bool {
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(PATIENCE.subsec_nanos()),
    };
    is_ready(file, timeout)
}

/// As [`has_room`], with a given timeout.
fn is_ready(file: &impl AsFd, timeout: Timespec) -> bool {
    let mut polled = [PollFd::from_borrowed_fd(file.as_fd(), PollFlags::OUT)];
    match rustix::event::poll(&mut polled, Some(&timeout)) {
        Ok(_) => !polled[0].revents().is_empty(),
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}
