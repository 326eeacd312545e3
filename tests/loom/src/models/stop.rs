//! Requests to stop flows.

use super::check;
use crate::executor::{Group, Task, Turn};
use crate::stop::Stop;
use crate::sync::{Arc, Mutex, thread};

/// A flow that goes on until it has been asked to stop once or twice.
struct Flow {
    stop: Arc<Stop>,
    ends_at_once: bool,
}

impl Task for Flow {
    fn turn(&mut self) -> Turn {
        let is_over = match self.ends_at_once {
            true => self.stop.cancelled().is_some(),
            false => self.stop.is_asked(),
        };
        if is_over { Turn::Done } else { Turn::Rest(None) }
    }
}

/// Asks a flow to stop while it is being started.
fn ask(times: usize) {
    let stop = Arc::new(Stop::default());
    let control = {
        let stop = Arc::clone(&stop);
        thread::spawn(move || (0..times).for_each(|_| stop.ask()))
    };
    let group = Group::new(1);
    stop.wakes(group.waker(0));
    group.begin(1, 1);
    let flow = Flow {
        stop: Arc::clone(&stop),
        ends_at_once: times > 1,
    };
    group.work(&[Mutex::new(flow)]);
    control.join().expect("asking does not panic");
    assert_eq!(stop.cancelled().is_some(), times > 1);
}

/// A flow ends on request, also when the request comes while it is being started.
///
/// # Panics
/// When the property fails.
pub fn a_stop_reaches_a_flow_that_begins() {
    check(None, || ask(1));
}

/// A second request ends a flow that is still running, and a single one does not.
///
/// # Panics
/// When the property fails.
pub fn a_second_stop_cancels() {
    check(None, || ask(2));
}
