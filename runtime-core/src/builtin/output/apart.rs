//! The thread that writes to what may keep its writers waiting: a pipe, a terminal, a socket.
//!
//! It writes only where the system says that there is room, and no more than a pipe takes at once: whenever everything is
//! to end, it is known what has been written.

use std::io;

use super::{ROOM, Shared, State, Told, words};
use crate::builtin::place::Place;
use crate::stdio;
use crate::sync::{Arc, MutexGuard, thread};

/// Opens the file.
type Open = Box<dyn FnOnce() -> Result<Arc<Place>, String> + Send>;

/// Starts the thread; `open` opens the file if it is not open yet.
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
        .map_err(|error| io::Error::other(format!("there is no thread for it: {error}")))
}

impl Shared {
    /// Writes what is held whenever that is wanted, until the sink is gone.
    fn serve(&self, place: &Place) {
        while self.wait_until_wanted() {
            // Lines of others that write to the same file come before or after those of a turn.
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

    /// Returns whether there is something to do; else the sink is gone.
    fn wait_until_wanted(&self) -> bool {
        let mut state = self.state.lock();
        while !state.is_closed && !state.has_work() {
            state = self.state.wait(state);
        }
        !state.is_closed
    }

    /// Waits until the file takes a chunk, or has an error to tell. Returns whether the sink is still there.
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

    /// The next bytes, unless they are not wanted any more.
    fn begin_write(&self) -> Option<Vec<u8>> {
        let mut state = self.state.lock();
        if state.is_closed || !state.has_work() {
            return None;
        }
        state.is_writing = true;
        Some(state.held.chunk(stdio::CHUNK).to_vec())
    }

    /// Counts what was written. Returns whether that ended in the midst of a line.
    fn end_write(&self, written: io::Result<usize>) -> bool {
        let mut state = self.state.lock();
        state.is_writing = false;
        match written {
            Ok(bytes) => state.arrived += state.held.count_written(bytes),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                state.trouble = Some(Told {
                    element: state.held.first(),
                    lost: 0,
                    why: words(&error),
                });
            }
        }
        state.is_wanted &= !state.held.is_empty() && state.trouble.is_none();
        self.state.notify_all();
        let is_in_line = state.held.begun() > 0 && state.trouble.is_none();
        self.tell_flow(state);
        is_in_line
    }

    /// Wakes the flow if it waits for what has come now.
    fn tell_flow(&self, mut state: MutexGuard<'_, State>) {
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
