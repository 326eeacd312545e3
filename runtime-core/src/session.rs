//! Sessions: running flows as a library. A session starts flows, waits for them and returns their reports; [`Stop`]
//! asks them to stop. It prints nothing itself, handles no signal and never ends the process.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::context::{Pressure, RunContext};
use crate::crossing::{Entered, Hosts, Setup};
use crate::engine::CodeMap;
use crate::error::Failure;
use crate::event::Observer;
use crate::executor::{Group, Waker};
use crate::flow::{FlowEntry, Run};
use crate::plan::{FlowPlan, ProgramPlan};
use crate::replica::Replica;
use crate::report;
use crate::watchdog::{Halt, Limits, Watchdog};

pub use crate::context::{Ends, RunOptions};
pub use crate::crossing::Paths;
pub use crate::flow::Outcome;
pub use crate::report::Report;
pub use crate::watchdog::{OnStuck, Stop, Stuck};

mod groups;
mod room;

use groups::{ThreadGroup, run_groups};
pub(crate) use room::explained;

/// Configurations that replace those of the manifest, by node.
pub type Configs = BTreeMap<&'static str, String>;

/// A flow to start, with its options.
pub struct FlowStart {
    /// The flow.
    pub entry: &'static FlowEntry,
    /// Limits and clock.
    pub options: RunOptions,
    /// The ends that are replaced.
    pub ends: Ends,
    /// The configurations that differ from the manifest's.
    pub configs: Configs,
    /// Receiver of the first replica's events.
    pub observer: Option<Box<dyn Observer>>,
}

/// Result of a flow.
pub struct FlowEnd {
    /// The flow.
    pub entry: &'static FlowEntry,
    /// Report and outcome; or the reason why the flow could not be started.
    pub account: Result<(Report, Outcome), Failure>,
}

/// State that the flows of a program need while they run.
pub struct Session {
    program: &'static ProgramPlan,
    hosts: Hosts,
    started: Instant,
}

impl Session {
    /// Prepares the state that the flows of a program need. `stop` asks them to stop; `on_stuck` is called when a
    /// cancelled flow does not end; the program's code is noted in `map`.
    ///
    /// # Errors
    /// When the system has no thread for the watchdog, or this machine cannot run the code of the program.
    pub fn start(
        program: &'static ProgramPlan,
        paths: Paths,
        stop: &Arc<Stop>,
        on_stuck: OnStuck,
        map: Option<Arc<dyn CodeMap>>,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        let watchdog = Watchdog::start(Arc::clone(stop), on_stuck);
        let watchdog = watchdog.map_err(|error| Failure::at_start(&error.into()))?;
        let hosts = Hosts::start(program, paths, watchdog, map);
        Ok(Self {
            program,
            hosts: hosts.map_err(|error| Failure::at_start(&error))?,
            started,
        })
    }

    /// Makes the stages of flows. The calling thread has to run them too.
    #[must_use]
    pub fn prepare(&self, flows: Vec<FlowStart>) -> Prepared<'_> {
        let entered = self.hosts.enter();
        let entries = flows.iter().map(|flow| flow.entry).collect();
        Prepared {
            groups: self.groups(flows),
            session: self,
            entries,
            _entered: entered,
        }
    }

    /// Makes the stages of all flows. Flows that share threads form one group, every other run a group of its own.
    fn groups(&self, flows: Vec<FlowStart>) -> Vec<ThreadGroup> {
        let sharing = flows.iter().filter(|flow| !flow.entry.plan.own_thread);
        let shared = Group::new(sharing.map(|flow| flow.entry.plan.replicas as usize).sum());
        let mut together = ThreadGroup::new(shared, self.workers());
        let mut alone = Vec::new();
        for (position, flow) in flows.into_iter().enumerate() {
            let plan = flow.entry.plan;
            let mut groups: Vec<ThreadGroup> = Vec::new();
            let wakers: Vec<Waker> = (0..plan.replicas as usize)
                .map(|replica| {
                    if !plan.own_thread {
                        return together.group.waker(together.slots.len() + replica);
                    }
                    groups.push(ThreadGroup::new(Group::new(1), 1));
                    groups[replica].group.waker(0)
                })
                .collect();
            let started = self.start_flow(flow, wakers).into_iter();
            let slots = started.map(|started| Slot {
                flow: position,
                started,
                ended: None,
            });
            match plan.own_thread {
                false => together.slots.extend(slots),
                true => alone.extend(groups.into_iter().zip(slots).map(|(group, slot)| group.with(slot))),
            }
        }
        let together = (!together.slots.is_empty()).then_some(together);
        together.into_iter().chain(alone).collect()
    }

    /// Number of threads for the flows that share them.
    fn workers(&self) -> usize {
        self.program.worker_threads.map_or_else(
            || thread::available_parallelism().map_or(1, NonZero::get),
            |workers| workers as usize,
        )
    }

    /// Makes the stages of each replica of a flow.
    fn start_flow(&self, mut flow: FlowStart, wakers: Vec<Waker>) -> Vec<Started> {
        let plan = flow.entry.plan;
        let runs = wakers.len();
        // Where every replica gets all elements, each counts all of them.
        let shared_limit = flow.options.limit.filter(|_| plan.replicas_by.is_none());
        let team = Replica::team(wakers.clone(), shared_limit).into_iter().zip(wakers);
        let started: Result<Vec<Started>, Failure> = team
            .map(|(replica, waker)| {
                self.hosts.watchdog().stop().wakes(waker.clone());
                let observer = flow.observer.take();
                let run = self.start_run(&flow, replica, waker, observer)?;
                Ok(Started::Run(Box::new(run)))
            })
            .collect();
        started.unwrap_or_else(|failure| {
            let failed = Started::Failed(explained(failure, self.program, plan));
            let others = (1..runs).map(|_| Started::Omitted);
            std::iter::once(failed).chain(others).collect()
        })
    }

    fn start_run(
        &self,
        flow: &FlowStart,
        replica: Replica,
        waker: Waker,
        observer: Option<Box<dyn Observer>>,
    ) -> Result<Run, Failure> {
        let (plan, options) = (flow.entry.plan, flow.options);
        let pool = self.hosts.pool(plan).map_err(|error| Failure::at_start(&error))?;
        let limits = Limits {
            clock: options.clock,
            timeout: options.timeout,
            deadline: plan.deadline_ms.map(Duration::from_millis),
        };
        let halt = Arc::new(Halt::new(limits, Arc::clone(self.hosts.watchdog().stop())));
        let setup = Setup::new(&self.hosts, plan, pool, &flow.ends, waker.clone(), Arc::clone(&halt));
        let mut setup = setup.of(replica.clone());
        let driver = (flow.entry.start)(&mut setup)?;
        let pressure = Pressure::new(plan, |node| flow.ends.hears_pressure(&plan.nodes[node]));
        let cx = RunContext::new(plan, options, halt, waker, setup.into_pool(), pressure);
        let configs = of_replica(plan, &flow.configs, &replica);
        Ok(Run::new(driver, cx.observed_by(observer).of(replica), configs))
    }

    /// The result of a flow, from the runs of its replicas, each with the time from the session's start to its end.
    fn end(entry: &'static FlowEntry, runs: Vec<(Started, Duration)>) -> FlowEnd {
        let mut ended = Vec::new();
        for (started, took) in runs {
            match started {
                Started::Run(run) => {
                    let (mut flow, mut cx, outcome) = run.into_outcome();
                    ended.push((Report::collect(flow.as_mut(), &mut cx, took), outcome));
                }
                Started::Failed(failure) => {
                    let account = Err(failure);
                    return FlowEnd { entry, account };
                }
                Started::Omitted => {}
            }
        }
        let account = Ok(report::merge(ended));
        FlowEnd { entry, account }
    }
}

/// Flows whose stages are made.
pub struct Prepared<'a> {
    session: &'a Session,
    entries: Vec<&'static FlowEntry>,
    groups: Vec<ThreadGroup>,
    /// Guard of the thread's preparation for calls.
    _entered: Option<Box<dyn Entered + 'a>>,
}

impl Prepared<'_> {
    /// Runs the flows to their ends: some on the calling thread, the others on threads of their own. Returns their
    /// results, in the order of the flows.
    #[must_use]
    pub fn run(self) -> Vec<FlowEnd> {
        let hosts = &self.session.hosts;
        let ended = run_groups(self.groups);
        hosts.watchdog().runs_are_over();
        let mut runs: Vec<Vec<(Started, Duration)>> = self.entries.iter().map(|_| Vec::new()).collect();
        for slot in ended {
            let ended = slot.ended.unwrap_or_else(Instant::now);
            runs[slot.flow].push((slot.started, ended.duration_since(self.session.started)));
        }
        let flows = self.entries.into_iter().zip(runs);
        flows.map(|(entry, runs)| Session::end(entry, runs)).collect()
    }
}

/// The configurations of one replica that differ from the manifest's: `configs`, and those with placeholders.
fn of_replica(plan: &'static FlowPlan, configs: &Configs, replica: &Replica) -> Configs {
    let filled = plan.nodes.iter().filter_map(|node| {
        let general = configs.get(node.name).map_or(node.config, String::as_str);
        let own = replica.fill(general);
        (own != node.config).then_some((node.name, own))
    });
    filled.collect()
}

/// The place of a replica's run in its thread group.
struct Slot {
    /// Position of its flow in the session.
    flow: usize,
    started: Started,
    /// Time of its last turn; `None` before.
    ended: Option<Instant>,
}

/// A run of a replica, before and after it runs.
enum Started {
    Run(Box<Run>),
    Failed(Failure),
    /// Not started, because another replica of the flow could not be.
    Omitted,
}
