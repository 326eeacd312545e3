//! Runs code within limits of time and memory, and catches panics.
#![expect(unsafe_code, reason = "an allocator that counts is an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Most memory allocated at any time during an execution, in bytes.
const MEMORY: i64 = 1 << 30;
/// Longest execution: a second in a release build; otherwise long enough for every machine unless it hangs. `growth.rs`
/// checks how time grows with the input.
const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 1 });

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The system's allocator, with a count of each thread's memory.
pub(crate) struct Counting;

impl Counting {
    fn count(change: i64) {
        // The count of an ending thread may be gone already.
        let _ = NOW.try_with(|now| {
            now.set(now.get() + change);
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
        });
    }
}

// SAFETY: every call is forwarded unchanged to `System`, which upholds the contract of `GlobalAlloc`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as i64);
        // SAFETY: the caller upholds the contract of `alloc`, which is also that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as i64));
        // SAFETY: the caller upholds the contract of `dealloc`, and `memory` comes from `System`, as `alloc` forwards
        // to it.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// Resources used by an execution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    pub(crate) memory: i64,
}

/// Runs `work`; the error names the limit that it exceeded.
pub(crate) fn guarded<T>(work: impl Fn() -> Result<T, String>) -> Result<(T, Cost), String> {
    let (result, mut cost) = once(&work)?;
    // A slow machine may be the reason; real slowness shows again.
    for _ in 0..2 {
        if cost.time > TIME {
            cost.time = cost.time.min(once(&work)?.1.time);
        }
    }
    if cost.time > TIME {
        return Err(format!("took {:?}", cost.time));
    }
    if cost.memory > MEMORY {
        return Err(format!("had {} MiB", cost.memory >> 20));
    }
    Ok((result, cost))
}

fn once<T>(work: &impl Fn() -> Result<T, String>) -> Result<(T, Cost), String> {
    let before = NOW.get();
    PEAK.set(before);
    let started = processor_time();
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let cost = Cost {
        time: processor_time().saturating_sub(started),
        memory: PEAK.get() - before,
    };
    match result {
        Ok(result) => Ok((result?, cost)),
        Err(_) => Err(PANIC.with_borrow(|text| format!("panicked: {text}"))),
    }
}

/// Processor time of the thread, which other load does not affect.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("time passes"),
        u32::try_from(time.tv_nsec).expect("less than a second"),
    )
}

/// Turns panics into findings instead of output.
pub(crate) fn collect_panics() {
    panic::set_hook(Box::new(|info| PANIC.with_borrow_mut(|text| *text = info.to_string())));
}

/// The result of an input generator; `None` when it panicked, which is no finding here.
pub(crate) fn attempt<T>(make: impl FnOnce() -> Option<T>) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(make)).ok().flatten()
}
