//! Communication between the watchdog and the calls of one flow's shells, through words of the exchange memory: the
//! current call, and the request to check it.

use crate::buffer::WatchedWords;
use crate::layout::control;
use crate::sync::atomic::Ordering;

/// The watched words of a flow, and the limits of its calls.
#[derive(Debug)]
pub struct Watched {
    words: WatchedWords,
    /// Limits of calls in milliseconds, by the position of the node.
    limits_ms: Vec<u64>,
}

impl Watched {
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

    /// Position of the node that is being called.
    pub(crate) fn node(&self) -> Option<usize> {
        self.get(control::STAGE).checked_sub(1).map(|node| node as usize)
    }

    /// Notes a call of a start function, which glue does not note.
    pub(crate) fn enter(&self, node: usize) {
        self.set(control::CALL, self.get(control::CALL).wrapping_add(1).max(1));
        self.set(control::STAGE, node as u32 + 1);
    }

    /// Notes that no stage is being called.
    pub(crate) fn leave(&self) {
        self.set(control::STAGE, 0);
    }

    /// Number and limit in milliseconds of the current call, if the watchdog requested a check of it. A request for
    /// another call is dropped: that call has ended.
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

    /// Requests a check of the current call, once a tick. `is_due`: whether, from now on, a shell must not process
    /// another element.
    pub(crate) fn tick(&self, is_due: bool) {
        if is_due {
            self.set(control::HALT, 1);
        }
        if self.node().is_some() {
            self.set(control::INTERRUPT, self.get(control::CALL));
        }
    }
}
