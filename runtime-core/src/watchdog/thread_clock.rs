//! The processor time of another thread.
#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        reason = "no safe library has the clock of another thread (pthread_getcpuclockid, POSIX)"
    )
)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The clock that counts the processor time of one thread. Where the system has no such clocks, it is that of elapsed
/// time.
#[derive(Debug)]
pub(super) struct ThreadClock(AtomicI64);

/// No clock; no clock has this number, which takes 32 bits.
const NONE: i64 = i64::MIN;

thread_local! {
    /// The clock of this thread.
    static HERE: i64 = system::here();
}

impl Default for ThreadClock {
    fn default() -> Self {
        Self(AtomicI64::new(NONE))
    }
}

impl ThreadClock {
    /// Takes the clock of the calling thread.
    pub(super) fn set_here(&self) {
        // Guards no other memory.
        self.0.store(HERE.with(|clock| *clock), Ordering::Relaxed);
    }

    /// The time; 0 while there is no thread, and after it has ended.
    pub(super) fn time(&self) -> Duration {
        match i32::try_from(self.0.load(Ordering::Relaxed)) {
            Ok(clock) => system::time(clock),
            Err(_) => Duration::ZERO,
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::mem::MaybeUninit;
    use std::time::Duration;

    pub(super) fn time(clock: libc::clockid_t) -> Duration {
        let mut time = MaybeUninit::<libc::timespec>::zeroed();
        // SAFETY: all zeros are a valid `timespec`, and `time` is one. A clock of a thread that has ended is an error,
        // which leaves it as it is.
        let time = unsafe {
            libc::clock_gettime(clock, time.as_mut_ptr());
            time.assume_init()
        };
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    pub(super) fn here() -> i64 {
        let mut clock = 0;
        // SAFETY: the calling thread exists, and `clock` is a clock's number.
        match unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) } {
            0 => i64::from(clock),
            _ => super::NONE,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::LazyLock;
    use std::time::{Duration, Instant};

    static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn time(_: i32) -> Duration {
        STARTED.elapsed()
    }

    pub(super) fn here() -> i64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_threads_work_is_counted() {
        let clock = ThreadClock::default();
        assert_eq!(clock.time(), Duration::ZERO);
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                clock.set_here();
                let mut sum = 0_u64;
                while clock.time() < Duration::from_millis(20) {
                    sum = std::hint::black_box(sum + 1);
                }
            });
            while !worker.is_finished() {
                assert!(clock.time() < Duration::from_secs(60));
                std::thread::sleep(Duration::from_millis(1));
            }
        });
    }
}
