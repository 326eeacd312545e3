//! Groups of runs, each on threads of its own.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use super::{Slot, Started};
use crate::error::{Cause, Failure};
use crate::executor::{Group, Task, Turn};
use crate::sync::Monitor;

/// Runs groups in parallel, each on threads of its own. None begins before all of them have a thread, since their runs
/// may wait for each other.
pub(super) fn run_groups(mut groups: Vec<ThreadGroup>) -> Vec<Slot> {
    let started = Monitor::new(None);
    let waiting: Vec<Mutex<Option<ThreadGroup>>> = groups
        .split_off(groups.len().min(1))
        .into_iter()
        .map(|group| Mutex::new(Some(group)))
        .collect();
    thread::scope(|scope| {
        let others: io::Result<Vec<_>> = waiting
            .iter()
            .map(|group| {
                let thread = thread::Builder::new().name("flow".to_owned());
                thread.spawn_scoped(scope, || match has_begun(&started) {
                    true => take(group).map_or_else(Vec::new, ThreadGroup::run),
                    false => Vec::new(),
                })
            })
            .collect();
        *started.lock() = Some(others.is_ok());
        started.notify_all();
        match others {
            Ok(others) => {
                let mut ended: Vec<Slot> = groups.into_iter().flat_map(ThreadGroup::run).collect();
                for other in others {
                    ended.extend(other.join().expect("invariant: panics abort the process"));
                }
                ended
            }
            Err(error) => {
                let failure =
                    Failure::before_stages(Cause::NoThread(format!("cannot start the thread of a flow: {error}")));
                let groups = groups.into_iter().chain(waiting.iter().filter_map(take));
                let slots = groups.flat_map(|group| group.slots);
                slots
                    .map(|slot| Slot {
                        started: Started::Failed(failure.clone()),
                        ..slot
                    })
                    .collect()
            }
        }
    })
}

/// Waits until all groups have a thread, or one could not get one. Returns which.
fn has_begun(started: &Monitor<Option<bool>>) -> bool {
    let mut begun = started.lock();
    loop {
        match *begun {
            Some(begun) => return begun,
            None => begun = started.wait(begun),
        }
    }
}

fn take(group: &Mutex<Option<ThreadGroup>>) -> Option<ThreadGroup> {
    // No code panics while it holds the lock.
    group.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Runs that share threads.
pub(super) struct ThreadGroup {
    pub(super) group: Group,
    workers: usize,
    pub(super) slots: Vec<Slot>,
}

impl ThreadGroup {
    pub(super) fn new(group: Group, workers: usize) -> Self {
        Self {
            group,
            workers,
            slots: Vec::new(),
        }
    }

    pub(super) fn with(mut self, slot: Slot) -> Self {
        self.slots.push(slot);
        self
    }

    fn run(self) -> Vec<Slot> {
        self.group.run(self.slots, self.workers)
    }
}

impl Task for Slot {
    fn turn(&mut self) -> Turn {
        let turn = match &mut self.started {
            Started::Run(run) => run.turn(),
            Started::Failed(_) | Started::Omitted => Turn::Done,
        };
        if matches!(turn, Turn::Done) {
            self.ended = Some(Instant::now());
        }
        turn
    }
}
