//! The thread that writes to a file that may keep its writers waiting: a pipe, a terminal, a socket.
//!
//! It writes only where the system reports room, and no more than a pipe accepts at once. So it is always known which
//! lines have been written, also when everything is cancelled.

use std::io;

use super::{ROOM, Shared, State, WriteFailure, words};
use crate::builtin::place::Place;
use crate::stdio;
use crate::sync::{Arc, MutexGuard, thread};

/// Function that opens the file.
type Open = Box<dyn FnOnce() -> Result<Arc<Place>, String> + Send>;

/// Starts the thread, which first calls `open` if the file is not open yet.
pub(super) fn start(shared: &Arc<Shared>, open: Option<Open>) -> io::Result<()> {
    let shared = Arc::clone(shared);
    let thread = thread::Builder::new().name("output".to_owned());
    let started = thread.spawn(move || {
        if let Some(open) = open {
            match open() {
                Ok(place) => drop(shared.place.set(place)),
                Err(why) => shared.state.lock().unopened = Some(why),
            }
            shared.waker.wake();
        }
        if let Some(place) = shared.place.get() {
            shared.serve(place);
        }
    });
    started
        .map(drop)
        .map_err(|error| io::Error::other(format!("cannot start its thread: {error}")))
}

impl Shared {
    /// Writes held lines on request, until the sink is gone.
    fn serve(&self, place: &Place) {
        while self.wait_until_wanted() {
            // Lines of other writers to the same file come before or after a whole turn.
            let mut end = place.end();
            let mut is_in_line = false;
            loop {
                if !self.wait_for_room(place) {
                    return;
                }
                let Some(chunk) = self.begin_write() else { break };
                let written = place.write_some(&mut end, is_in_line, &chunk);
                is_in_line = self.end_write(written);
                if !is_in_line {
                    break;
                }
            }
        }
    }

    /// Waits for a request. Returns whether there is one; otherwise the sink is gone.
    fn wait_until_wanted(&self) -> bool {
        let mut state = self.state.lock();
        while !state.is_closed && !state.has_work() {
            state = self.state.wait(state);
        }
        !state.is_closed
    }

    /// Waits until the file has room for a chunk, or an error. Returns whether the sink is still there.
    fn wait_for_room(&self, place: &Place) -> bool {
        loop {
            if self.state.lock().is_closed {
                return false;
            }
            if stdio::has_room(place.file()) {
                return true;
            }
        }
    }

    /// The next bytes to write; `None` when the request has been withdrawn.
    fn begin_write(&self) -> Option<Vec<u8>> {
        let mut state = self.state.lock();
        if state.is_closed || !state.has_work() {
            return None;
        }
        state.is_writing = true;
        Some(state.held.chunk(stdio::CHUNK).to_vec())
    }

    /// Counts the bytes written. Returns whether they end in the middle of a line.
    fn end_write(&self, written: io::Result<usize>) -> bool {
        let mut state = self.state.lock();
        state.is_writing = false;
        match written {
            Ok(bytes) => state.arrived += state.held.count_written(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                state.trouble = Some(WriteFailure {
                    element: state.held.first(),
                    lost: 0,
                    why: words(&error),
                });
            }
        }
        state.is_wanted &= !state.held.is_empty() && state.trouble.is_none();
        self.state.notify_all();
        let is_in_line = state.held.begun() > 0 && state.trouble.is_none();
        self.wake_flow(state);
        is_in_line
    }

    /// Wakes the flow if it waits for a change that has now happened.
    fn wake_flow(&self, mut state: MutexGuard<'_, State>) {
        let is_news = state.held.len() < ROOM / 2 || state.trouble.is_some();
        let is_awaited = std::mem::take(&mut state.flow_waits);
        state.flow_waits = is_awaited && !is_news;
        drop(state);
        if is_awaited && is_news {
            self.waker.wake();
        }
    }
}

impl State {
    fn has_work(&self) -> bool {
        self.is_wanted && !self.held.is_empty() && self.trouble.is_none()
    }
}
