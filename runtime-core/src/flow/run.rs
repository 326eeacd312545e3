//! One run of a flow: `init`, elements until the sources end or the flow is to stop, `flush`, `complete`, `teardown`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Flow, FlowState};
use crate::context::{Drain, RunContext};
use crate::error::{Cause, DRIVER, Failure, Operation};
use crate::event::Event;
use crate::executor::{Task, Turn};
use crate::replica::Standing;

/// A driver that keeps others waiting for longer than this is told of.
const WATCHDOG: Duration = Duration::from_millis(10);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every source ended, or the element limit was reached.
    Completed,
    /// The time given on the command line was up. Drained, unless a call did not end.
    TimedOut,
    /// Drained after a signal.
    Interrupted,
    /// Stopped at once by a second signal.
    Cancelled,
    /// A stage failed, or the flow's deadline passed.
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

    fn state(self, has_failures: bool) -> FlowState {
        match self {
            Ending::TimedOut if has_failures => FlowState::Failed,
            Ending::Completed | Ending::TimedOut | Ending::Interrupted => FlowState::Completed,
            Ending::Cancelled => FlowState::Cancelled,
            Ending::Failed => FlowState::Failed,
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// The failure that ended it, and failures at its end.
    pub failures: Vec<Failure>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No stage was called yet.
    New,
    /// Stages are prepared; those of other replicas may not be.
    Prepared,
    /// Stages work. So many nodes were told that no element will arrive any more.
    Working { finished: usize },
    /// Nothing is left to do.
    Over(Ending),
}

/// A run, driven in turns.
///
/// Whatever happens, sinks are completed and stages torn down: what was delivered is flushed.
pub struct Run {
    flow: Box<dyn Flow>,
    cx: RunContext,
    /// The configuration of nodes whose manifest's does not hold.
    configs: BTreeMap<&'static str, String>,
    phase: Phase,
    initialised: usize,
    failures: Vec<Failure>,
}

impl Run {
    /// A run of a flow whose stages exist.
    #[must_use]
    pub fn new(flow: Box<dyn Flow>, mut cx: RunContext, configs: BTreeMap<&'static str, String>) -> Self {
        cx.enter(FlowState::Validated);
        cx.enter(FlowState::Instantiated);
        Self {
            flow,
            cx,
            configs,
            phase: Phase::New,
            initialised: 0,
            failures: Vec::new(),
        }
    }

    /// What it came to; the flow and its context for the report.
    ///
    /// # Panics
    /// Before the last turn.
    #[must_use]
    pub fn into_outcome(self) -> (Box<dyn Flow>, RunContext, Outcome) {
        let Phase::Over(ending) = self.phase else {
            unreachable!("invariant: the run is over")
        };
        let outcome = Outcome {
            ending,
            failures: self.failures,
        };
        (self.flow, self.cx, outcome)
    }

    fn init(&mut self) -> Turn {
        for node in self.flow.nodes() {
            let plan = node.plan();
            let config = self.configs.get(plan.name).map_or(plan.config, String::as_str);
            if let Err(failure) = node.init(&mut self.cx, config) {
                self.cx.replica.fail();
                self.failures.push(failure);
                return self.end(None);
            }
            self.initialised += 1;
        }
        self.phase = Phase::Prepared;
        self.cx.replica.prepared();
        self.begin()
    }

    /// Lets elements pass once the stages of all replicas are prepared.
    fn begin(&mut self) -> Turn {
        if self.cx.replica.has_failed() {
            return self.end(None);
        }
        if !self.cx.replica.may_begin() {
            return Turn::Rest(None);
        }
        self.cx.enter(FlowState::Running);
        self.phase = Phase::Working { finished: 0 };
        Turn::Again
    }

    fn work(&mut self, finished: usize) -> Turn {
        let cx = &mut self.cx;
        cx.look_around();
        if cx.control.is_cancelled() || cx.replica.has_failed() {
            return self.end(Some(finished));
        }
        if cx.is_past_deadline() {
            return self.fail_late(finished);
        }
        cx.draw();
        if cx.state() == FlowState::Suspended {
            cx.enter(FlowState::Running);
        }
        let is_asked_to_stop = cx.drain().is_some_and(|drain| drain != Drain::Limit);
        if is_asked_to_stop && cx.state() == FlowState::Running {
            cx.enter(FlowState::Draining);
        }
        let ran = self.flow.run_quantum(cx);
        let standing = cx.settle();
        self.failures.extend(cx.take_reported());
        match (ran, standing) {
            (Ok(true), _) => {
                self.watch();
                Turn::Again
            }
            (Ok(false), Standing::More) => Turn::Again,
            (Ok(false), Standing::Waits) => self.rest(),
            (Ok(false), Standing::Enough | Standing::Spent) => self.rest_or_finish(finished),
            (Err(failure), _) => {
                // The time of every replica is up, and each of them drains.
                if !is_time_up(&failure) {
                    self.cx.replica.fail();
                }
                self.failures.push(failure);
                self.end(Some(finished))
            }
        }
    }

    /// Ends the run because its deadline has passed.
    fn fail_late(&mut self, finished: usize) -> Turn {
        self.cx.replica.fail();
        let is_late = |failure: &Failure| matches!(failure.cause, Cause::FlowDeadline(_));
        if !self.failures.iter().any(is_late) {
            self.failures.push(Failure {
                node: DRIVER,
                component: "(runtime)",
                operation: Operation::Pull,
                element: None,
                cause: Cause::FlowDeadline(self.flow.plan().deadline_ms.unwrap_or_default()),
            });
        }
        self.end(Some(finished))
    }

    /// Tells of a turn that kept other flows waiting.
    fn watch(&mut self) {
        let now = self.cx.now();
        let duration = self.cx.clock().peek().since(now);
        if duration >= WATCHDOG && self.cx.waker.has_company() {
            self.cx.note(Event::SlowQuantum { duration });
        }
    }

    /// No stage is ready: for now, or for ever.
    fn rest_or_finish(&mut self, finished: usize) -> Turn {
        match self.cx.awaited() {
            (None, false) => self.finish_next(finished),
            (Some(_), _) | (None, true) => self.rest(),
        }
    }

    /// Waits for what the stages wait for, or to be woken.
    fn rest(&mut self) -> Turn {
        let cx = &mut self.cx;
        let (until, _) = cx.awaited();
        if cx.state() == FlowState::Running {
            cx.enter(FlowState::Suspended);
        }
        match until {
            Some(until) => cx
                .clock()
                .wait_until(until)
                .map_or(Turn::Again, |until| Turn::Rest(Some(until))),
            None => Turn::Rest(None),
        }
    }

    /// Tells the next node, in topological order, that no element will arrive any more. What an aggregator puts out then
    /// goes all the way before the next one is told.
    fn finish_next(&mut self, finished: usize) -> Turn {
        if self.cx.state() == FlowState::Running {
            self.cx.enter(FlowState::Draining);
        }
        let mut nodes = self.flow.nodes();
        let Some(node) = nodes.get_mut(finished) else {
            return self.end(Some(finished));
        };
        self.failures.extend(node.finish(&mut self.cx).err());
        self.phase = Phase::Working { finished: finished + 1 };
        Turn::Again
    }

    /// Ends the run. `finished`: nodes that were told so already; `None` when not all stages could be prepared.
    fn end(&mut self, finished: Option<usize>) -> Turn {
        let cx = &mut self.cx;
        cx.halt.begin_end();
        for stream in self.flow.streams_mut() {
            for element in stream.discard() {
                let released = cx.pool().release(element.payload);
                released.expect("invariant: a queued element holds its buffer");
            }
        }
        let mut nodes = self.flow.nodes();
        for node in &mut nodes {
            node.abandon(cx);
        }
        if let Some(finished) = finished
            && !cx.control.is_cancelled()
        {
            let left = nodes.iter_mut().skip(finished);
            self.failures.extend(left.filter_map(|node| node.rescue(cx).err()));
        }
        for node in nodes.iter_mut().take(self.initialised).rev() {
            if let Err(failure) = node.teardown(cx) {
                cx.note(Event::TeardownFailed {
                    node: failure.node,
                    code: failure.code(),
                    message: failure.summary(),
                });
            }
        }
        for position in self.initialised..nodes.len() {
            cx.pool().reclaim(position);
        }
        drop(nodes);
        let ending = self.ending();
        self.cx.enter(ending.state(!self.failures.is_empty()));
        self.phase = Phase::Over(ending);
        Turn::Done
    }

    fn ending(&self) -> Ending {
        if self.cx.control.is_cancelled() {
            return Ending::Cancelled;
        }
        match self.cx.drain() {
            _ if !self.failures.iter().all(is_time_up) => Ending::Failed,
            _ if !self.failures.is_empty() => Ending::TimedOut,
            _ if self.cx.replica.has_failed() => Ending::Failed,
            Some(Drain::Stop) => Ending::Interrupted,
            Some(Drain::Timeout) => Ending::TimedOut,
            Some(Drain::Limit) | None => Ending::Completed,
        }
    }
}

/// Whether it is the time of the run that a call failed for, and nothing else.
fn is_time_up(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::TimeUp(_))
}

impl Task for Run {
    fn turn(&mut self) -> Turn {
        match self.phase {
            Phase::New => self.init(),
            Phase::Prepared => self.begin(),
            Phase::Working { finished } => self.work(finished),
            Phase::Over(_) => Turn::Done,
        }
    }
}
