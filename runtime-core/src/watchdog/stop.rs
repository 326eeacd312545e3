//! Asking flows to stop: once has them drain, twice has them end at once.

use std::sync::PoisonError;

use crate::executor::Waker;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex, OnceLock};

/// How often flows were asked to stop, and whom to wake then.
#[derive(Default)]
pub struct Stop {
    is_asked: AtomicBool,
    cancelled: OnceLock<Instant>,
    /// Of flows that are to stop.
    wakers: Mutex<Vec<Waker>>,
}

impl Stop {
    /// Asks once more: the first time has flows drain, every other has them end at once.
    pub fn ask(&self) {
        if self.is_asked.swap(true, Ordering::Relaxed) {
            // Only the first moment counts.
            let _ = self.cancelled.set(Instant::now());
        }
        for waker in self.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            waker.wake();
        }
    }

    /// Has a flow woken when it is to stop. What was asked before, it sees in its next turn.
    pub(crate) fn wakes(&self, waker: Waker) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
    }

    /// Whether flows are to drain.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// When everything was to end at once, if it was.
    pub(crate) fn cancelled(&self) -> Option<Instant> {
        self.cancelled.get().copied()
    }
}
