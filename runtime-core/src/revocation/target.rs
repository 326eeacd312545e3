//! The call that is to end.

use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of the call of an instance that is to end, and whether a fault ended it.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// 0 for none.
    call: AtomicU32,
    has_struck: AtomicBool,
}

impl Target {
    /// Aims at a call. Faults count only after that, so this comes before its rights are taken away.
    pub(crate) fn aim(&self, call: u32) {
        self.call.store(call, Ordering::SeqCst);
    }

    /// Whether a fault of the call `current`, in guest code, ends it. Then the call makes no other fault.
    pub(crate) fn strikes(&self, current: u32) -> bool {
        let strikes = self.call.load(Ordering::SeqCst) == current;
        if strikes {
            self.has_struck.store(true, Ordering::SeqCst);
        }
        strikes
    }

    /// Whether a fault ended a call since the last time.
    pub(crate) fn take_strike(&self) -> bool {
        self.has_struck.swap(false, Ordering::SeqCst)
    }
}
