//! What the watchdog and the calls of one flow's shells tell each other, through words of the flow's exchange memory: which
//! call goes on, and which one is to be looked at.

use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;

/// The watched words of a flow, and what its calls may take.
#[derive(Debug)]
pub struct Watched {
    words: WatchedWords,
    /// Milliseconds that a call may take, by the position of its node.
    limits_ms: Vec<u64>,
}

impl Watched {
    /// `limits_ms`: what a call may take, by the position of its node.
    pub(crate) fn new(words: WatchedWords, limits_ms: Vec<u64>) -> Self {
        Self { words, limits_ms }
    }

    fn get(&self, word: u32) -> u32 {
        u32::from_le(self.words.atomic_u32(word).load(Ordering::Relaxed))
    }

    fn set(&self, word: u32, value: u32) {
        self.words.atomic_u32(word).store(value.to_le(), Ordering::Relaxed);
    }

    /// Position of the node whose stage is being called.
    pub(crate) fn node(&self) -> Option<usize> {
        self.get(control::STAGE).checked_sub(1).map(|node| node as usize)
    }

    /// Notes a call that glue does not note: of a start function.
    pub(crate) fn enter(&self, node: usize) {
        self.set(control::CALL, self.get(control::CALL).wrapping_add(1).max(1));
        self.set(control::STAGE, node as u32 + 1);
    }

    /// No stage is being called.
    pub(crate) fn leave(&self) {
        self.set(control::STAGE, 0);
    }

    /// The number of the current call and the milliseconds that it may take, if the watchdog asked for a look at it. Another
    /// call that it asked for has ended by itself.
    pub(crate) fn take_request(&self) -> Option<(u32, u64)> {
        let asked = self.words.atomic_u32(control::INTERRUPT).swap(0, Ordering::Relaxed);
        let call = self.get(control::CALL);
        (asked != 0 && u32::from_le(asked) == call).then(|| (call, self.limit_ms()))
    }

    fn limit_ms(&self) -> u64 {
        match (self.get(control::LIMIT_MS), self.node()) {
            (0, Some(node)) => self.limits_ms[node],
            (limit_ms, _) => limit_ms.into(),
        }
    }

    /// Asks for a look at the call that goes on, once in a tick. `is_due`: whether no element may follow the one
    /// that a shell is at, from now on.
    pub(crate) fn tick(&self, is_due: bool) {
        if is_due {
            self.set(control::HALT, 1);
        }
        if self.node().is_some() {
            self.set(control::INTERRUPT, self.get(control::CALL));
        }
    }
}
