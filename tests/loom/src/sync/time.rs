//! A clock that stands still but for those who wait for it.

use super::atomic::{AtomicU64, Ordering};

loom::lazy_static! {
    /// The time in this execution.
    static ref NOW: AtomicU64 = AtomicU64::new(0);
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// What time it is.
    #[must_use]
    pub fn now() -> Self {
        Self(NOW.load(Ordering::Acquire))
    }

    /// The time that is `steps` later.
    #[must_use]
    pub fn after(self, steps: u64) -> Self {
        Self(self.0 + steps)
    }

    /// Lets time pass until then.
    pub(super) fn pass(self) {
        NOW.fetch_max(self.0, Ordering::AcqRel);
    }
}
