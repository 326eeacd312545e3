//! One run of a flow: `init`, elements until the sources end or the flow is to stop, `flush`, `complete`, `teardown`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Flow;
use super::ending::{Ending, Outcome};
use crate::clock::Time;
use crate::context::{Drain, RunContext};
use crate::error::{Cause, DRIVER, Failure, Operation, RUNTIME};
use crate::event::Event;
use crate::executor::{Task, Turn};
use crate::replica::Standing;
use crate::state::FlowState;

/// Longest time for which a driver may keep other flows waiting without an event.
const WATCHDOG: Duration = Duration::from_millis(10);

/// Interval at which a driver that never rests checks elements held by sinks.
const CONFIRM: Duration = Duration::from_millis(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No stage has been called.
    New,
    /// The stages are prepared; those of other replicas may not be.
    Prepared,
    /// Stages work. The input of the first `finished` nodes has ended.
    Working { finished: usize },
    /// A failure ended the flow; sinks deliver the elements that they hold.
    Failing { finished: usize },
    /// The run has ended.
    Over(Ending),
}

/// A run, driven in turns.
///
/// In every case sinks are completed and stages torn down. Held elements are delivered first, unless the run was
/// cancelled.
pub struct Run {
    flow: Box<dyn Flow>,
    cx: RunContext,
    /// Configurations that replace those of the manifest, by node.
    configs: BTreeMap<&'static str, String>,
    phase: Phase,
    initialised: usize,
    failures: Vec<Failure>,
    /// Time of the next check of elements held by sinks, for a driver that never rests.
    confirms_at: Time,
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
            confirms_at: Time::START,
        }
    }

    /// The result, with the flow and its context for the report.
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

    /// Starts the passing of elements once the stages of all replicas are prepared and the sinks of this one are open.
    fn begin(&mut self) -> Turn {
        let cx = &mut self.cx;
        cx.look_around();
        if cx.replica.has_failed() || cx.halt.is_cancelled() {
            return self.end(None);
        }
        if !cx.replica.may_begin() {
            return Turn::Rest(None);
        }
        // No element has entered yet, so none has to be delivered.
        let waits = cx.drain().is_none() && !cx.is_past_deadline();
        match self.are_open() {
            Ok(false) if waits => return self.rest_until(self.cx.limit()),
            Ok(_) => {}
            Err(failure) => {
                self.cx.replica.fail();
                self.failures.push(failure);
                return self.end(None);
            }
        }
        self.cx.enter(FlowState::Running);
        self.phase = Phase::Working { finished: 0 };
        Turn::Again
    }

    /// Whether all sinks accept elements.
    fn are_open(&mut self) -> Result<bool, Failure> {
        for node in self.flow.nodes() {
            if !node.is_open(&mut self.cx)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn work(&mut self, finished: usize) -> Turn {
        let cx = &mut self.cx;
        cx.look_around();
        if cx.halt.is_cancelled() {
            return self.end(Some(finished));
        }
        if cx.is_past_deadline() {
            return self.fail_late(finished);
        }
        if cx.replica.has_failed() {
            return self.wind_up(finished);
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
        let confirmed = match ran {
            Ok(ready) => self.confirm(ready).map(|arrived| (ready, arrived)),
            Err(failure) => Err(failure),
        };
        match (confirmed, standing) {
            (Ok((true, _)), _) => {
                self.watch();
                Turn::Again
            }
            // A node that waited for room may continue, and a returned element goes to another destination.
            (Ok((false, true)), _) | (Ok((false, false)), Standing::More) => Turn::Again,
            (Ok((false, false)), Standing::Waits) => self.rest(),
            (Ok((false, false)), Standing::Enough | Standing::Spent) => self.rest_or_finish(finished),
            (Err(failure), _) => {
                // The time of every replica has passed, and each of them drains on its own.
                if !is_time_up(&failure) {
                    self.cx.replica.fail();
                }
                self.failures.push(failure);
                self.wind_up(finished)
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
                component: RUNTIME,
                operation: Operation::Pull,
                element: None,
                cause: Cause::FlowDeadline(self.flow.plan().deadline_ms.unwrap_or_default()),
            });
        }
        // Elements that still wait for a reader are lost.
        self.deliver_held();
        self.end(Some(finished))
    }

    /// Counts held elements that were delivered; when no stage is `ready`, first makes sinks deliver them. While stages
    /// are ready this happens at intervals. Returns whether fewer elements are held than before.
    fn confirm(&mut self, ready: bool) -> Result<bool, Failure> {
        let held = self.cx.held();
        let now = self.cx.now();
        if held == 0 || (ready && now < self.confirms_at) {
            return Ok(false);
        }
        self.confirms_at = now.after(CONFIRM);
        for node in self.flow.nodes() {
            if !ready {
                node.flush();
            }
            node.confirm(&mut self.cx)?;
        }
        Ok(self.cx.held() < held)
    }

    /// Makes sinks deliver held elements after a failure, and ends the run once they have.
    fn wind_up(&mut self, finished: usize) -> Turn {
        self.phase = Phase::Failing { finished };
        if self.cx.halt.is_cancelled() {
            return self.end(Some(finished));
        }
        self.deliver_held();
        match self.cx.held() {
            0 => self.end(Some(finished)),
            _ => Turn::Rest(None),
        }
    }

    /// Makes sinks deliver held elements after a failure, as far as that is possible without waiting.
    fn deliver_held(&mut self) {
        for node in self.flow.nodes() {
            node.flush();
            if let Err(failure) = node.confirm(&mut self.cx) {
                keep(&mut self.failures, failure);
            }
        }
    }

    /// Logs a turn that kept other flows waiting for too long.
    fn watch(&mut self) {
        let now = self.cx.now();
        let duration = self.cx.clock().peek().since(now);
        if duration >= WATCHDOG && self.cx.waker.has_company() {
            self.cx.note(Event::SlowQuantum { duration });
        }
    }

    /// Continues when no stage is ready: waits, or ends the input of the next node.
    fn rest_or_finish(&mut self, finished: usize) -> Turn {
        match self.cx.awaited() {
            (None, false) if self.cx.held() == 0 => self.finish_next(finished),
            (Some(_), _) | (None, _) => self.rest(),
        }
    }

    /// Waits for the stages' earliest event, or for a wake-up.
    fn rest(&mut self) -> Turn {
        let cx = &mut self.cx;
        let (until, _) = cx.awaited();
        if cx.state() == FlowState::Running {
            cx.enter(FlowState::Suspended);
        }
        let until = until.filter(|_| !cx.waits_for_reader());
        self.rest_until(until)
    }

    /// Waits until a time, or for a wake-up.
    fn rest_until(&mut self, until: Option<Time>) -> Turn {
        match until {
            Some(until) => {
                let until = self.cx.clock().wait_until(until);
                until.map_or(Turn::Again, |until| Turn::Rest(Some(until)))
            }
            None => Turn::Rest(None),
        }
    }

    /// Ends the input of the next node in topological order. The elements that an aggregator then emits pass all the
    /// way before the node after it is finished.
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

    /// Ends the run. `finished`: number of nodes whose input has ended; `None` when not all stages could be prepared.
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
            && !cx.halt.is_cancelled()
        {
            for failure in nodes.iter_mut().skip(finished).filter_map(|node| node.rescue(cx).err()) {
                keep(&mut self.failures, failure);
            }
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
        if self.cx.halt.is_cancelled() {
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

/// Records a failure, unless one of the same file or stream says the same.
fn keep(failures: &mut Vec<Failure>, failure: Failure) {
    if !failures.iter().any(|known| known.covers(&failure)) {
        failures.push(failure);
    }
}

/// Whether a call failed only because the run's time had passed.
fn is_time_up(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::TimeUp(_))
}

impl Task for Run {
    fn turn(&mut self) -> Turn {
        self.cx.halt.drives_here();
        match self.phase {
            Phase::New => self.init(),
            Phase::Prepared => self.begin(),
            Phase::Working { finished } => self.work(finished),
            Phase::Failing { finished } => self.wind_up(finished),
            Phase::Over(_) => Turn::Done,
        }
    }
}
