//! The executor: runs several flows on few threads, each in turn for a quantum.
//!
//! Component calls are synchronous, and host functions they call may block on tokio, which is not allowed on tokio's
//! own workers. So flows are not tokio tasks. The only waits here are for a time and for a wake-up.
//!
//! A call may take long or wait in the host. While such calls occupy all threads, an extra thread gives the other flows
//! their turns.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant};

use crate::sync::Monitor;

/// Interval between checks whether flows get their turns.
const LOOK: Duration = Duration::from_millis(20);

mod turns;

pub use turns::Group;
pub(crate) use turns::{Task, Turn, Waker};

impl Group {
    /// Runs all tasks to their end on `workers` threads, one of which is the caller's.
    ///
    /// # Panics
    /// When the number of tasks is not the one that the group was made for.
    pub fn run<T: Task>(&self, tasks: Vec<T>, workers: usize) -> Vec<T> {
        self.begin(tasks.len(), workers);
        let tasks: Vec<Mutex<T>> = tasks.into_iter().map(Mutex::new).collect();
        let are_done = Monitor::new(false);
        thread::scope(|scope| {
            for number in 1..workers.min(tasks.len()) {
                let worker = thread::Builder::new().name(format!("flows-{number}"));
                // With fewer threads everything takes longer; nothing else changes.
                let _started = worker.spawn_scoped(scope, || self.work(&tasks));
            }
            if tasks.len() > workers {
                let look = thread::Builder::new().name("flows-look".to_owned());
                let _started = look.spawn_scoped(scope, || self.look(scope, &tasks, &are_done));
            }
            self.work(&tasks);
            *are_done.lock() = true;
            are_done.notify_all();
        });
        let tasks = tasks.into_iter();
        tasks
            .map(|task| task.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    /// Starts an extra thread whenever ready tasks get no turn, until all tasks are done.
    fn look<'scope, T: Task>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        tasks: &'scope [Mutex<T>],
        are_done: &Monitor<bool>,
    ) {
        let mut begun = 0;
        let mut done = are_done.lock();
        while !*done {
            done = are_done.wait_until(done, Instant::now() + LOOK);
            if *done || !self.is_held_up(&mut begun) {
                continue;
            }
            let stand_in = thread::Builder::new().name("flows-stand-in".to_owned());
            if stand_in.spawn_scoped(scope, || self.stand_in(tasks)).is_err() {
                self.has_no_stand_in();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    /// A task that takes its turns from a list.
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

    /// A task that waits in its turn until all others have ended.
    struct HoldsUp<'a> {
        waits: bool,
        ended: &'a AtomicU32,
    }

    impl Task for HoldsUp<'_> {
        fn turn(&mut self) -> Turn {
            while self.waits && self.ended.load(Ordering::Relaxed) < 9 {
                thread::sleep(Duration::from_millis(1));
            }
            self.ended.fetch_add(1, Ordering::Relaxed);
            Turn::Done
        }
    }

    #[test]
    fn who_holds_up_a_thread_holds_up_no_other_task() {
        for workers in [1, 2] {
            let ended = AtomicU32::new(0);
            let tasks: Vec<_> = (0..10)
                .map(|number| HoldsUp {
                    waits: number == 0,
                    ended: &ended,
                })
                .collect();
            Group::new(10).run(tasks, workers);
            assert_eq!(ended.load(Ordering::Relaxed), 10);
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
