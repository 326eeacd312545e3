//! Built-in sources shared by replicas.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;

use super::{check, run};
use crate::builtin::{Lines, Supply, next_number};
use crate::executor::{Group, Task, Turn};
use crate::replica::{Replica, Shared};
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Arc, thread};

/// Two threads that draw two numbers each get four numbers, each in ascending order.
///
/// # Panics
/// When the property fails.
pub fn each_number_is_drawn_once() {
    check(None, || {
        let shared = Arc::new(Shared::new(Vec::new()));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || [next_number(&shared), next_number(&shared)])
        };
        let own = [next_number(&shared), next_number(&shared)];
        let other = other.join().expect("drawing does not panic");
        assert!(own.is_sorted() && other.is_sorted());
        let mut all = [own, other].concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
    });
}

/// An input that keeps its readers waiting, though these parts and the end are there already. Each read returns one
/// part.
fn input(parts: &[&str]) -> File {
    let (near, far) = UnixDatagram::pair().expect("the system has sockets");
    for part in parts.iter().chain(&[""]) {
        near.send(part.as_bytes()).expect("there is room");
    }
    OwnedFd::from(far).into()
}

/// A run that emits lines.
struct Reads {
    lines: Lines,
    /// Lines emitted, each with its number.
    emitted: Vec<(u64, String)>,
}

impl Task for Reads {
    fn turn(&mut self) -> Turn {
        match self.lines.next().expect("the input can be read") {
            Supply::Lines(lines, before) => {
                self.emitted.extend((before..).zip(lines));
                Turn::Again
            }
            Supply::Waiting => Turn::Rest(None),
            Supply::End => Turn::Done,
        }
    }
}

/// Two replicas read one input, which a third thread reads for them: each line is emitted once, under its number, and
/// both replicas end.
///
/// # Panics
/// When the property fails.
pub fn each_line_is_handed_out_once() {
    check(Some(2), || {
        let group = Group::new(2);
        let shared = Shared::new(vec![group.waker(0), group.waker(1)]);
        let runs = (0..2).map(|_| Reads {
            lines: Lines::join(&shared, || input(&["0\n1", "\n2"])).expect("loom has threads"),
            emitted: Vec::new(),
        });
        let mut emitted = Vec::new();
        run(&group, runs.collect(), |run| emitted.extend_from_slice(&run.emitted));
        emitted.sort_unstable();
        assert_eq!(emitted, (0..3).map(|n| (n, n.to_string())).collect::<Vec<_>>());
    });
}

/// Two replicas that begin to read the same input at the same time open it once.
///
/// # Panics
/// When the property fails.
pub fn an_input_is_opened_once() {
    check(Some(3), || {
        let group = Group::new(2);
        let replicas = Replica::team(vec![group.waker(0), group.waker(1)], None);
        let opened = Arc::new(AtomicUsize::new(0));
        let join = |replica: &Replica, opened: &AtomicUsize| {
            let shared = replica.shared(0).expect("there are several replicas");
            let open = || {
                opened.fetch_add(1, Ordering::Relaxed);
                input(&[])
            };
            Lines::join(&shared, open).expect("loom has threads")
        };
        let other = {
            let (replica, opened) = (replicas[0].clone(), Arc::clone(&opened));
            thread::spawn(move || drop(join(&replica, &opened)))
        };
        let lines = join(&replicas[1], &opened);
        other.join().expect("opening does not panic");
        assert_eq!(opened.load(Ordering::Relaxed), 1);
        drop(lines);
    });
}
