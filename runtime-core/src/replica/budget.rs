//! An element limit that several replicas count against together.
//!
//! A replica takes a part for each of its turns and hands back what it did not use, so the limit is exact and a replica
//! whose sources have nothing to give keeps nothing from the others.

use std::collections::BTreeSet;

use super::team::{Replica, lock};

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
}

impl Replica {
    /// Whether the element limit is counted by all replicas together.
    pub(crate) fn shares_limit(&self) -> bool {
        self.team.budget.is_some()
    }

    /// Takes a part of the limit. `None` when it is reached.
    pub(crate) fn draw(&self) -> Option<u64> {
        let mut budget = lock(self.team.budget.as_ref()?);
        if budget.is_spent() {
            return None;
        }
        // The others get something too, also of the last elements.
        let fair = budget.left.div_ceil(2 * self.count() as u64);
        let part = fair.min(LARGEST_PART);
        budget.left -= part;
        budget.taken += part;
        Some(part)
    }

    /// Tells what became of what was drawn: elements that were emitted, and elements that are handed back.
    pub(crate) fn settle(&self, emitted: u64, unused: u64, is_short: bool) -> Standing {
        let Some(budget) = &self.team.budget else {
            return Standing::Enough;
        };
        let mut budget = lock(budget);
        budget.taken -= emitted + unused;
        budget.left += unused;
        let standing = match (budget.is_spent(), is_short, budget.left) {
            (true, _, _) => Standing::Spent,
            (false, false, _) => Standing::Enough,
            (false, true, 0) => Standing::Waits,
            (false, true, _) => Standing::More,
        };
        if standing == Standing::Waits {
            budget.waiting.insert(self.number);
            return standing;
        }
        let is_available = budget.left > 0;
        let waiting = if is_available {
            std::mem::take(&mut budget.waiting)
        } else {
            BTreeSet::new()
        };
        drop(budget);
        if standing == Standing::Spent && emitted > 0 {
            // Also those that wait for input: they get none.
            self.wake_all();
        }
        for number in waiting.into_iter().filter(|number| *number != self.number) {
            self.team.wakers[number as usize].wake();
        }
        standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Group;

    fn team(count: usize, limit: u64) -> Vec<Replica> {
        let group = Group::new(count);
        Replica::team((0..count).map(|task| group.waker(task)).collect(), Some(limit))
    }

    #[test]
    fn replicas_emit_so_many_elements_together() {
        let team = team(3, 1000);
        let mut emitted = 0;
        for turn in 0_usize.. {
            let replica = &team[turn % 3];
            let Some(part) = replica.draw() else { break };
            // Each turn uses another share of its part.
            let used = part.min(turn as u64 % 7);
            emitted += used;
            replica.settle(used, part - used, part == used);
        }
        assert_eq!(emitted, 1000);
        assert!(team.iter().all(|replica| replica.draw().is_none()));
    }

    #[test]
    fn a_replica_waits_for_what_others_may_hand_back() {
        let team = team(2, 2);
        assert_eq!((team[0].draw(), team[1].draw()), (Some(1), Some(1)));
        assert_eq!(team[0].settle(1, 0, true), Standing::Waits);
        assert_eq!(team[1].settle(0, 1, false), Standing::Enough);
        assert_eq!(team[0].draw(), Some(1));
        assert_eq!(team[0].settle(1, 0, true), Standing::Spent);
        assert_eq!(team[1].draw(), None);
    }

    #[test]
    fn a_replica_that_used_up_its_part_takes_another() {
        let team = team(2, 100);
        let part = team[0].draw().unwrap();
        assert_eq!(part, 25);
        assert_eq!(team[0].settle(part, 0, true), Standing::More);
    }

    #[test]
    fn a_single_run_counts_for_itself() {
        assert!(!team(1, 5)[0].shares_limit());
    }
}
