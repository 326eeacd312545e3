//! Turns of tasks on two threads.

use super::{check, run};
use crate::executor::{Group, Task, Turn, Waker};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Instant, Mutex, thread};

/// A permission for a task to end.
struct Word {
    // Relaxed: the group has to make sure that a woken task sees earlier writes.
    is_said: Arc<AtomicBool>,
    waker: Waker,
}

impl Word {
    fn say(&self) {
        self.is_said.store(true, Ordering::Relaxed);
        self.waker.wake();
    }
}

/// A task that rests until it may end.
struct Told {
    is_said: Arc<AtomicBool>,
    /// Time of its first rest, before it rests without an end.
    first: Option<Instant>,
    /// The permission that it passes on.
    next: Option<Word>,
    turns: u32,
}

impl Told {
    /// A task of a group, with its permission.
    fn new(group: &Group, number: usize) -> (Self, Word) {
        let is_said = Arc::new(AtomicBool::new(false));
        let told = Self {
            is_said: Arc::clone(&is_said),
            first: None,
            next: None,
            turns: 0,
        };
        let waker = group.waker(number);
        (told, Word { is_said, waker })
    }
}

impl Task for Told {
    fn turn(&mut self) -> Turn {
        self.turns += 1;
        if !self.is_said.load(Ordering::Relaxed) {
            return Turn::Rest(self.first.take());
        }
        if let Some(next) = &self.next {
            next.say();
        }
        Turn::Done
    }
}

/// Two tasks that are woken from outside then get a turn: whether they have not begun, are in a turn, are about to
/// rest, or rest.
///
/// # Panics
/// When the property fails.
pub fn a_wake_up_is_never_lost() {
    check(Some(3), || {
        let group = Group::new(2);
        let (first, to_first) = Told::new(&group, 0);
        let (second, to_second) = Told::new(&group, 1);
        let outside = thread::spawn(move || {
            to_first.say();
            to_second.say();
        });
        run(&group, vec![first, second], |_| {});
        outside.join().expect("a wake-up does not panic");
    });
}

/// A task wakes a second one, which wakes a third: all end, and both threads return.
///
/// # Panics
/// When the property fails.
pub fn tasks_wake_each_other() {
    check(Some(3), || {
        let group = Group::new(3);
        // In this order, so that the woken tasks rest before.
        let (last, to_last) = Told::new(&group, 0);
        let (mut second, to_second) = Told::new(&group, 1);
        let (mut first, to_first) = Told::new(&group, 2);
        first.next = Some(to_second);
        second.next = Some(to_last);
        to_first.say();
        run(&group, vec![last, second, first], |_| {});
    });
}

/// A task that rests until a time.
struct Sleeps {
    until: Instant,
    is_resting: bool,
}

impl Task for Sleeps {
    fn turn(&mut self) -> Turn {
        if !self.is_resting {
            self.is_resting = true;
            return Turn::Rest(Some(self.until));
        }
        assert!(self.until <= Instant::now(), "nobody wakes it before");
        Turn::Done
    }
}

/// Tasks that rest until different times get a turn at those times without being woken.
///
/// # Panics
/// When the property fails.
pub fn a_rest_ends_in_time() {
    check(Some(3), || {
        let times = [Instant::now().after(2), Instant::now().after(1)];
        let tasks = times.map(|until| Sleeps {
            until,
            is_resting: false,
        });
        run(&Group::new(2), tasks.into(), |task| assert!(task.is_resting));
    });
}

/// A task that rests until a time gets a turn at that time or when it is woken, and an old time has no effect on its
/// next rest.
///
/// # Panics
/// When the property fails.
pub fn a_rest_ends_in_time_or_by_a_wake_up() {
    check(Some(3), || {
        let group = Group::new(1);
        let (mut task, word) = Told::new(&group, 0);
        task.first = Some(Instant::now().after(1));
        let outside = thread::spawn(move || {
            word.waker.wake();
            word.say();
        });
        // The first one, two by wake-ups, and one at the time.
        run(&group, vec![task], |task| assert!(task.turns <= 4));
        outside.join().expect("a wake-up does not panic");
    });
}

/// An extra thread runs while the other one is occupied, or seems to be: each task still gets its turns from one thread
/// at a time, and both return.
///
/// # Panics
/// When the property fails.
pub fn a_stand_in_comes_and_goes() {
    check(Some(3), || {
        let group = Group::new(2);
        let (first, to_first) = Told::new(&group, 0);
        let (second, to_second) = Told::new(&group, 1);
        group.begin(2, 1);
        let tasks = Arc::new([Mutex::new(first), Mutex::new(second)]);
        let worker = {
            let (group, tasks) = (group.clone(), Arc::clone(&tasks));
            thread::spawn(move || group.work(&*tasks))
        };
        to_first.say();
        to_second.say();
        let mut begun = 0;
        if group.is_held_up(&mut begun) {
            group.has_no_stand_in();
        }
        for _ in 0..2 {
            if group.is_held_up(&mut begun) {
                group.stand_in(&*tasks);
            }
        }
        worker.join().expect("a worker does not panic");
        for task in tasks.iter() {
            let task = task.lock().expect("loom's locks are never poisoned");
            assert!((1..=2).contains(&task.turns), "the last one after it was told");
        }
    });
}
