//! Shared state of threads, in one place. The tests that try every interleaving replace this module by one of the same
//! name over a simulated scheduler.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard, OnceLock, atomic, mpsc};
pub(crate) use std::thread;
pub(crate) use std::time::Instant;

use std::sync::{Condvar, PoisonError};

/// A value, with threads that wait for it to change.
pub(crate) struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        // No code panics half-way while it holds the lock.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Releases the lock until the thread is notified or wakes spuriously.
    pub(crate) fn wait<'a>(&'a self, value: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.changed.wait(value).unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Monitor::wait`], until `time` at the latest.
    pub(crate) fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, time: Instant) -> MutexGuard<'a, T> {
        let timeout = time.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout(value, timeout);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Notifies one waiting thread.
    pub(crate) fn notify_one(&self) {
        self.changed.notify_one();
    }

    /// Notifies all waiting threads.
    pub(crate) fn notify_all(&self) {
        self.changed.notify_all();
    }
}
