//! The watchdog beside calls of a guest.

use super::check;
use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, thread};
use crate::watched::Watched;

/// Milliseconds that a call may take.
const LIMIT_MS: u64 = 10;

/// A thread that calls a guest.
struct Caller {
    words: WatchedWords,
    watched: Arc<Watched>,
}

impl Caller {
    /// A call goes on.
    fn in_a_call() -> Self {
        let words = WatchedWords::default();
        let watched = Arc::new(Watched::new(words.clone(), vec![LIMIT_MS]));
        watched.enter(0);
        Self { words, watched }
    }

    /// What the compiler puts into the guest's code: a look at the word, and a call of the host unless it is 0.
    fn polls(&self) -> Option<(u32, u64)> {
        let asked = self.words.atomic_u32(control::INTERRUPT).load(Ordering::SeqCst);
        (asked != 0).then(|| self.watched.take_request()).flatten()
    }

    /// A thread on which a tick passes.
    fn watchdog(&self) -> thread::JoinHandle<()> {
        let watched = Arc::clone(&self.watched);
        thread::spawn(move || watched.tick(false))
    }

    /// The call ends, and the next one begins.
    fn goes_on(&self) {
        self.watched.leave();
        assert_eq!(self.watched.node(), None);
        self.watched.enter(0);
    }
}

/// A call is asked to look in the moment in which it ends by itself: the next one is not taken for it.
///
/// # Panics
/// When it does not hold.
pub fn a_request_is_for_one_call() {
    check(None, || {
        let caller = Caller::in_a_call();
        let watchdog = caller.watchdog();
        let first = caller.polls();
        assert!(first.is_none_or(|request| request == (1, LIMIT_MS)));
        caller.goes_on();
        // The tick may have come now, for this one.
        let second = caller.polls();
        assert!(second.is_none_or(|request| request == (2, LIMIT_MS)));
        watchdog.join().expect("a tick does not panic");
        let third = caller.polls();
        assert!(third.is_none_or(|request| request == (2, LIMIT_MS)));
        let looks = [first, second, third].iter().flatten().count();
        assert!(looks <= 1, "one tick asks once");
    });
}

/// A call that goes on is asked with each tick: also when the one before it was asked too late, and that is taken back just
/// when it is asked.
///
/// # Panics
/// When it does not hold.
pub fn a_long_call_is_looked_at() {
    check(None, || {
        let caller = Caller::in_a_call();
        caller.watched.tick(false);
        caller.goes_on();
        let watchdog = caller.watchdog();
        let during = caller.polls();
        watchdog.join().expect("a tick does not panic");
        let asked = during.or_else(|| caller.polls()).or_else(|| {
            caller.watched.tick(false);
            caller.polls()
        });
        assert_eq!(asked, Some((2, LIMIT_MS)));
    });
}

/// A shell is told to stop between two elements, and stays told.
///
/// # Panics
/// When it does not hold.
pub fn a_shell_stops_between_elements() {
    check(None, || {
        let caller = Caller::in_a_call();
        let watched = Arc::clone(&caller.watched);
        let watchdog = thread::spawn(move || {
            watched.tick(true);
            watched.tick(false);
        });
        caller.goes_on();
        watchdog.join().expect("a tick does not panic");
        assert_eq!(caller.words.atomic_u32(control::HALT).load(Ordering::SeqCst), 1);
    });
}
