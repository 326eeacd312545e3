//! The watchdog and the calls of a guest.

use super::check;
use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, thread};
use crate::watched::Watched;

/// Limit of a call in milliseconds.
const LIMIT_MS: u64 = 10;

/// A thread that calls a guest.
struct Caller {
    words: WatchedWords,
    watched: Arc<Watched>,
}

impl Caller {
    /// A caller whose call is under way.
    fn in_a_call() -> Self {
        let words = WatchedWords::default();
        let watched = Arc::new(Watched::new(words.clone(), vec![LIMIT_MS]));
        watched.enter(0);
        Self { words, watched }
    }

    /// The compiler's poll in the guest's code: reads the word, and calls the host unless it is 0.
    fn polls(&self) -> Option<(u32, u64)> {
        let asked = self.words.atomic_u32(control::INTERRUPT).load(Ordering::SeqCst);
        (asked != 0).then(|| self.watched.take_request()).flatten()
    }

    /// A thread on which a tick passes.
    fn watchdog(&self) -> thread::JoinHandle<()> {
        let watched = Arc::clone(&self.watched);
        thread::spawn(move || watched.tick(false))
    }

    /// Ends the call, and begins the next one.
    fn goes_on(&self) {
        self.watched.leave();
        assert_eq!(self.watched.node(), None);
        self.watched.enter(0);
    }
}

/// A request arrives just when its call ends: the next call does not take it for its own.
///
/// # Panics
/// When the property fails.
pub fn a_request_is_for_one_call() {
    check(None, || {
        let caller = Caller::in_a_call();
        let watchdog = caller.watchdog();
        let first = caller.polls();
        assert!(first.is_none_or(|request| request == (1, LIMIT_MS)));
        caller.goes_on();
        // This time the tick may have been for this call.
        let second = caller.polls();
        assert!(second.is_none_or(|request| request == (2, LIMIT_MS)));
        watchdog.join().expect("a tick does not panic");
        let third = caller.polls();
        assert!(third.is_none_or(|request| request == (2, LIMIT_MS)));
        let looks = [first, second, third].iter().flatten().count();
        assert!(looks <= 1, "one tick asks once");
    });
}

/// A long call is requested to check at each tick; also when the previous call was requested too late, and that request
/// is withdrawn just then.
///
/// # Panics
/// When the property fails.
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

/// A shell that is asked to stop does so between two elements, and the request stays.
///
/// # Panics
/// When the property fails.
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
