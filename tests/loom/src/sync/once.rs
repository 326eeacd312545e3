//! A value that is set once.

use super::atomic::{AtomicBool, Ordering};

/// A value that is set once, and that other threads see once they know of it.
#[derive(Debug)]
pub struct OnceLock<T> {
    is_set: AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// Sets the value, unless it is set.
    ///
    /// # Errors
    /// When it is set: returns the new value.
    pub fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        self.is_set.store(true, Ordering::Release);
        Ok(())
    }

    /// The value, if it was set.
    pub fn get(&self) -> Option<&T> {
        match self.is_set.load(Ordering::Acquire) {
            true => self.value.get(),
            false => None,
        }
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self {
            is_set: AtomicBool::new(false),
            value: std::sync::OnceLock::new(),
        }
    }
}
