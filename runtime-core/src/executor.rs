//! Runs several flows on few threads: each in turn, for a quantum.
//!
//! Component calls are synchronous, and what they call in the host may block on tokio itself, which a task on tokio's
//! workers must not do. So flows are not tokio tasks; there are no other waits here than for a time and for a wake-up.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

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
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        let mut state = self.group.shared.lock();
        match state.phases[self.task] {
            Phase::Running { .. } => state.phases[self.task] = Phase::Running { woken: true },
            Phase::Resting(_) => {
                state.make_ready(self.task);
                self.group.shared.changed.notify_one();
            }
            Phase::Ready | Phase::Done => {}
        }
    }

    /// Whether the tasks share fewer threads than there are of them.
    #[must_use]
    pub fn has_company(&self) -> bool {
        let state = self.group.shared.lock();
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
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
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

    /// Runs all tasks to their end on `workers` threads, of which the caller's is one.
    ///
    /// # Panics
    /// When there are not as many tasks as the group was made for.
    pub fn run<T: Task>(&self, tasks: Vec<T>, workers: usize) -> Vec<T> {
        let mut state = self.shared.lock();
        assert_eq!(tasks.len(), state.phases.len(), "invariant: one task each");
        state.workers = workers;
        drop(state);
        let tasks: Vec<Mutex<T>> = tasks.into_iter().map(Mutex::new).collect();
        thread::scope(|scope| {
            for number in 1..workers.min(tasks.len()) {
                let worker = thread::Builder::new().name(format!("flows-{number}"));
                // With fewer threads everything takes longer, and nothing else changes.
                let _started = worker.spawn_scoped(scope, || self.work(&tasks));
            }
            self.work(&tasks);
        });
        let tasks = tasks.into_iter();
        tasks
            .map(|task| task.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    fn work<T: Task>(&self, tasks: &[Mutex<T>]) {
        let mut state = self.shared.lock();
        loop {
            let next_timer = state.expire();
            if let Some(task) = state.ready.pop_front() {
                state.phases[task] = Phase::Running { woken: false };
                if !state.ready.is_empty() {
                    self.shared.changed.notify_one();
                }
                drop(state);
                let turn = tasks[task].lock().unwrap_or_else(PoisonError::into_inner).turn();
                state = self.shared.lock();
                state.settle(task, turn);
                continue;
            }
            if state.left == 0 {
                self.shared.changed.notify_all();
                return;
            }
            state = match next_timer {
                Some(time) => {
                    let timeout = time.saturating_duration_since(Instant::now());
                    let waited = self.shared.changed.wait_timeout(state, timeout);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    /// Takes its turns from a list.
    struct Script<'a> {
        turns: Vec<Turn>,
        taken: &'a AtomicU32,
    }

    impl Task for Script<'_> {
        fn turn(&mut self) -> Turn {
            self.taken.fetch_add(1, Ordering::Relaxed);
            self.turns.pop().unwrap_or(Turn::Done)
        }
    }

    #[test]
    fn all_tasks_run_to_their_end_on_any_number_of_threads() {
        for workers in [1, 2, 5] {
            let taken = AtomicU32::new(0);
            let rest = || Turn::Rest(Some(Instant::now() + Duration::from_millis(2)));
            let tasks: Vec<_> = (0..100)
                .map(|_| Script {
                    turns: vec![Turn::Again, rest(), Turn::Again],
                    taken: &taken,
                })
                .collect();
            let tasks = Group::new(100).run(tasks, workers);
            assert_eq!(taken.load(Ordering::Relaxed), 400);
            assert!(tasks.iter().all(|task| task.turns.is_empty()));
        }
    }

    #[test]
    fn a_task_that_rests_without_a_time_is_woken() {
        let group = Group::new(1);
        let taken = AtomicU32::new(0);
        let task = Script {
            turns: vec![Turn::Rest(None)],
            taken: &taken,
        };
        let waker = group.waker(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                while taken.load(Ordering::Relaxed) == 0 {
                    thread::yield_now();
                }
                waker.wake();
            });
            group.run(vec![task], 1);
        });
        assert_eq!(taken.load(Ordering::Relaxed), 2);
        waker.wake();
    }

    #[test]
    fn a_wake_up_during_the_turn_is_not_lost() {
        struct WakesItself(Waker, u32);
        impl Task for WakesItself {
            fn turn(&mut self) -> Turn {
                self.1 += 1;
                self.0.wake();
                if self.1 == 3 { Turn::Done } else { Turn::Rest(None) }
            }
        }
        let group = Group::new(1);
        let tasks = group.run(vec![WakesItself(group.waker(0), 0)], 1);
        assert_eq!(tasks[0].1, 3);
    }
}
