//! The watchdog beside calls of a guest.

use super::check;
use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, thread};
use crate::watched::{Seen, Watched};

/// Milliseconds that a call may take: the second tick during one is too many.
const LIMIT_MS: u64 = 10;

/// A thread that calls a guest.
struct Caller {
    words: WatchedWords,
    watched: Arc<Watched>,
}

impl Caller {
    /// A call goes on that the watchdog has seen once.
    fn in_a_call() -> (Self, Seen) {
        let words = WatchedWords::default();
        let watched = Arc::new(Watched::with_limits(words.clone(), vec![LIMIT_MS]));
        watched.enter(0);
        let mut seen = Seen::default();
        watched.tick(&mut seen, false);
        (Self { words, watched }, seen)
    }

    /// What the compiler puts into the guest's code: a look at the word, and a call of the host unless it is 0.
    fn polls(&self) -> Option<u64> {
        let asked = self.words.atomic_u32(control::INTERRUPT).load(Ordering::SeqCst);
        (asked != 0).then(|| self.watched.take_interruption()).flatten()
    }

    /// A thread on which a tick passes.
    fn watchdog(&self, mut seen: Seen) -> thread::JoinHandle<Seen> {
        let watched = Arc::clone(&self.watched);
        thread::spawn(move || {
            watched.tick(&mut seen, false);
            seen
        })
    }

    /// The call ends, and the next one begins.
    fn goes_on(&self) {
        self.watched.leave();
        assert_eq!(self.watched.node(), None);
        self.watched.enter(0);
    }
}

/// A call that is asked to stop in the moment in which it ends by itself: the next one goes on.
///
/// # Panics
/// When it does not hold.
pub fn an_interruption_is_for_one_call() {
    check(None, || {
        let (caller, seen) = Caller::in_a_call();
        let watchdog = caller.watchdog(seen);
        let first = caller.polls();
        assert!(first.is_none_or(|limit_ms| limit_ms == LIMIT_MS));
        caller.goes_on();
        assert_eq!(caller.polls(), None);
        watchdog.join().expect("a tick does not panic");
        assert_eq!(caller.polls(), None);
    });
}

/// A call that takes too long is interrupted, with the next tick at the latest: also when the one before it was asked to
/// stop too late, and that is taken back just when it is asked.
///
/// # Panics
/// When it does not hold.
pub fn a_long_call_is_interrupted() {
    check(None, || {
        let (caller, mut seen) = Caller::in_a_call();
        caller.watched.tick(&mut seen, false);
        caller.goes_on();
        caller.watched.tick(&mut seen, false);
        let watchdog = caller.watchdog(seen);
        let during = caller.polls();
        let mut seen = watchdog.join().expect("a tick does not panic");
        let interrupted = during.or_else(|| {
            caller.watched.tick(&mut seen, false);
            caller.polls()
        });
        assert_eq!(interrupted, Some(LIMIT_MS));
    });
}
