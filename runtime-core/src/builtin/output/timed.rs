//! Sees to it that no line is held for longer than its sink may: a thread for all outputs of the process. It looks in real
//! time, also where the time of a flow is simulated: how long a line was held changes nothing in the flow.
//!
//! The driver could not do that: a call of a stage may take longer. The thread sleeps while nothing is held, so that a sink
//! has no more to do than to look whether it does.

use std::sync::{Condvar, PoisonError};
use std::time::{Duration, Instant};

use super::{Fsync, Shared, Told, words};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Mutex, MutexGuard, thread};

/// The thread looks this often within the shortest time that lines may be held.
const LOOKS: u32 = 5;

/// Longest and shortest time between two looks.
const LONGEST: Duration = Duration::from_millis(100);
const SHORTEST: Duration = Duration::from_millis(1);

/// Looks that found nothing before the thread sleeps.
const IDLE_LOOKS: u32 = 16;

/// What there is to look after.
struct Rota {
    outputs: Vec<std::sync::Weak<Shared>>,
    has_thread: bool,
}

static ROTA: Mutex<Rota> = Mutex::new(Rota {
    outputs: Vec::new(),
    has_thread: false,
});

/// The thread looks. Where it does not, it is to be woken.
static LOOKING: AtomicBool = AtomicBool::new(false);
static WOKEN: Condvar = Condvar::new();

/// Has an output looked after.
pub(super) fn add(output: &Arc<Shared>) {
    let mut rota = rota();
    rota.outputs.retain(|known| known.strong_count() > 0);
    rota.outputs.push(Arc::downgrade(output));
}

/// Sees to it that the thread looks. Returns whether there is one. To be called after a line is there.
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
    // Nothing that holds the lock panics half-way.
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
            // A line that came before shows now; one that comes later wakes.
            let outputs = known(&mut rota());
            if look(&outputs, period) {
                LOOKING.store(true, Ordering::Relaxed);
            }
            idle = 0;
        }
    }
}

/// The outputs there are, once there is a reason to look at them.
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

/// Looks at all outputs. Returns whether one of them has something to be looked after.
fn look(outputs: &[Arc<Shared>], period: Duration) -> bool {
    let busy = outputs.iter().filter(|output| output.look(period));
    busy.count() > 0
}

impl Shared {
    /// Writes what would be held for too long until the next look.
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
        // It came up to a period before it was seen.
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

    /// The driver goes on meanwhile.
    fn sync(&self) {
        let Some(Err(error)) = self.place.get().map(|place| place.sync()) else {
            return;
        };
        let mut state = self.state.lock();
        state.trouble.get_or_insert(Told {
            element: None,
            lost: 0,
            why: words(&error),
        });
        drop(state);
        self.waker.wake();
    }
}
