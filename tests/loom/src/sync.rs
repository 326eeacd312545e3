//! Shared state of threads: loom's types, under the names of the runtime's module `sync`.

pub mod mpsc;
mod once;
mod time;

pub use loom::sync::{Arc, Mutex, MutexGuard, atomic};
pub use loom::thread;
pub use once::OnceLock;
pub use time::Instant;

use loom::sync::Condvar;

/// A value, with threads that wait for it to change.
#[derive(Debug)]
pub struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    /// A value for which no thread waits yet.
    pub fn new(value: T) -> Self {
        Self {
            value: Mutex::new(value),
            changed: Condvar::new(),
        }
    }

    /// The value, for one thread at a time.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().expect("loom's locks are never poisoned")
    }

    /// Releases the lock until the thread is notified.
    pub fn wait<'a>(&'a self, value: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.changed.wait(value).expect("loom's locks are never poisoned")
    }

    /// Releases the lock while time passes. Other threads may run meanwhile or not: such a wait always ends, with or
    /// without a notification.
    pub fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, time: Instant) -> MutexGuard<'a, T> {
        drop(value);
        time.pass();
        self.lock()
    }

    /// Notifies one waiting thread.
    pub fn notify_one(&self) {
        self.changed.notify_one();
    }

    /// Notifies all waiting threads.
    pub fn notify_all(&self) {
        self.changed.notify_all();
    }
}
