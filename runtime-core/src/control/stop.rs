//! Asking flows to stop: once has them drain, twice has them end at once.

use std::sync::PoisonError;

use crate::executor::Waker;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex, OnceLock};

/// How often flows were asked to stop, and whom to tell.
#[derive(Default)]
pub(super) struct Stop {
    is_asked: AtomicBool,
    cancelled: OnceLock<Instant>,
    /// Flows to wake when they are to stop.
    wakers: Mutex<Vec<Waker>>,
}

impl Stop {
    /// Asks once more. For one thread only.
    pub(super) fn ask(&self) {
        if self.is_asked() {
            // Only the first moment counts.
            let _ = self.cancelled.set(Instant::now());
        }
        self.is_asked.store(true, Ordering::Relaxed);
        for waker in self.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            waker.wake();
        }
    }

    /// Has a flow woken when it is to stop. What was asked before, it sees in its next turn.
    pub(super) fn wakes(&self, waker: Waker) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
    }

    /// Whether flows are to drain.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// When everything was to end at once, if it was.
    pub(super) fn cancelled(&self) -> Option<Instant> {
        self.cancelled.get().copied()
    }
}
