//! What threads share their state through: loom's, under the names of the runtime's module `sync`.

pub mod mpsc;
mod once;
mod time;

pub use loom::sync::{Arc, Mutex, MutexGuard, atomic};
pub use loom::thread;
pub use once::OnceLock;
pub use time::Instant;

use loom::sync::Condvar;

/// A value, and threads that wait for it to change.
#[derive(Debug)]
pub struct Monitor<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> {
    /// Nobody waits yet.
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

    /// Gives the lock away until the thread is notified.
    pub fn wait<'a>(&'a self, value: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.changed.wait(value).expect("loom's locks are never poisoned")
    }

    /// Gives the lock away while the time passes. Others may do something meanwhile or not, but need not: so a thread that
    /// waits like this never waits for ever, whether it is notified or not.
    pub fn wait_until<'a>(&'a self, value: MutexGuard<'a, T>, time: Instant) -> MutexGuard<'a, T> {
        drop(value);
        time.pass();
        self.lock()
    }

    /// Notifies one of those who wait.
    pub fn notify_one(&self) {
        self.changed.notify_one();
    }

    /// Notifies all who wait.
    pub fn notify_all(&self) {
        self.changed.notify_all();
    }
}
