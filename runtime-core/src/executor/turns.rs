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
    /// Works for a while. Must not wait.
    fn turn(&mut self) -> Turn;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Ready,
    Running { woken: bool },
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
}

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

    /// Keeps what a task wants.
    fn settle(&mut self, task: usize, turn: Turn) {
        match (turn, self.phases[task]) {
            (Turn::Done, _) => {
                self.phases[task] = Phase::Done;
                self.left -= 1;
            }
            (Turn::Again, _) | (Turn::Rest(_), Phase::Running { woken: true }) => self.make_ready(task),
            (Turn::Rest(until), _) => {
                self.phases[task] = Phase::Resting(until);
                if let Some(until) = until {
                    self.timers.push(Reverse((until, task)));
                }
            }
        }
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
            Phase::Running { .. } => state.phases[self.task] = Phase::Running { woken: true },
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

    /// Gives the tasks their turns, as one of the threads, until all of them are done.
    pub(super) fn work<T: Task>(&self, tasks: &[Mutex<T>]) {
        let mut state = self.state.lock();
        loop {
            let next_timer = state.expire();
            if let Some(task) = state.ready.pop_front() {
                state.phases[task] = Phase::Running { woken: false };
                if !state.ready.is_empty() {
                    self.state.notify_one();
                }
                drop(state);
                let turn = tasks[task].lock().unwrap_or_else(PoisonError::into_inner).turn();
                state = self.state.lock();
                state.settle(task, turn);
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
