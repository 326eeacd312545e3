//! Which replica is which, what they share, and how one of them reaches the others.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use crate::bounds::{REPLICA, REPLICA_COUNT};
use crate::builtin::Common;
use crate::executor::Waker;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sync::{Arc, Mutex, MutexGuard};

use super::budget::Budget;

/// Which replica of its flow a run is, and what it shares with the others.
#[derive(Clone)]
pub struct Replica {
    pub(super) number: u32,
    pub(super) team: Arc<Team>,
}

/// What the replicas of a flow share.
pub(super) struct Team {
    pub(super) wakers: Vec<Waker>,
    /// Replicas with stages that are not prepared yet.
    unprepared: AtomicU32,
    has_failed: AtomicBool,
    /// What is left of the element limit; `None` where each run counts for itself.
    pub(super) budget: Option<Mutex<Budget>>,
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

    /// A path with the same in it. What of it is no text stays as it is.
    #[must_use]
    pub fn fill_path(&self, path: &Path) -> PathBuf {
        let mut filled = OsString::new();
        for chunk in path.as_os_str().as_bytes().utf8_chunks() {
            filled.push(self.fill(chunk.valid()));
            filled.push(OsStr::from_bytes(chunk.invalid()));
        }
        filled.into()
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
    // Nothing that holds a lock here panics half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
