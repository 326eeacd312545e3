//! The watchdog and the calls of a guest.

use super::check;
use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, thread};
use crate::target::Target;
use crate::words::{CallWords, Current};

/// Limit of a call in milliseconds.
const LIMIT_MS: u64 = 10;

/// A guest's calls and its memory.
struct Guest {
    words: CallWords,
    target: Target,
    /// Whether its memory can be accessed.
    has_rights: AtomicBool,
}

impl Guest {
    /// A guest whose first call is under way.
    fn in_a_call() -> Arc<Self> {
        let words = CallWords::new(WatchedWords::default(), vec![LIMIT_MS]);
        words.enter(0, 0);
        Arc::new(Self {
            words,
            target: Target::default(),
            has_rights: AtomicBool::new(true),
        })
    }

    /// Touches the memory. Returns whether the fault handler ends the call; `is_guest`: whether guest code touches it.
    fn touch(&self, is_guest: bool) -> bool {
        if self.has_rights.load(Ordering::SeqCst) {
            return false;
        }
        let strikes = is_guest && self.target.strikes(self.words.number());
        if !strikes {
            self.has_rights.store(true, Ordering::SeqCst);
        }
        strikes
    }

    /// Ends the call, and begins the next one.
    fn goes_on(&self) {
        self.words.leave();
        assert_eq!(self.words.node(), None);
        self.words.enter(0, 0);
    }

    /// Takes the rights away from a call that has to end.
    fn revoke(&self, call: Current) {
        self.target.aim(call.call);
        self.has_rights.store(false, Ordering::SeqCst);
    }
}

/// A thread that finds that the call under way has to end, once.
fn watchdog(guest: &Arc<Guest>) -> thread::JoinHandle<Option<Current>> {
    let guest = Arc::clone(guest);
    thread::spawn(move || {
        let current = guest.words.current();
        if let Some(call) = current {
            assert_eq!((call.node, call.limit_ms), (0, LIMIT_MS));
            guest.revoke(call);
        }
        current
    })
}

/// The rights are taken away just when the call ends that is meant: neither the next call nor the host is hurt.
///
/// # Panics
/// When the property fails.
pub fn no_other_call_is_ended() {
    check(None, || {
        let guest = Guest::in_a_call();
        let watchdog = watchdog(&guest);
        let first = guest.touch(true);
        assert!(!guest.touch(false), "host code goes on");
        guest.goes_on();
        let second = guest.touch(true);
        let meant = watchdog
            .join()
            .expect("the watchdog does not panic")
            .map(|call| call.call);
        let third = guest.touch(true);
        assert!(!first || meant == Some(1));
        assert!(!(second || third) || meant == Some(2));
        assert_eq!(guest.target.take_strike(), first || second || third);
        assert!(!guest.target.take_strike(), "once");
    });
}

/// A call that has to end does, also when the host gave the rights back meanwhile: the watchdog insists.
///
/// # Panics
/// When the property fails.
pub fn the_call_that_is_meant_ends() {
    check(None, || {
        let guest = Guest::in_a_call();
        let watchdog = watchdog(&guest);
        guest.touch(false);
        let during = guest.touch(true);
        let meant = watchdog.join().expect("the watchdog does not panic");
        let ended = during || guest.touch(true) || {
            guest.revoke(meant.expect("the call is under way all the time"));
            guest.touch(true)
        };
        assert!(ended);
        assert!(guest.target.take_strike());
    });
}

/// A shell that is asked to stop does so between two elements, and the request stays.
///
/// # Panics
/// When the property fails.
pub fn a_shell_stops_between_elements() {
    check(None, || {
        let words = WatchedWords::default();
        let calls = Arc::new(CallWords::new(words.clone(), vec![LIMIT_MS]));
        calls.enter(0, 0);
        let of_watchdog = Arc::clone(&calls);
        let watchdog = thread::spawn(move || of_watchdog.halt());
        calls.leave();
        calls.enter(0, 0);
        watchdog.join().expect("the watchdog does not panic");
        assert_eq!(words.atomic_u32(control::HALT).load(Ordering::SeqCst), 1);
    });
}
