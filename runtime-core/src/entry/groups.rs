//! Runs in groups, each on threads of its own.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Seat, Started, unprepared};
use crate::error::Cause;
use crate::executor::{Group, Task, Turn};
use crate::sync::Monitor;

/// Runs groups side by side, each on threads of its own. None begins before all of them have one: their runs may wait for
/// each other.
pub(super) fn run_groups(mut groups: Vec<Members>) -> Vec<Seat> {
    let started = Monitor::new(None);
    let waiting: Vec<Mutex<Option<Members>>> = groups
        .split_off(groups.len().min(1))
        .into_iter()
        .map(|members| Mutex::new(Some(members)))
        .collect();
    thread::scope(|scope| {
        let others: io::Result<Vec<_>> = waiting
            .iter()
            .map(|members| {
                let thread = thread::Builder::new().name("flow".to_owned());
                thread.spawn_scoped(scope, || match has_begun(&started) {
                    true => take(members).map_or_else(Vec::new, Members::run),
                    false => Vec::new(),
                })
            })
            .collect();
        *started.lock() = Some(others.is_ok());
        started.notify_all();
        match others {
            Ok(others) => {
                let mut ended: Vec<Seat> = groups.into_iter().flat_map(Members::run).collect();
                for other in others {
                    ended.extend(other.join().expect("invariant: panics abort the process"));
                }
                ended
            }
            Err(error) => {
                let failure = unprepared(Cause::NoThread(format!("there is no thread for a flow: {error}")));
                let groups = groups.into_iter().chain(waiting.iter().filter_map(take));
                let seats = groups.flat_map(|members| members.seats);
                seats
                    .map(|seat| Seat {
                        started: Started::Failed(failure.clone()),
                        ..seat
                    })
                    .collect()
            }
        }
    })
}

/// Waits until it is known whether all groups have a thread.
fn has_begun(started: &Monitor<Option<bool>>) -> bool {
    let mut begun = started.lock();
    loop {
        match *begun {
            Some(begun) => return begun,
            None => begun = started.wait(begun),
        }
    }
}

fn take(members: &Mutex<Option<Members>>) -> Option<Members> {
    // Nothing that holds the lock panics.
    members.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Runs that share their threads.
pub(super) struct Members {
    pub(super) group: Group,
    workers: usize,
    pub(super) seats: Vec<Seat>,
}

impl Members {
    pub(super) fn new(group: Group, workers: usize) -> Self {
        Self {
            group,
            workers,
            seats: Vec::new(),
        }
    }

    pub(super) fn with(mut self, seat: Seat) -> Self {
        self.seats.push(seat);
        self
    }

    fn run(self) -> Vec<Seat> {
        self.group.run(self.seats, self.workers)
    }
}

impl Task for Seat {
    fn turn(&mut self) -> Turn {
        match &mut self.started {
            Started::Run(run) => run.turn(),
            Started::Failed(_) | Started::Spared => Turn::Done,
        }
    }
}
