//! An element limit that several replicas count against together.
//!
//! A replica takes a part for each of its turns and hands back what it did not use, so the limit is exact and a replica
//! whose sources have nothing to give keeps nothing from the others.

use std::collections::BTreeSet;

/// Elements a replica takes at most for a turn.
const LARGEST_PART: u64 = 256;

/// What is left of the limit.
#[derive(Debug)]
pub(super) struct Budget {
    /// Elements that nobody has taken.
    left: u64,
    /// Elements that replicas have taken, and neither emitted nor handed back.
    taken: u64,
    /// Replicas that would go on if others handed something back.
    waiting: BTreeSet<u32>,
}

/// Where a replica stands at the end of its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It had enough.
    Enough,
    /// It used up its part, and there is more.
    More,
    /// It used up its part, and others have the rest. It is woken when they are done with it.
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

    /// Takes a part for a turn of one of `count` replicas; `None` when the limit is reached.
    pub(super) fn draw(&mut self, count: usize) -> Option<u64> {
        if self.is_spent() {
            return None;
        }
        // The others get something too, also of the last elements.
        let fair = self.left.div_ceil(2 * count as u64);
        let part = fair.min(LARGEST_PART);
        self.left -= part;
        self.taken += part;
        Some(part)
    }

    /// Takes back what replica `number` did not use. Returns where it stands, and the replicas that wait for more.
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
