//! Requests to stop flows: the first drains them, the second cancels them.

use std::sync::PoisonError;

use crate::executor::Waker;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex, OnceLock};

/// The number of requests, and the flows to wake.
#[derive(Default)]
pub struct Stop {
    is_asked: AtomicBool,
    cancelled: OnceLock<Instant>,
    /// Wakers of the flows that are to stop.
    wakers: Mutex<Vec<Waker>>,
}

impl Stop {
    /// Adds a request: the first drains the flows, every later one cancels them.
    pub fn ask(&self) {
        if self.is_asked.swap(true, Ordering::Relaxed) {
            // Only the first moment counts.
            let _ = self.cancelled.set(Instant::now());
        }
        for waker in self.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            waker.wake();
        }
    }

    /// Registers a flow to wake on a request. It sees earlier requests in its next turn.
    pub(crate) fn wakes(&self, waker: Waker) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
    }

    /// Whether flows are to drain.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }

    /// Time of the cancellation; `None` without one.
    pub(crate) fn cancelled(&self) -> Option<Instant> {
        self.cancelled.get().copied()
    }
}
