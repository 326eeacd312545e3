//! The replicas of a flow: their numbers, their shared state, and how one reaches the others.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use crate::bounds::{REPLICA, REPLICA_COUNT};
use crate::executor::Waker;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Arc, Mutex, MutexGuard};

use super::budget::{Budget, Standing};
use super::shared::Shared;

/// One replica of a flow, with the state shared by all of them.
#[derive(Clone)]
pub struct Replica {
    pub(super) number: u32,
    pub(super) team: Arc<Team>,
}

/// State shared by the replicas of a flow.
pub(super) struct Team {
    pub(super) wakers: Vec<Waker>,
    /// Number of replicas whose stages are not prepared yet.
    unprepared: AtomicU32,
    has_failed: AtomicBool,
    /// The shared element limit; `None` where each run counts for itself.
    pub(super) budget: Option<Mutex<Budget>>,
    /// State shared by sources, by the position of their node.
    sources: Mutex<BTreeMap<usize, Arc<Shared>>>,
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

    /// The replicas of a flow: `wakers` wake their runs, and their sources stop after `limit` elements in all.
    #[must_use]
    pub fn team(wakers: Vec<Waker>, limit: Option<u64>) -> Vec<Self> {
        let count = u32::try_from(wakers.len()).expect("invariant: a flow has few replicas");
        // A single run counts for itself.
        let limit = limit.filter(|_| count > 1);
        let team = Arc::new(Team::new(wakers, count, limit));
        let replica = |number| Self {
            number,
            team: Arc::clone(&team),
        };
        (0..count).map(replica).collect()
    }

    /// Number of replicas.
    #[must_use]
    pub fn count(&self) -> usize {
        self.team.wakers.len().max(1)
    }

    /// A configuration with its placeholders replaced by the number of this replica and the number of replicas.
    #[must_use]
    pub fn fill(&self, config: &str) -> String {
        let numbered = config.replace(REPLICA, &self.number.to_string());
        numbered.replace(REPLICA_COUNT, &self.count().to_string())
    }

    /// A path with its placeholders replaced in the same way. Parts that are not UTF-8 stay unchanged.
    #[must_use]
    pub fn fill_path(&self, path: &Path) -> PathBuf {
        let mut filled = OsString::new();
        for chunk in path.as_os_str().as_bytes().utf8_chunks() {
            filled.push(self.fill(chunk.valid()));
            filled.push(OsStr::from_bytes(chunk.invalid()));
        }
        filled.into()
    }

    /// The state that the source at node `position` shares with the other replicas; `None` without others.
    pub(crate) fn shared(&self, position: usize) -> Option<Arc<Shared>> {
        let wakers = &self.team.wakers;
        let mut sources = lock(&self.team.sources);
        let shared = || Arc::new(Shared::new(wakers.clone()));
        (wakers.len() > 1).then(|| Arc::clone(sources.entry(position).or_insert_with(shared)))
    }

    /// Reports that the stages of this replica are prepared.
    pub(crate) fn prepared(&self) {
        if self.team.unprepared.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.wake_all();
        }
    }

    /// Whether elements may pass: the stages of all replicas are prepared.
    pub(crate) fn may_begin(&self) -> bool {
        self.team.unprepared.load(Ordering::Acquire) == 0
    }

    /// Reports that this replica failed, which ends all of them.
    pub(crate) fn fail(&self) {
        self.team.has_failed.store(true, Ordering::Release);
        self.wake_all();
    }

    /// Whether one of the replicas failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.team.has_failed.load(Ordering::Acquire)
    }

    /// Whether all replicas count against one element limit.
    pub(crate) fn shares_limit(&self) -> bool {
        self.team.budget.is_some()
    }

    /// Reserves elements for this turn from the shared limit; `None` when it is reached.
    pub(crate) fn draw(&self) -> Option<u64> {
        match &self.team.budget {
            Some(budget) => lock(budget).draw(self.count()),
            None => None,
        }
    }

    /// Reports the use of the reserved elements: how many were emitted, and how many are returned.
    pub(crate) fn settle(&self, emitted: u64, unused: u64, is_short: bool) -> Standing {
        let Some(budget) = &self.team.budget else {
            return Standing::Enough;
        };
        let (standing, waiting) = lock(budget).settle(self.number, emitted, unused, is_short);
        if standing == Standing::Spent && emitted > 0 {
            // Replicas that wait for input, too, have to end.
            self.wake_all();
        }
        for number in waiting.into_iter().filter(|number| *number != self.number) {
            self.team.wakers[number as usize].wake();
        }
        standing
    }

    pub(super) fn wake_all(&self) {
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

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code panics half-way while it holds the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            // Each turn uses a different part of its reservation.
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
