//! What threads share their state through, in one place: the tests that try out every order in which threads can work
//! have another such module under the same name, and put it under the same code.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard, OnceLock, atomic, mpsc};
pub(crate) use std::thread;
pub(crate) use std::time::Instant;

use std::sync::{Condvar, PoisonError};

/// A value, and threads that wait for it to change.
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
        // Nothing that holds the lock panics half-way.
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the lock away until the thread is notified, or for no reason at all.
    pub(crate) fn wait<'a>(&'a self, value: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.changed.wait(value).unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Monitor::wait`], until `time` at the longest.
    pub(crate) fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, time: Instant) -> MutexGuard<'a, T> {
        let timeout = time.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout(value, timeout);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Notifies one of those who wait.
    pub(crate) fn notify_one(&self) {
        self.changed.notify_one();
    }

    /// Notifies all who wait.
    pub(crate) fn notify_all(&self) {
        self.changed.notify_all();
    }
}
