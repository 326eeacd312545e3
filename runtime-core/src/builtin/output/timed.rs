//! Writes lines that have been held for as long as their sink allows: one thread for all outputs of the process. It
//! uses real time, also where a flow's time is simulated: how long a line is held changes nothing in the flow.
//!
//! The driver could not do this: a call of a stage may take longer. The thread sleeps while no line is held, so that a
//! sink only has to check whether it does.

use std::sync::{Condvar, PoisonError};
use std::time::{Duration, Instant};

use super::{Fsync, Shared, WriteFailure, words};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex, MutexGuard, thread};

/// Inspections within the shortest time for which lines may be held.
const LOOKS: u32 = 5;

/// Longest and shortest time between two inspections.
const LONGEST: Duration = Duration::from_millis(100);
const SHORTEST: Duration = Duration::from_millis(1);

/// Inspections without a held line before the thread sleeps.
const IDLE_LOOKS: u32 = 16;

/// The outputs to inspect.
struct Rota {
    outputs: Vec<std::sync::Weak<Shared>>,
    has_thread: bool,
}

static ROTA: Mutex<Rota> = Mutex::new(Rota {
    outputs: Vec::new(),
    has_thread: false,
});

/// Whether the thread is inspecting; otherwise it has to be woken.
static LOOKING: AtomicBool = AtomicBool::new(false);
static WOKEN: Condvar = Condvar::new();

/// Adds an output to those that the thread inspects.
pub(super) fn add(output: &Arc<Shared>) {
    let mut rota = rota();
    rota.outputs.retain(|known| known.strong_count() > 0);
    rota.outputs.push(Arc::downgrade(output));
}

/// Wakes the thread if it sleeps. Returns whether there is a thread. Must be called after a line was added.
#[inline]
pub(super) fn attend() -> bool {
    LOOKING.load(Ordering::Relaxed) || wake()
}

#[cold]
fn wake() -> bool {
    let mut rota = rota();
    if !rota.has_thread {
        let thread = thread::Builder::new().name("outputs".to_owned());
        rota.has_thread = thread.spawn(look_after).is_ok();
    }
    if rota.has_thread {
        LOOKING.store(true, Ordering::Relaxed);
        WOKEN.notify_one();
    }
    rota.has_thread
}

fn rota() -> MutexGuard<'static, Rota> {
    // No code panics half-way while it holds the lock.
    ROTA.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look_after() {
    let mut idle = 0;
    loop {
        let outputs = outputs();
        let shortest = outputs.iter().map(|output| output.options.flush).min();
        let period = shortest.map_or(LONGEST, |flush| (flush / LOOKS).clamp(SHORTEST, LONGEST));
        thread::sleep(period);
        idle = match look(&outputs, period) {
            true => 0,
            false => idle + 1,
        };
        if idle >= IDLE_LOOKS {
            LOOKING.store(false, Ordering::Relaxed);
            // A line added before this inspection is seen by it; one added later wakes the thread.
            let outputs = known(&mut rota());
            if look(&outputs, period) {
                LOOKING.store(true, Ordering::Relaxed);
            }
            idle = 0;
        }
    }
}

/// The outputs, once there is a reason to inspect them.
fn outputs() -> Vec<Arc<Shared>> {
    let mut rota = rota();
    while !LOOKING.load(Ordering::Relaxed) {
        rota = WOKEN.wait(rota).unwrap_or_else(PoisonError::into_inner);
    }
    known(&mut rota)
}

fn known(rota: &mut Rota) -> Vec<Arc<Shared>> {
    rota.outputs.retain(|known| known.strong_count() > 0);
    rota.outputs.iter().filter_map(std::sync::Weak::upgrade).collect()
}

/// Inspects all outputs. Returns whether one of them holds lines.
fn look(outputs: &[Arc<Shared>], period: Duration) -> bool {
    let busy = outputs.iter().filter(|output| output.look(period));
    busy.count() > 0
}

impl Shared {
    /// Writes the lines whose time would be up before the next inspection.
    fn look(&self, period: Duration) -> bool {
        let mut state = self.state.lock();
        let is_holding = !state.held.is_empty();
        let is_unsynced =
            self.options.fsync == Fsync::Interval && self.place.get().is_some_and(|place| place.is_unsynced());
        if !is_holding && !is_unsynced {
            state.since = None;
            return false;
        }
        let since = *state.since.get_or_insert_with(Instant::now);
        // The lines may have been held for up to a period before they were first seen.
        if since.elapsed() + 2 * period >= self.options.flush {
            self.write(&mut state);
            state.since = None;
            let has_trouble = state.trouble.is_some();
            drop(state);
            if self.options.fsync == Fsync::Interval {
                self.sync();
            }
            if has_trouble {
                self.waker.wake();
            }
        }
        true
    }

    /// Flushes the system's cache to the disk while the driver goes on.
    fn sync(&self) {
        let Some(Err(error)) = self.place.get().map(|place| place.sync()) else {
            return;
        };
        let mut state = self.state.lock();
        state.trouble.get_or_insert(WriteFailure {
            element: None,
            lost: 0,
            why: words(&error),
        });
        drop(state);
        self.waker.wake();
    }
}
