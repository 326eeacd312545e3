//! Whose turn it is: tasks that are ready, that rest and that have theirs, as the threads see them that they share.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::PoisonError;

use crate::sync::{Arc, Instant, Monitor, Mutex};

/// What a task wants after its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Another turn.
    Again,
    /// A turn at this time, or when it is woken.
    Rest(Option<Instant>),
    /// None.
    Done,
}

/// Something that works in turns.
pub trait Task: Send {
    /// Works for a while. Who waits in it, or works for long, is stood in for by another thread.
    fn turn(&mut self) -> Turn;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Ready,
    /// It has had its turn since this many looks at all of them.
    Running {
        woken: bool,
        since: u32,
    },
    Resting(Option<Instant>),
    Done,
}

struct State {
    /// First come, first served.
    ready: VecDeque<usize>,
    phases: Vec<Phase>,
    /// When tasks want a turn; entries of tasks that were woken before are stale.
    timers: BinaryHeap<Reverse<(Instant, usize)>>,
    left: usize,
    /// Threads that they share.
    workers: usize,
    /// Threads that stand in for some that do not get on.
    stand_ins: usize,
    /// Turns that have begun.
    begun: u64,
    /// How often somebody looked whether tasks get their turns.
    looks: u32,
}

/// Looks that a turn may last without being taken for one that does not get on.
const PATIENCE: u32 = 2;

impl State {
    fn make_ready(&mut self, task: usize) {
        self.phases[task] = Phase::Ready;
        self.ready.push_back(task);
    }

    /// Readies the tasks whose time has come. Returns when the next one's will.
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

    /// Turns that go on and get on.
    fn lively(&self) -> usize {
        let gets_on = |phase: &&Phase| match phase {
            Phase::Running { since, .. } => self.looks.wrapping_sub(*since) < PATIENCE,
            Phase::Ready | Phase::Resting(_) | Phase::Done => false,
        };
        self.phases.iter().filter(gets_on).count()
    }

    /// Keeps what a task wants. Returns whether that is a turn at a time before all others.
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

/// Has a task get a turn.
#[derive(Clone)]
pub struct Waker {
    group: Group,
    task: usize,
}

impl Waker {
    /// Ends the task's rest; if it has its turn just now, it gets another one.
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

    /// Whether the tasks share fewer threads than there are of them.
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

    /// Wakes the `task`-th task.
    #[must_use]
    pub fn waker(&self, task: usize) -> Waker {
        Waker {
            group: self.clone(),
            task,
        }
    }

    /// Says how many threads will share the tasks.
    ///
    /// # Panics
    /// When there are not as many tasks as the group was made for.
    pub(super) fn begin(&self, tasks: usize, workers: usize) {
        let mut state = self.state.lock();
        assert_eq!(tasks, state.phases.len(), "invariant: one task each");
        state.workers = workers;
    }

    /// Looks whether tasks that are ready get turns. `begun` is for the next look. Returns whether another thread has to
    /// give them: then it counts as there.
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

    /// The thread that was to stand in could not be started.
    pub(super) fn has_no_stand_in(&self) {
        self.state.lock().stand_ins -= 1;
    }

    /// Gives the tasks their turns, as one of the threads, until all of them are done.
    pub(super) fn work<T: Task>(&self, tasks: &[Mutex<T>]) {
        self.give_turns(tasks, false);
    }

    /// Does the same as one more thread, until those that they share get on.
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
                    // Somebody who waits for a later time, or for none.
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
