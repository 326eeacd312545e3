//! Which call goes on, and which one is to stop.

use crate::buffer::WatchedWords;
use crate::control::TICK;
use crate::layout::control;
use crate::sync::atomic::Ordering;

/// The watched words of a flow, and what its calls may take.
#[derive(Debug)]
pub struct Watched {
    words: WatchedWords,
    /// Milliseconds that a call may take, by the position of its node.
    limits_ms: Vec<u64>,
}

/// What the watchdog saw of a flow so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The call of the last tick.
    call: u32,
    /// Ticks during that call.
    ticks: u64,
}

impl Watched {
    pub(super) fn with_limits(words: WatchedWords, limits_ms: Vec<u64>) -> Self {
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

    /// Milliseconds that the current call may take.
    fn limit_ms(&self) -> u64 {
        match (self.get(control::LIMIT_MS), self.node()) {
            (0, Some(node)) => self.limits_ms[node],
            (limit_ms, _) => limit_ms.into(),
        }
    }

    /// Whether the current call is to be interrupted because it takes longer than its limit, which is the answer. Another
    /// call that was asked to stop has ended by itself.
    pub(crate) fn take_interruption(&self) -> Option<u64> {
        let asked = self.words.atomic_u32(control::INTERRUPT).swap(0, Ordering::Relaxed);
        (asked != 0 && u32::from_le(asked) == self.get(control::CALL)).then(|| self.limit_ms())
    }

    /// Looks at the flow, once in a [`TICK`]. `stops_all`: whether every call is to end.
    pub(crate) fn tick(&self, seen: &mut Seen, stops_all: bool) {
        if self.node().is_none() {
            return;
        }
        let call = self.get(control::CALL);
        if seen.call != call {
            *seen = Seen { call, ticks: 0 };
        }
        seen.ticks += 1;
        // The first tick may come at once, so one more than the limit's worth must pass.
        let is_over = (seen.ticks - 1) * TICK.as_millis() as u64 >= self.limit_ms().max(1);
        if is_over || stops_all {
            self.set(control::INTERRUPT, call);
        }
    }
}
