//! Lines on their way to a file, a pipe or a terminal. A sink *holds* them until there are enough of them, the flow
//! rests, or their time is up. Only lines that the system has accepted are confirmed.
//!
//! The driver writes to a regular file itself, and to a device like `/dev/null`. Any other file may keep its writer
//! waiting for a reader, so a thread of its own writes there, and the flow continues while there is room.

use std::fs;
use std::io;
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::held::Held;
use super::opened;
use super::place::Place;
use crate::context::RunContext;
use crate::error::Cause;
use crate::executor::Waker;
use crate::stage::{Confirmed, Taken, Trouble};
use crate::stdio::{self, Holder};
use crate::sync::{Arc, Monitor, MutexGuard, OnceLock};

mod timed;
mod writer_thread;

/// Bytes that are written together, once there are as many.
const BATCH: usize = 8 << 10;

/// Bytes that may wait for a reader before the flow has to wait.
const ROOM: usize = 64 << 10;

/// Longest wait for a write that has begun, when everything is cancelled.
const GRACE: Duration = Duration::from_millis(100);

/// Policy for flushing the system's cache to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fsync {
    /// Left to the system.
    Never,
    /// Flushed about as often as lines are written.
    Interval,
    /// Flushed before an element counts as delivered.
    Always,
}

/// Options for writing lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    /// Longest time for which a line is held; with zero, each is written at once.
    pub(super) flush: Duration,
    pub(super) fsync: Fsync,
}

/// The sink's side of its output.
pub(super) struct Output(Arc<Shared>);

/// State shared by the sink and the threads that write for it.
struct Shared {
    /// Name of the file in messages.
    name: String,
    options: Options,
    waker: Waker,
    /// The place of the lines; empty until the file is open.
    place: OnceLock<Arc<Place>>,
    state: Monitor<State>,
}

#[derive(Default)]
struct State {
    held: Held,
    /// Lines written but not yet confirmed.
    arrived: u64,
    trouble: Option<WriteFailure>,
    /// The flow waits for room, or for the held lines to be written.
    flow_waits: bool,
    /// The thread has been asked to write the held lines.
    is_wanted: bool,
    /// The thread is writing.
    is_writing: bool,
    /// No further line is to be written.
    is_closed: bool,
    /// Reason why the file could not be opened.
    unopened: Option<String>,
    /// Time at which held lines were first seen.
    since: Option<Instant>,
}

/// A failure to write.
struct WriteFailure {
    /// Sequence number of the first element that was not written.
    element: Option<u64>,
    /// Elements that are no longer held and were not written.
    lost: u64,
    why: String,
}

impl Output {
    /// An output to an open file.
    pub(super) fn to(cx: &RunContext, place: Arc<Place>, options: Options) -> io::Result<Self> {
        let shared = Shared::new(cx, place.name().to_owned(), options);
        let has_reader = place.has_reader();
        let _first = shared.place.set(place);
        if has_reader {
            writer_thread::start(&shared, None)?;
        }
        Ok(Self(shared))
    }

    /// An output to the file that `open` opens; opening may block until the other end is opened too.
    pub(super) fn to_awaited(
        cx: &RunContext,
        name: &str,
        options: Options,
        open: impl FnOnce() -> io::Result<fs::File> + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Shared::new(cx, name.to_owned(), options);
        let (name, sink) = (name.to_owned(), cx.preparing);
        let open = move || {
            let file = open().map_err(|error| error.to_string())?;
            opened::written(file, &name, sink, false)
        };
        writer_thread::start(&shared, Some(Box::new(open)))?;
        Ok(Self(shared))
    }

    /// Makes components' output wait until the lines held here are written.
    pub(super) fn before_prints(self) -> Self {
        stdio::add(Arc::downgrade(&self.0) as Weak<dyn Holder>);
        self
    }

    /// Whether the file is open; the flow is woken once it is.
    pub(super) fn is_open(&self) -> Result<bool, Cause> {
        if self.0.place.get().is_some() {
            return Ok(true);
        }
        match &self.0.state.lock().unopened {
            Some(why) => Err(Cause::Endpoint(format!("can't open {}: {why}", self.0.name))),
            None => Ok(false),
        }
    }

    /// Accepts a line.
    pub(super) fn push(&self, line: &[u8], sequence: u64) -> Taken {
        let shared = &*self.0;
        let mut state = shared.state.lock();
        state.held.push(line, sequence);
        let at_once = shared.options.flush.is_zero() || !timed::attend();
        if at_once || state.held.len() >= BATCH {
            shared.write(&mut state);
        }
        let has_room = shared.has_room(&mut state);
        Taken::Held {
            has_news: state.arrived > 0 || state.trouble.is_some(),
            has_room,
        }
    }

    /// Starts writing the held lines.
    pub(super) fn flush(&self) {
        let mut state = self.0.state.lock();
        self.0.write(&mut state);
        state.flow_waits = true;
    }

    /// Whether there is room for another line; the flow is woken once there is.
    pub(super) fn has_room(&self) -> bool {
        self.0.has_room(&mut self.0.state.lock())
    }

    /// The outcome for lines since the last call.
    pub(super) fn confirm(&self) -> Confirmed {
        let mut state = self.0.state.lock();
        let arrived = std::mem::take(&mut state.arrived);
        let trouble = state.trouble.take().map(|told| Trouble {
            element: told.element,
            lost: told.lost + state.held.give_up(),
            cause: self.0.cannot_write(&told.why),
        });
        Confirmed { arrived, trouble }
    }

    /// Stops all writing; held lines are lost. Returns the number of lines written since the last [`Output::confirm`].
    pub(super) fn withdraw(&self) -> u64 {
        let shared = &*self.0;
        let mut state = shared.state.lock();
        state.is_closed = true;
        shared.state.notify_all();
        let until = Instant::now() + GRACE;
        while state.is_writing && Instant::now() < until {
            state = shared.state.wait_until(state, until);
        }
        state.held.give_up();
        std::mem::take(&mut state.arrived)
    }

    /// Checks that all lines are confirmed.
    pub(super) fn complete(&self) -> Result<(), Cause> {
        let told = self.0.state.lock().trouble.take();
        if let Some(told) = told {
            return Err(self.0.cannot_write(&told.why));
        }
        match self.0.place.get() {
            Some(place) if self.0.options.fsync != Fsync::Never => {
                place.sync().map_err(|error| self.0.cannot_write(&words(&error)))
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Holder for Shared {
    fn drain(&self) {
        self.drain();
    }

    fn in_turn(&self, print: &mut dyn FnMut()) {
        let _turn = self.place.get().map(|place| place.end());
        print();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.0.state.lock().is_closed = true;
        self.0.state.notify_all();
    }
}

impl Shared {
    fn new(cx: &RunContext, name: String, options: Options) -> Arc<Self> {
        let shared = Arc::new(Self {
            name,
            options,
            waker: cx.waker.clone(),
            place: OnceLock::new(),
            state: Monitor::new(State::default()),
        });
        if !options.flush.is_zero() {
            timed::add(&shared);
        }
        shared
    }

    fn cannot_write(&self, why: &str) -> Cause {
        Cause::Endpoint(format!("can't write to {}: {why}", self.name))
    }

    /// The place, if it never keeps its writer waiting.
    fn unread(&self) -> Option<&Place> {
        self.place
            .get()
            .map(|place| &**place)
            .filter(|place| !place.has_reader())
    }

    /// Writes the held lines, or asks the thread to.
    fn write(&self, state: &mut State) {
        if state.is_closed || state.held.is_empty() || state.trouble.is_some() {
            return;
        }
        state.since = None;
        let Some(place) = self.unread() else {
            state.is_wanted = true;
            self.state.notify_all();
            return;
        };
        let first = state.held.first();
        let written = place.write_all(&mut state.held, self.options.fsync == Fsync::Always);
        state.arrived += written.lines;
        if let Some(error) = written.error {
            let element = if written.lost > 0 { first } else { state.held.first() };
            state.trouble = Some(WriteFailure {
                element,
                lost: written.lost,
                why: words(&error),
            });
        }
    }

    fn has_room(&self, state: &mut State) -> bool {
        let has_room = state.held.len() < ROOM;
        state.flow_waits |= !has_room;
        has_room
    }

    /// Waits until no held line remains that can be written.
    fn drain(&self) {
        let mut state = self.state.lock();
        self.write(&mut state);
        let is_under_way =
            |state: &MutexGuard<'_, State>| !(state.held.is_empty() || state.is_closed || state.trouble.is_some());
        while is_under_way(&state) {
            state = self.state.wait(state);
        }
    }
}

/// An error of the system, in words.
fn words(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::BrokenPipe {
        "its reader has closed it".to_owned()
    } else {
        error.to_string()
    }
}
