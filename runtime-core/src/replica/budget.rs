//! An element limit shared by several replicas.
//!
//! A replica reserves a part for each of its turns and returns what it did not use. So the limit is exact, and a
//! replica whose sources have no input takes nothing from the others.

use std::collections::BTreeSet;

/// Most elements that a replica reserves for a turn.
const LARGEST_PART: u64 = 256;

/// The rest of the limit.
#[derive(Debug)]
pub(super) struct Budget {
    /// Elements not reserved.
    left: u64,
    /// Elements that replicas have reserved but neither emitted nor returned.
    taken: u64,
    /// Replicas that would continue if others returned elements.
    waiting: BTreeSet<u32>,
}

/// Position of a replica with respect to the limit, at the end of its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It did not use up its part.
    Enough,
    /// It used up its part, and more is left.
    More,
    /// It used up its part, and other replicas have reserved the rest. It is woken when they settle.
    Waits,
    /// The limit is reached.
    Spent,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            left: limit,
            taken: 0,
            waiting: BTreeSet::new(),
        }
    }

    fn is_spent(&self) -> bool {
        self.left == 0 && self.taken == 0
    }

    /// Reserves a part for a turn of one of `count` replicas; `None` when the limit is reached.
    pub(super) fn draw(&mut self, count: usize) -> Option<u64> {
        if self.is_spent() {
            return None;
        }
        // The last elements, too, are divided among the replicas.
        let fair = self.left.div_ceil(2 * count as u64);
        let part = fair.min(LARGEST_PART);
        self.left -= part;
        self.taken += part;
        Some(part)
    }

    /// Returns the elements that replica `number` did not use. The result is its standing, and the replicas to be woken
    /// because there is more for them.
    pub(super) fn settle(
        &mut self,
        number: u32,
        emitted: u64,
        unused: u64,
        is_short: bool,
    ) -> (Standing, BTreeSet<u32>) {
        self.taken -= emitted + unused;
        self.left += unused;
        let standing = match (self.is_spent(), is_short, self.left) {
            (true, _, _) => Standing::Spent,
            (false, false, _) => Standing::Enough,
            (false, true, 0) => Standing::Waits,
            (false, true, _) => Standing::More,
        };
        if standing == Standing::Waits {
            self.waiting.insert(number);
        }
        let is_available = self.left > 0 && standing != Standing::Waits;
        let waiting = if is_available {
            std::mem::take(&mut self.waiting)
        } else {
            BTreeSet::new()
        };
        (standing, waiting)
    }
}
