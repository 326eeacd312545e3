//! Replicas of a flow: runs of it side by side, each with stages and buffers of its own, that share what the sources of the
//! flow have to give.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bounds::{REPLICA, REPLICA_COUNT};
use crate::builtin::Common;
use crate::executor::Waker;

mod budget;

pub(crate) use budget::Standing;

use budget::Budget;

/// Which replica of its flow a run is, and what it shares with the others.
#[derive(Clone)]
pub struct Replica {
    number: u32,
    team: Arc<Team>,
}

/// What the replicas of a flow share.
struct Team {
    wakers: Vec<Waker>,
    /// Replicas with stages that are not prepared yet.
    unprepared: AtomicU32,
    has_failed: AtomicBool,
    /// What is left of the element limit; `None` where each run counts for itself.
    budget: Option<Mutex<Budget>>,
    /// What built-in sources share, by the position of their node.
    sources: Mutex<BTreeMap<usize, Arc<Common>>>,
}

impl Replica {
    /// The only replica of its flow.
    #[must_use]
    pub fn alone() -> Self {
        Self {
            number: 0,
            team: Arc::new(Team::new(Vec::new(), 1, None)),
        }
    }

    /// The replicas of a flow whose runs are woken by `wakers`, and whose sources stop after `limit` elements in all.
    #[must_use]
    pub fn team(wakers: Vec<Waker>, limit: Option<u64>) -> Vec<Self> {
        let count = u32::try_from(wakers.len()).expect("invariant: a flow has few replicas");
        // A run without others counts for itself.
        let limit = limit.filter(|_| count > 1);
        let team = Arc::new(Team::new(wakers, count, limit));
        let replica = |number| Self {
            number,
            team: Arc::clone(&team),
        };
        (0..count).map(replica).collect()
    }

    /// How many replicas there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.team.wakers.len().max(1)
    }

    /// A configuration with the number of this replica, and the count of all, where it asks for them.
    #[must_use]
    pub fn fill(&self, config: &str) -> String {
        let numbered = config.replace(REPLICA, &self.number.to_string());
        numbered.replace(REPLICA_COUNT, &self.count().to_string())
    }

    /// What the built-in source at node `position` shares with itself in the other replicas, if there are any.
    pub(crate) fn common(&self, position: usize) -> Option<Arc<Common>> {
        let wakers = &self.team.wakers;
        let mut sources = lock(&self.team.sources);
        let common = || Arc::new(Common::new(wakers.clone()));
        (wakers.len() > 1).then(|| Arc::clone(sources.entry(position).or_insert_with(common)))
    }

    /// The stages of this replica are prepared.
    pub(crate) fn prepared(&self) {
        if self.team.unprepared.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.wake_all();
        }
    }

    /// Whether elements may pass: the stages of all replicas are prepared.
    pub(crate) fn may_begin(&self) -> bool {
        self.team.unprepared.load(Ordering::Acquire) == 0
    }

    /// This replica failed, so all of them end.
    pub(crate) fn fail(&self) {
        self.team.has_failed.store(true, Ordering::Release);
        self.wake_all();
    }

    /// Whether one of the replicas failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.team.has_failed.load(Ordering::Acquire)
    }

    fn wake_all(&self) {
        for waker in &self.team.wakers {
            waker.wake();
        }
    }
}

impl Team {
    fn new(wakers: Vec<Waker>, count: u32, limit: Option<u64>) -> Self {
        Self {
            wakers,
            unprepared: AtomicU32::new(count),
            has_failed: AtomicBool::new(false),
            budget: limit.map(|limit| Mutex::new(Budget::new(limit))),
            sources: Mutex::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds a lock here panics half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Group;

    fn team(count: usize, limit: Option<u64>) -> Vec<Replica> {
        let group = Group::new(count);
        Replica::team((0..count).map(|task| group.waker(task)).collect(), limit)
    }

    #[test]
    fn a_configuration_names_the_replica() {
        let team = team(3, None);
        let filled = team[2].fill("part {replica} of {replicas}, {Replica} {replica}");
        assert_eq!(filled, "part 2 of 3, {Replica} 2");
        assert_eq!(Replica::alone().fill("{replica}/{replicas}"), "0/1");
    }

    #[test]
    fn elements_pass_when_all_are_prepared() {
        let team = team(2, None);
        team[1].prepared();
        assert!(!team[0].may_begin() && !team[1].may_begin());
        team[0].prepared();
        assert!(team[0].may_begin() && team[1].may_begin());
    }

    #[test]
    fn a_failure_is_everyones() {
        let team = team(2, None);
        assert!(!team[1].has_failed());
        team[0].fail();
        assert!(team[1].has_failed());
    }

    #[test]
    fn a_source_shares_with_itself_only() {
        let team = team(2, None);
        let common = |replica: &Replica, position| replica.common(position).expect("there are several replicas");
        assert!(Arc::ptr_eq(&common(&team[0], 4), &common(&team[1], 4)));
        assert!(!Arc::ptr_eq(&common(&team[0], 4), &common(&team[0], 5)));
        assert!(Replica::alone().common(4).is_none());
    }
}
