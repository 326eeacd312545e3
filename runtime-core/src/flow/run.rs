//! One run of a flow: `init`, elements until the sources end or the flow is to stop, `complete`, `teardown`.

use std::collections::BTreeMap;

use super::{Flow, Step, broken};
use crate::context::RunContext;
use crate::error::Failure;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every source ended, or the element limit was reached.
    Completed,
    /// Drained because its time was up.
    TimedOut,
    /// Drained after a signal.
    Interrupted,
    /// Stopped at once by a second signal.
    Cancelled,
    /// A stage failed.
    Failed,
}

impl Ending {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Completed => "completed",
            Ending::TimedOut => "timed-out",
            Ending::Interrupted => "interrupted",
            Ending::Cancelled => "cancelled",
            Ending::Failed => "failed",
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The failure that ended it, and failures of `complete` and `teardown` after it.
    pub failures: Vec<Failure>,
}

/// Runs the flow to its end. `configs` holds the configuration of nodes whose manifest's does not hold.
///
/// Whatever happens, sinks are completed and stages torn down: what was delivered is flushed.
pub fn run(flow: &mut dyn Flow, cx: &mut RunContext, configs: &BTreeMap<&'static str, String>) -> Outcome {
    let mut failures = Vec::new();
    let mut initialised = 0;
    for node in flow.nodes() {
        let config = configs.get(node.plan().name).map_or(node.plan().config, String::as_str);
        match node.init(cx, config) {
            Ok(()) => initialised += 1,
            Err(failure) => {
                failures.push(failure);
                break;
            }
        }
    }
    if failures.is_empty() {
        failures.extend(drive(flow, cx).err());
        if !cx.control.is_cancelled() {
            failures.extend(flow.nodes().into_iter().filter_map(|node| node.complete(cx).err()));
        }
    }
    let ready = flow.nodes().into_iter().take(initialised);
    failures.extend(ready.rev().filter_map(|node| node.teardown(cx).err()));
    let ending = match () {
        () if cx.control.is_cancelled() => Ending::Cancelled,
        () if !failures.is_empty() => Ending::Failed,
        () if cx.control.is_stopping() => Ending::Interrupted,
        () if cx.deadline_passed() => Ending::TimedOut,
        () => Ending::Completed,
    };
    Outcome { ending, failures }
}

/// Runs stages until none can run any more.
fn drive(flow: &mut dyn Flow, cx: &mut RunContext) -> Result<(), Failure> {
    loop {
        cx.look_around();
        if cx.control.is_cancelled() {
            return Ok(());
        }
        match flow.run_quantum(cx)? {
            Step::Ran => {}
            Step::Paused(until) => cx.control.sleep_until(until).map_err(|error| broken(&error))?,
            Step::Idle => return Ok(()),
        }
    }
}
