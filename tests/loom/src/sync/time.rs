//! A clock that advances only for threads that wait for it.

use super::atomic::{AtomicU64, Ordering};

loom::lazy_static! {
    /// The time in this execution.
    static ref NOW: AtomicU64 = AtomicU64::new(0);
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// The current time.
    #[must_use]
    pub fn now() -> Self {
        Self(NOW.load(Ordering::Acquire))
    }

    /// The time that is `steps` later.
    #[must_use]
    pub fn after(self, steps: u64) -> Self {
        Self(self.0 + steps)
    }

    /// Advances the clock to this time.
    pub(super) fn pass(self) {
        NOW.fetch_max(self.0, Ordering::AcqRel);
    }
}
