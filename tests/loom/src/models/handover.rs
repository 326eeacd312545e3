//! A flow and the thread of one of its sources.

use std::time::Duration;

use super::check;
use crate::executor::{Group, Task, Turn};
use crate::handover::{Answer, Callee, Caller, Report, Unresponsive};
use crate::sync::{Mutex, thread};

/// Request to the source.
enum Request {
    Pull,
    Notify,
    Restart,
    Teardown,
}

/// Number of pulls and notices seen up to now.
type Seen = (u32, u32);

/// Counts its pulls: each answer is the number of the pull.
fn serve(callee: Callee<Request, (), u32, Seen>) {
    let mut seen = (0, 0);
    callee.serve(|request| {
        let is_last = matches!(request, Request::Teardown);
        let answer = match request {
            Request::Notify => {
                seen.1 += 1;
                return None;
            }
            Request::Pull => {
                seen.0 += 1;
                Answer::Pulled(seen.0)
            }
            Request::Restart | Request::Teardown => Answer::Done(()),
        };
        Some(Report {
            answer,
            state: seen,
            is_last,
        })
    });
}

/// A flow that pulls twice, and makes another request during one of the pulls.
struct Flow {
    source: Caller<Request, (), u32, Seen>,
    pulled: u32,
    has_asked: bool,
}

impl Flow {
    fn go_on(&mut self) -> Result<Turn, Unresponsive> {
        if !self.source.has_pulled(Request::Pull) {
            assert!(self.source.is_pulling(), "it is on its way");
            if !self.has_asked {
                self.has_asked = true;
                self.source.send(Request::Notify)?;
                self.source.ask(Request::Restart)?;
                let seen = (self.pulled + 1, 1);
                assert_eq!(*self.source.state(), seen, "requests are handled in their order");
                return Ok(Turn::Again);
            }
            return Ok(Turn::Rest(None));
        }
        self.pulled += 1;
        assert_eq!(self.source.pulled()?, self.pulled, "answers come in their order");
        if self.pulled < 2 {
            return Ok(Turn::Again);
        }
        self.source.ask(Request::Teardown)?;
        assert_eq!(self.source.state().0, self.pulled, "nothing was pulled ahead");
        Ok(Turn::Done)
    }
}

impl Task for Flow {
    fn turn(&mut self) -> Turn {
        self.go_on()
            .unwrap_or_else(|Unresponsive| panic!("the thread is there"))
    }
}

/// A flow rests until its pull is answered. Nothing is pulled ahead, and no answer is lost while it waits for another
/// one.
///
/// # Panics
/// When the property fails.
pub fn what_is_pulled_wakes_the_flow() {
    check(Some(3), || {
        let group = Group::new(1);
        let (source, callee) = Caller::with_callee(group.waker(0), Duration::ZERO);
        let source_thread = thread::spawn(|| serve(callee));
        let flow = Flow {
            source,
            pulled: 0,
            has_asked: false,
        };
        group.begin(1, 1);
        group.work(&[Mutex::new(flow)]);
        source_thread.join().expect("the source does not panic");
    });
}

/// The thread ends when the flow is gone, with or without a request under way.
///
/// # Panics
/// When the property fails.
pub fn the_thread_ends_with_the_flow() {
    check(None, || {
        let group = Group::new(1);
        let (mut source, callee) = Caller::with_callee(group.waker(0), Duration::ZERO);
        let source_thread = thread::spawn(|| serve(callee));
        source.has_pulled(Request::Pull);
        drop(source);
        source_thread.join().expect("the source does not panic");
    });
}
