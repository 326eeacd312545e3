//! Communication between the watchdog and the calls of one flow, through words in memory: the current call, and the
//! request that no further element enters a shell.

use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;

/// The words of a flow, and the limits of its calls.
#[derive(Debug)]
pub(crate) struct CallWords {
    words: WatchedWords,
    /// Limits of calls in milliseconds, by the position of the node.
    limits_ms: Vec<u64>,
}

/// A call under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    /// Number of the call; never 0.
    pub(crate) call: u32,
    /// Position of its node.
    pub(crate) node: usize,
    /// Its limit in milliseconds.
    pub(crate) limit_ms: u64,
}

impl CallWords {
    /// `limits_ms`: limits of calls, by the position of the node.
    pub(crate) fn new(words: WatchedWords, limits_ms: Vec<u64>) -> Self {
        Self { words, limits_ms }
    }

    fn get(&self, word: u32) -> u32 {
        u32::from_le(self.words.atomic_u32(word).load(Ordering::Relaxed))
    }

    fn set(&self, word: u32, value: u32) {
        self.words.atomic_u32(word).store(value.to_le(), Ordering::Relaxed);
    }

    /// Number of the current or the last call.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        self.get(control::CALL)
    }

    /// Position of the node that is being called.
    pub(crate) fn node(&self) -> Option<usize> {
        self.get(control::STAGE).checked_sub(1).map(|node| node as usize)
    }

    /// Notes a call that glue does not note; `limit_ms` is 0 for the limit in the node's plan.
    #[inline]
    pub(crate) fn enter(&self, node: usize, limit_ms: u32) {
        self.set(control::LIMIT_MS, limit_ms);
        self.set(control::CALL, self.number().wrapping_add(1).max(1));
        self.set(control::STAGE, node as u32 + 1);
    }

    /// Notes that no stage is being called.
    #[inline]
    pub(crate) fn leave(&self) {
        self.set(control::STAGE, 0);
        self.set(control::LIMIT_MS, 0);
    }

    /// The call under way, if there is one. Another one may have begun when this returns.
    pub(crate) fn current(&self) -> Option<Current> {
        let call = self.number();
        let node = self.node()?;
        let limit_ms = match self.get(control::LIMIT_MS) {
            0 => self.limits_ms[node],
            limit_ms => limit_ms.into(),
        };
        // Otherwise the parts may not belong together.
        (call == self.number()).then_some(Current { call, node, limit_ms })
    }

    /// Asks that from now on no shell takes another element.
    pub(crate) fn halt(&self) {
        self.set(control::HALT, 1);
    }
}
