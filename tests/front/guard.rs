//! Runs something within limits of time and memory, and without panics.
#![expect(unsafe_code, reason = "an allocator that counts is an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The most that an execution may allocate at once.
const MEMORY: i64 = 1 << 30;
/// The longest that it may take: in a release build a second; otherwise what no machine takes unless it hangs. How the
/// time grows with the input is what `growth.rs` looks at.
const TIME: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 1 });

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The system's allocator, with an account of what each thread holds.
pub(crate) struct Counting;

impl Counting {
    fn count(change: i64) {
        // A thread that ends has no account any more.
        let _ = NOW.try_with(|now| {
            now.set(now.get() + change);
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
        });
    }
}

// SAFETY: everything is passed on to `System` as it comes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as i64);
        // SAFETY: the caller's promise is the one `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as i64));
        // SAFETY: the caller's promise is the one `System` asks for.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// What an execution took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    pub(crate) memory: i64,
}

/// Runs `work`; the error says which limit it broke.
pub(crate) fn guarded<T>(work: impl Fn() -> Result<T, String>) -> Result<(T, Cost), String> {
    let (result, mut cost) = once(&work)?;
    // A machine may stumble: what is slow is slow again.
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

/// How long the thread has had a processor: others may keep it busy.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("time passes"),
        u32::try_from(time.tv_nsec).expect("less than a second"),
    )
}

/// Panics are findings, not output.
pub(crate) fn collect_panics() {
    panic::set_hook(Box::new(|info| PANIC.with_borrow_mut(|text| *text = info.to_string())));
}

/// What a generator of input makes; nothing when it panicked, which is no finding here.
pub(crate) fn attempt<T>(make: impl FnOnce() -> Option<T>) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(make)).ok().flatten()
}
