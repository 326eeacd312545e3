//! Standard error, to which messages are written without a long wait for its reader.
//!
//! While there is room, the caller writes its message itself. Otherwise the message is queued, and a thread writes the
//! queue as soon as there is room, so that the order is kept. If the queue is full and nothing of it is read for a
//! moment, lines are counted instead of shown until the queue is empty.

use std::collections::VecDeque;
use std::io;
use std::sync::LazyLock;
use std::time::Duration;

use rustix::event::Timespec;
use rustix::fs::FileType;
use rustix::io::Errno;

use super::CHUNK;
use crate::sync::{Instant, Monitor, MutexGuard, thread};
use crate::words::count;

/// Most bytes in the queue.
const ROOM: usize = 256 << 10;

/// Longest wait for the reader when the queue is full.
const MOMENT: Duration = Duration::from_millis(50);

/// The queue of messages.
#[derive(Default)]
struct Waiting {
    queue: VecDeque<u8>,
    /// Whether the thread is writing.
    is_writing: bool,
    has_thread: bool,
    /// Number of times that it has written.
    written: u64,
    /// Number of lines not shown and not yet reported.
    lost: u64,
    /// Whether the beginning of the current line is lost, so that its rest is dropped too.
    loses_line: bool,
    /// Whether the last output, shown or queued, ended in the middle of a line.
    is_in_line: bool,
}

static WAITING: LazyLock<Monitor<Waiting>> = LazyLock::new(|| Monitor::new(Waiting::default()));

/// Whether writing never waits for a reader.
static IS_REGULAR: LazyLock<bool> = LazyLock::new(|| {
    let status = rustix::fs::fstat(io::stderr());
    status.is_ok_and(|status| FileType::from_raw_mode(status.st_mode) == FileType::RegularFile)
});

/// Shows a message, unless earlier ones fill the queue and are not read.
pub(crate) fn write_message(text: &[u8]) {
    let waiting = WAITING.lock();
    let (waiting, rest) = show_what_fits(waiting, text);
    if !rest.is_empty() {
        let mut waiting = wait_for_room(waiting, rest.len());
        waiting.add(rest);
        start_thread(&mut waiting);
    }
}

/// Shows a message of any length after the flows. [`finish`] waits for its reader.
pub(crate) fn write_long_message(text: &[u8]) {
    let (mut waiting, rest) = show_what_fits(WAITING.lock(), text);
    if !rest.is_empty() {
        waiting.report_lost();
        waiting.push(rest);
        start_thread(&mut waiting);
    }
}

/// Waits until everything is shown, or until nothing is read for as long as `patience`.
pub(crate) fn finish(patience: Duration) {
    let mut waiting = WAITING.lock();
    let mut seen = waiting.written;
    let mut until = Instant::now() + patience;
    while !waiting.is_idle() && Instant::now() < until {
        waiting = WAITING.wait_until(waiting, until);
        if waiting.written != seen {
            seen = waiting.written;
            until = Instant::now() + patience;
        }
    }
}

/// Writes as much as there is room for, if the queue is empty. Returns the rest.
fn show_what_fits<'a, 'b>(mut waiting: MutexGuard<'a, Waiting>, text: &'b [u8]) -> (MutexGuard<'a, Waiting>, &'b [u8]) {
    if !waiting.is_idle() || waiting.loses_line {
        return (waiting, text);
    }
    let mut rest = text;
    while !rest.is_empty() && (*IS_REGULAR || has_room_now()) {
        // A pipe with room takes this much at once. A race with another process that fills it is accepted.
        match rustix::io::write(io::stderr(), &rest[..rest.len().min(CHUNK)]) {
            Ok(written) => rest = &rest[written..],
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => break,
            // With standard error gone there is no reader left.
            Err(_) => rest = &[],
        }
    }
    if let Some(last) = text[..text.len() - rest.len()].last() {
        waiting.is_in_line = *last != b'\n';
    }
    (waiting, rest)
}

fn has_room_now() -> bool {
    super::is_ready(&io::stderr(), Timespec { tv_sec: 0, tv_nsec: 0 })
}

/// Waits until the queue has room, unless the reader makes no progress.
fn wait_for_room(mut waiting: MutexGuard<'_, Waiting>, bytes: usize) -> MutexGuard<'_, Waiting> {
    let mut seen = waiting.written;
    let mut until = Instant::now() + MOMENT;
    while waiting.lost == 0 && waiting.queue.len() + bytes > ROOM && Instant::now() < until {
        waiting = WAITING.wait_until(waiting, until);
        if waiting.written != seen {
            seen = waiting.written;
            until = Instant::now() + MOMENT;
        }
    }
    waiting
}

fn start_thread(waiting: &mut Waiting) {
    if !waiting.has_thread {
        let thread = thread::Builder::new().name("messages".to_owned());
        // Without a thread, lines are lost.
        waiting.has_thread = thread.spawn(show).is_ok();
    }
    WAITING.notify_all();
}

/// Writes the queue, for as long as the process lives.
fn show() {
    let mut waiting = WAITING.lock();
    loop {
        if waiting.queue.is_empty() {
            waiting.report_lost();
        }
        if waiting.queue.is_empty() {
            waiting = WAITING.wait(waiting);
            continue;
        }
        let chunk: Vec<u8> = waiting.queue.iter().take(CHUNK).copied().collect();
        waiting.is_writing = true;
        drop(waiting);
        let written = write_some(&chunk);
        waiting = WAITING.lock();
        waiting.is_writing = false;
        waiting.queue.drain(..written);
        waiting.written += 1;
        WAITING.notify_all();
    }
}

/// Writes when there is room. A chunk that cannot be written at all counts as written: no reader is left.
fn write_some(chunk: &[u8]) -> usize {
    loop {
        if !super::has_room(&io::stderr()) {
            continue;
        }
        match rustix::io::write(io::stderr(), chunk) {
            Ok(written) => return written,
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return chunk.len(),
        }
    }
}

impl Waiting {
    /// Whether everything is shown.
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.is_writing && self.lost == 0
    }

    /// Queues a message, or counts its lines as lost.
    fn add(&mut self, text: &[u8]) {
        let text = self.behind_lost_line(text);
        if text.is_empty() {
            return;
        }
        if self.lost == 0 && self.queue.len() + text.len() <= ROOM {
            self.push(text);
            return;
        }
        let ends = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.loses_line = !text.ends_with(b"\n");
        self.lost += ends + u64::from(self.loses_line);
    }

    /// The rest of a text after a line whose beginning is lost.
    fn behind_lost_line<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        if !std::mem::take(&mut self.loses_line) {
            return text;
        }
        let end = text.iter().position(|byte| *byte == b'\n');
        self.loses_line = end.is_none();
        end.map_or(&[], |end| &text[end + 1..])
    }

    fn push(&mut self, text: &[u8]) {
        self.queue.extend(text);
        self.is_in_line = !text.ends_with(b"\n");
    }

    /// Queues a report of the number of lost lines, if there are any.
    fn report_lost(&mut self) {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            let line_end = if self.is_in_line { "\n" } else { "" };
            let lines = count(lost, "line");
            let text = format!("{line_end}warning: {lines} could not be shown: standard error was not being read\n");
            self.push(text.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_do_not_fit_are_counted_and_told_of() {
        let mut waiting = Waiting::default();
        waiting.add(&[b'x'; ROOM - 3]);
        waiting.add(b"yy");
        // The line that has begun is cut, and its rest is lost even where it would fit.
        waiting.add(b"y\nz\nhalf");
        waiting.add(b" a line");
        waiting.add(b"\n");
        waiting.add(b"w\n");
        assert_eq!((waiting.lost, waiting.queue.len()), (4, ROOM - 1));
        waiting.queue.clear();
        waiting.report_lost();
        let told: Vec<u8> = waiting.queue.iter().copied().collect();
        let told = String::from_utf8(told).unwrap();
        assert_eq!(
            told,
            "\nwarning: 4 lines could not be shown: standard error was not being read\n"
        );
        waiting.add(b"on\n");
        assert_eq!((waiting.lost, waiting.queue.len()), (0, told.len() + 3));
    }

    #[test]
    fn the_rest_of_a_line_that_was_told_of_is_lost_with_it() {
        let mut waiting = Waiting {
            lost: 1,
            ..Waiting::default()
        };
        waiting.add(b"be");
        waiting.report_lost();
        waiting.queue.clear();
        waiting.add(b"gun");
        waiting.add(b" and ended\nnext\n");
        assert_eq!(waiting.queue.iter().copied().collect::<Vec<u8>>(), b"next\n");
        assert_eq!(waiting.lost, 0);
    }
}
