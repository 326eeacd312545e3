//! The calls of one driver, as the watchdog sees them: it decides when a call has to end, and takes the access rights on
//! its instance's memories away.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, Weak};
use std::time::Duration;

use wasmtime::Error;

use super::call::CallWatch;
use super::halt::Halt;
use super::words::{CallWords, Current};
use crate::clock::nanos;
use crate::error::Interruption;
use crate::revocation::{CallNumber, Revocation};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The calls of one driver, one at a time.
pub(crate) struct Watched {
    words: CallWords,
    halt: Arc<Halt>,
    /// Time that calls have waited in the host, in nanoseconds.
    waited_ns: AtomicU64,
    /// Number of the call that has to end; 0 for none.
    condemned: AtomicU32,
    verdict: Mutex<Option<(u32, Interruption)>>,
    watch: Mutex<CallWatch>,
    /// The instances, by the position of the node.
    instances: Mutex<BTreeMap<usize, Weak<Revocation>>>,
}

impl CallNumber for Watched {
    fn current(&self) -> u32 {
        self.words.number()
    }
}

impl Watched {
    /// The calls of a run that `halt` ends.
    pub(crate) fn new(words: CallWords, halt: Arc<Halt>) -> Self {
        Self {
            words,
            halt,
            waited_ns: AtomicU64::new(0),
            condemned: AtomicU32::new(0),
            verdict: Mutex::default(),
            watch: Mutex::default(),
            instances: Mutex::default(),
        }
    }

    /// The words of the calls.
    #[inline]
    pub(crate) fn words(&self) -> &CallWords {
        &self.words
    }

    /// A revocation for a new instance, to be attached before one of its calls.
    pub(crate) fn revocation(self: &Arc<Self>) -> Arc<Revocation> {
        Revocation::new(Arc::clone(self) as Arc<dyn CallNumber>)
    }

    /// Attaches the revocation of the instance that has the stages of `nodes` from now on.
    pub(crate) fn attach(&self, nodes: &[usize], revocation: &Arc<Revocation>) {
        let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        for node in nodes {
            instances.insert(*node, Arc::downgrade(revocation));
        }
    }

    /// Checks whether the current call has to end, for calls that work or wait in the host.
    ///
    /// # Errors
    /// When it has to.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Interruption> {
        match self.condemned.load(Ordering::Relaxed) == self.words.number() {
            true => self.sentence().map_or(Ok(()), Err),
            false => Ok(()),
        }
    }

    /// The reason why the current call has to end, if it has to.
    fn sentence(&self) -> Option<Interruption> {
        let verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        verdict.and_then(|(call, interruption)| (call == self.words.number()).then_some(interruption))
    }

    /// The error of the call that just ended: why it was ended, if it was ended by `revocation`, otherwise `error`.
    pub(crate) fn reason(&self, revocation: &Revocation, error: Error) -> Error {
        match revocation.has_struck().then(|| self.sentence()).flatten() {
            Some(interruption) => interruption.into(),
            None => error,
        }
    }

    /// Adds time for which the current call has waited in the host.
    pub(crate) fn waited(&self, time: Duration) {
        self.waited_ns.fetch_add(nanos(time), Ordering::Relaxed);
    }

    /// Checks the current call, once a tick. Returns whether there is one that has to end and has not ended yet.
    /// `is_due`: whether, from now on, a shell must not process another element.
    pub(super) fn tick(&self, is_due: bool) -> bool {
        if is_due {
            self.words.halt();
        }
        let current = self.words.current();
        self.forget(current);
        let Some(current) = current else {
            return false;
        };
        let waited = Duration::from_nanos(self.waited_ns.load(Ordering::Relaxed));
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        match watch.look(&self.halt, current, waited) {
            Ok(()) => false,
            Err(interruption) => {
                self.condemn(current, interruption);
                true
            }
        }
    }

    /// Decides that the current call has to end. Returns whether there is one.
    #[cfg(feature = "internals")]
    pub(crate) fn end(&self, interruption: Interruption) -> bool {
        let current = self.words.current();
        current
            .inspect(|current| self.condemn(*current, interruption))
            .is_some()
    }

    /// Tries again to end the call that has to. Returns whether it has not ended yet.
    pub(crate) fn insist(&self) -> bool {
        let condemned = self.condemned.load(Ordering::Relaxed);
        match self.words.current() {
            Some(current) if current.call == condemned => {
                self.revoke(current);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Forgets the verdict of a call that has ended: its number will be that of another one, 2^32 calls later.
    fn forget(&self, current: Option<Current>) {
        let condemned = self.condemned.load(Ordering::Relaxed);
        if condemned != 0 && current.is_none_or(|current| current.call != condemned) {
            self.condemned.store(0, Ordering::Relaxed);
            *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn condemn(&self, current: Current, interruption: Interruption) {
        let mut verdict = self.verdict.lock().unwrap_or_else(PoisonError::into_inner);
        // The first reason counts.
        if verdict.is_none_or(|(call, _)| call != current.call) {
            *verdict = Some((current.call, interruption));
        }
        drop(verdict);
        self.condemned.store(current.call, Ordering::Relaxed);
        self.revoke(current);
    }

    fn revoke(&self, current: Current) {
        let instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(revocation) = instances.get(&current.node).and_then(Weak::upgrade) {
            revocation.revoke(current.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::WatchedWords;
    use crate::clock::ClockKind;
    use crate::watchdog::Limits;

    #[test]
    fn a_verdict_is_for_one_call() {
        let limits = Limits {
            clock: ClockKind::Simulated,
            timeout: None,
            deadline: None,
        };
        let halt = Arc::new(Halt::new(limits, Arc::default()));
        let watched = Watched::new(CallWords::new(WatchedWords::apart(), vec![60_000]), halt);
        watched.words().enter(0, 0);
        let call = watched.words().current().expect("a call is under way");
        assert_eq!(watched.check(), Ok(()));
        watched.condemn(call, Interruption::Cancelled);
        assert_eq!(watched.check(), Err(Interruption::Cancelled));
        assert!(watched.insist(), "it has not ended yet");
        watched.words().leave();
        assert!(!watched.insist());
        watched.words().enter(0, 0);
        assert_eq!(watched.check(), Ok(()), "the next call");
        watched.tick(false);
        assert_eq!(watched.condemned.load(Ordering::Relaxed), 0, "it is forgotten");
    }
}
