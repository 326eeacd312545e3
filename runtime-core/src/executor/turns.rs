//! Scheduler state shared by the worker threads: which tasks are ready, resting or running.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::PoisonError;

use crate::sync::{Arc, Instant, Monitor, Mutex};

/// A task's request after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Another turn.
    Again,
    /// A turn at this time, or earlier when the task is woken.
    Rest(Option<Instant>),
    /// No further turn.
    Done,
}

/// A unit of work done in turns.
pub trait Task: Send {
    /// Works for a while. If that takes long, an extra thread runs the other tasks.
    fn turn(&mut self) -> Turn;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Ready,
    /// In its turn since the check of this number.
    Running {
        woken: bool,
        since: u32,
    },
    Resting(Option<Instant>),
    Done,
}

struct State {
    /// Ready tasks, first come, first served.
    ready: VecDeque<usize>,
    phases: Vec<Phase>,
    /// Times at which tasks want a turn; the entry of a task that was woken earlier is stale.
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    left: usize,
    /// Number of threads that share the tasks.
    workers: usize,
    /// Number of extra threads, which replace those occupied by long turns.
    stand_ins: usize,
    /// Number of turns begun.
    begun: u64,
    /// Number of checks whether tasks get their turns.
    looks: u32,
}

/// Checks that a turn may last before its thread counts as occupied.
const PATIENCE: u32 = 2;

impl State {
    fn make_ready(&mut self, task: usize) {
        self.phases[task] = Phase::Ready;
        self.ready.push_back(task);
    }

    /// Makes the tasks ready whose time has come. Returns the time of the next one.
    fn expire(&mut self) -> Option<Instant> {
        let now = Instant::now();
        while let Some(Reverse((time, task))) = self.timers.peek().copied() {
            let is_current = self.phases[task] == Phase::Resting(Some(time));
            if is_current && time > now {
                return Some(time);
            }
            self.timers.pop();
            if is_current {
                self.make_ready(task);
            }
        }
        None
    }

    /// Number of running tasks whose turns have not lasted long.
    fn lively(&self) -> usize {
        let gets_on = |phase: &&Phase| match phase {
            Phase::Running { since, .. } => self.looks.wrapping_sub(*since) < PATIENCE,
            Phase::Ready | Phase::Resting(_) | Phase::Done => false,
        };
        self.phases.iter().filter(gets_on).count()
    }

    /// Records a task's request after its turn. Returns whether it is now the earliest timed one.
    fn settle(&mut self, task: usize, turn: Turn) -> bool {
        match (turn, self.phases[task]) {
            (Turn::Done, _) => {
                self.phases[task] = Phase::Done;
                self.left -= 1;
            }
            (Turn::Again, _) | (Turn::Rest(_), Phase::Running { woken: true, .. }) => self.make_ready(task),
            (Turn::Rest(until), _) => {
                self.phases[task] = Phase::Resting(until);
                if let Some(until) = until {
                    let is_next = self.timers.peek().is_none_or(|Reverse((next, _))| until < *next);
                    self.timers.push(Reverse((until, task)));
                    return is_next;
                }
            }
        }
        false
    }
}

/// Tasks that share threads.
#[derive(Clone)]
pub struct Group {
    state: Arc<Monitor<State>>,
}

/// A handle that wakes one task.
#[derive(Clone)]
pub struct Waker {
    group: Group,
    task: usize,
}

impl Waker {
    /// Ends the task's rest; a task in its turn gets another one.
    pub fn wake(&self) {
        let mut state = self.group.state.lock();
        match state.phases[self.task] {
            Phase::Running { since, .. } => state.phases[self.task] = Phase::Running { woken: true, since },
            Phase::Resting(_) => {
                state.make_ready(self.task);
                self.group.state.notify_one();
            }
            Phase::Ready | Phase::Done => {}
        }
    }

    /// Whether there are more unfinished tasks than threads.
    #[must_use]
    pub fn has_company(&self) -> bool {
        let state = self.group.state.lock();
        state.left > state.workers
    }
}

impl Group {
    /// A group of `tasks` tasks, all of which want a turn.
    #[must_use]
    pub fn new(tasks: usize) -> Self {
        let state = State {
            ready: (0..tasks).collect(),
            phases: vec![Phase::Ready; tasks],
            timers: BinaryHeap::new(),
            left: tasks,
            workers: 1,
            stand_ins: 0,
            begun: 0,
            looks: 0,
        };
        Self {
            state: Arc::new(Monitor::new(state)),
        }
    }

    /// The waker of the task with this number.
    #[must_use]
    pub fn waker(&self, task: usize) -> Waker {
        Waker {
            group: self.clone(),
            task,
        }
    }

    /// Sets the number of threads that share the tasks.
    ///
    /// # Panics
    /// When the number of tasks is not the one that the group was made for.
    pub(super) fn begin(&self, tasks: usize, workers: usize) {
        let mut state = self.state.lock();
        assert_eq!(tasks, state.phases.len(), "invariant: one task each");
        state.workers = workers;
    }

    /// Checks whether ready tasks get no turn, so that an extra thread is needed, and counts that thread. `begun` is
    /// state for the next check.
    pub(super) fn is_held_up(&self, begun: &mut u64) -> bool {
        let mut state = self.state.lock();
        state.looks = state.looks.wrapping_add(1);
        state.expire();
        let has_begun = std::mem::replace(begun, state.begun) != state.begun;
        let threads = state.workers + state.stand_ins;
        if state.ready.is_empty() || has_begun || threads >= state.phases.len() {
            return false;
        }
        state.stand_ins += 1;
        true
    }

    /// Takes back the count of an extra thread that could not be started.
    pub(super) fn has_no_stand_in(&self) {
        self.state.lock().stand_ins -= 1;
    }

    /// Gives tasks their turns on the calling thread, until all are done.
    pub(super) fn work<T: Task>(&self, tasks: &[Mutex<T>]) {
        self.give_turns(tasks, false);
    }

    /// Does the same on an extra thread, until enough of the other threads make progress.
    pub(super) fn stand_in<T: Task>(&self, tasks: &[Mutex<T>]) {
        self.give_turns(tasks, true);
    }

    fn give_turns<T: Task>(&self, tasks: &[Mutex<T>], stands_in: bool) {
        let mut state = self.state.lock();
        loop {
            if stands_in && state.lively() >= state.workers {
                state.stand_ins -= 1;
                return;
            }
            let next_timer = state.expire();
            if let Some(task) = state.ready.pop_front() {
                let since = state.looks;
                state.phases[task] = Phase::Running { woken: false, since };
                state.begun += 1;
                if !state.ready.is_empty() {
                    self.state.notify_one();
                }
                drop(state);
                let turn = tasks[task].lock().unwrap_or_else(PoisonError::into_inner).turn();
                state = self.state.lock();
                if state.settle(task, turn) {
                    // Wakes a thread that waits for a later time, or without one.
                    self.state.notify_one();
                }
                continue;
            }
            if state.left == 0 {
                self.state.notify_all();
                return;
            }
            state = match next_timer {
                Some(time) => self.state.wait_until(state, time),
                None => self.state.wait(state),
            };
        }
    }
}
