//! Replicas of a flow on two threads.

use super::{check, run};
use crate::executor::{Group, Task, Turn};
use crate::replica::{Replica, Standing};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The replicas of a flow, with the group of their runs.
fn team(count: usize, limit: Option<u64>) -> (Group, Vec<Replica>) {
    let group = Group::new(count);
    let wakers = (0..count).map(|task| group.waker(task)).collect();
    (group, Replica::team(wakers, limit))
}

/// A run whose source has a number of elements, and then waits for more that never come.
struct Limited {
    replica: Replica,
    input: u64,
    emitted: u64,
}

impl Task for Limited {
    fn turn(&mut self) -> Turn {
        let Some(part) = self.replica.draw() else {
            return Turn::Done;
        };
        let emitted = part.min(self.input);
        self.input -= emitted;
        self.emitted += emitted;
        match self.replica.settle(emitted, part - emitted, emitted == part) {
            Standing::More => Turn::Again,
            Standing::Enough | Standing::Waits => Turn::Rest(None),
            Standing::Spent => Turn::Done,
        }
    }
}

fn emit(limit: u64, inputs: &[u64]) {
    let (group, replicas) = team(inputs.len(), Some(limit));
    assert!(replicas.iter().all(Replica::shares_limit));
    let runs = replicas.into_iter().zip(inputs).map(|(replica, input)| Limited {
        replica,
        input: *input,
        emitted: 0,
    });
    let mut emitted = 0;
    run(&group, runs.collect(), |ended| emitted += ended.emitted);
    assert_eq!(emitted, limit);
}

/// Two replicas with enough input emit exactly as many elements together as the limit allows, and both end.
///
/// # Panics
/// When the property fails.
pub fn a_limit_is_exact() {
    check(Some(4), || emit(3, &[3, 3]));
}

/// A replica without input returns the elements that others wait for, and ends with them.
///
/// # Panics
/// When the property fails.
pub fn what_one_hands_back_others_emit() {
    check(Some(4), || emit(2, &[2, 0]));
}

/// Three replicas on two threads, of which one lacks input from the beginning and one later.
///
/// # Panics
/// When the property fails.
pub fn three_replicas_share_a_limit() {
    check(Some(4), || emit(3, &[3, 1, 0]));
}

/// A run whose stage takes a turn to prepare.
struct Prepares {
    replica: Replica,
    is_prepared: bool,
    prepared: Arc<[AtomicU64; 2]>,
    number: usize,
}

impl Task for Prepares {
    fn turn(&mut self) -> Turn {
        if !self.is_prepared {
            // Relaxed: the team has to make sure that others see it when they begin.
            self.prepared[self.number].store(1, Ordering::Relaxed);
            self.is_prepared = true;
            self.replica.prepared();
        }
        if !self.replica.may_begin() {
            return Turn::Rest(None);
        }
        let prepared = self.prepared.iter().map(|one| one.load(Ordering::Relaxed));
        assert_eq!(prepared.sum::<u64>(), 2, "all are prepared");
        Turn::Done
    }
}

/// All replicas begin, and none before the others are prepared.
///
/// # Panics
/// When the property fails.
pub fn all_begin_when_all_are_prepared() {
    check(Some(4), || {
        let (group, replicas) = team(2, None);
        let prepared = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let runs = replicas.into_iter().enumerate().map(|(number, replica)| Prepares {
            replica,
            is_prepared: false,
            prepared: Arc::clone(&prepared),
            number,
        });
        run(&group, runs.collect(), |run| assert!(run.is_prepared));
    });
}

/// A run that waits for the failure of another one, or fails.
struct Fails {
    replica: Replica,
    fails: bool,
}

impl Task for Fails {
    fn turn(&mut self) -> Turn {
        if self.fails {
            self.replica.fail();
        }
        match self.replica.has_failed() {
            true => Turn::Done,
            false => Turn::Rest(None),
        }
    }
}

/// The failure of one replica ends the others.
///
/// # Panics
/// When the property fails.
pub fn a_failure_ends_all() {
    check(Some(4), || {
        let (group, replicas) = team(3, None);
        let runs = replicas.into_iter().enumerate().map(|(number, replica)| Fails {
            replica,
            fails: number == 1,
        });
        run(&group, runs.collect(), |_| {});
    });
}
