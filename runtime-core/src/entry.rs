//! The executable: its command line, and one run of its flows.

use std::io::{self, IsTerminal};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::context::{RunContext, RunOptions};
use crate::control::{Control, Halt};
use crate::crossing::{Hosts, instantiation};
use crate::error::{Cause, DRIVER, Failure, Operation};
use crate::executor::{Group, Waker};
use crate::flow::{Ending, FlowEntry, Outcome, Pressure, Run, Setup};
use crate::plan::{FlowPlan, ProgramPlan};
use crate::replica::Replica;
use crate::report::{self, Report};
use crate::stdio::{self, Standard};
use crate::words::count;
use serde_json::{Value, json};

mod arguments;
mod configs;
mod describe;
mod groups;
mod room;
mod telling;

use arguments::{Command, RunArguments};
use configs::Configs;
use groups::{Members, run_groups};
use telling::{Format, Misuse, Outlet, Telling};

/// Exit code after bad arguments: a missing or wrong input, as in the CLI reference.
const USAGE: u8 = 2;
/// How long somebody who reads standard error may do nothing at the end, and after everything was to end at once.
const READER_PATIENCE: Duration = Duration::from_secs(5);
const STOPPED_PATIENCE: Duration = Duration::from_millis(200);
/// Exit code after SIGINT.
const INTERRUPTED: u8 = 130;

/// The `main` of every executable.
#[must_use]
pub fn main(program: &'static ProgramPlan, flows: &'static [FlowEntry]) -> ExitCode {
    let parsed = arguments::parse(program, flows);
    let telling = parsed.telling;
    let done = match parsed.command {
        Ok(Command::Run(arguments)) => run(program, &arguments, &telling),
        Ok(Command::Inspect(format)) => Ok(print(&match format {
            Format::Human => describe::text(program),
            Format::Json => describe::json(program),
        })),
        Ok(Command::Help) => Ok(print(&arguments::help(program, flows))),
        Ok(Command::Version) => Ok(print(&format!("{} {}\n", program.name, program.version))),
        Err(misuse) => Err(misuse),
    };
    let code = done.unwrap_or_else(|misuse| {
        telling::refuse(&telling, &misuse);
        USAGE
    });
    stdio::finish(READER_PATIENCE);
    ExitCode::from(code)
}

fn run(program: &'static ProgramPlan, arguments: &RunArguments, telling: &Telling) -> Result<u8, Misuse> {
    let started = Instant::now();
    // Before anything is opened: they are part of the command line.
    let configs = arguments.entries.iter();
    let configs = configs.map(|entry| configs::resolve(entry.plan, &arguments.ends, &arguments.configs));
    let configs = configs.collect::<Result<Vec<Configs>, Misuse>>()?;
    let mut outlet = Outlet::open(telling.clone())?;
    let mut control = None;
    let flows = match Hosts::start(program) {
        Ok(hosts) => {
            let session = Session {
                program,
                arguments,
                telling,
                configs,
                control: Arc::clone(hosts.control()),
                started,
            };
            control = Some(Arc::clone(&session.control));
            let _entered = hosts.enter();
            session.run(&hosts)
        }
        Err(error) => {
            let failure = unprepared(instantiation(&error));
            let failure = room::explained(failure, program, arguments.entries[0].plan);
            let entries = arguments.entries.iter();
            entries
                .map(|entry| refused(entry, failure.clone(), None, telling))
                .collect()
        }
    };
    let is_cancelled = || control.as_ref().is_some_and(|control| control.is_cancelled());
    Ok(tell(flows, arguments.all, &mut outlet, || !is_cancelled()))
}

/// What a flow came to.
struct Told {
    exit_code: u8,
    /// Summary and account, for people who want them.
    account: String,
    /// Its failures, for people.
    errors: String,
    /// Everything, for machines.
    object: Value,
}

/// A flow that could not be started.
fn refused(entry: &FlowEntry, failure: Failure, flow: Option<&str>, telling: &Telling) -> Told {
    Told {
        exit_code: 1,
        account: String::new(),
        errors: report::failure_text(&failure, flow, telling.color),
        object: json!({
            "flow": entry.plan.name, "state": "failed", "errors": [report::failure_json(&failure)], "exit_code": 1,
        }),
    }
}

/// Tells what the flows came to: of all of them what is worth telling, and at the end, where it is seen, what went wrong.
fn tell(flows: Vec<Told>, all: bool, outlet: &mut Outlet, is_wanted: impl Fn() -> bool) -> u8 {
    let exit_code = flows.iter().map(|flow| flow.exit_code).max().unwrap_or(0);
    for flow in &flows {
        outlet.say(&flow.account);
    }
    for (position, flow) in flows.iter().enumerate() {
        // What is not one flow's alone is told once.
        if flows[..position].iter().all(|before| before.errors != flow.errors) {
            outlet.say(&flow.errors);
        }
    }
    let mut objects: Vec<Value> = flows.into_iter().map(|flow| flow.object).collect();
    let object = match all {
        true => of_all(objects, exit_code),
        false => objects.remove(0),
    };
    if outlet.telling().debugs() {
        outlet.say(&format!("debug: {object}\n"));
    }
    match outlet.hand_over(&object, is_wanted) {
        true => exit_code,
        false => exit_code.max(1),
    }
}

/// One object of all flows.
fn of_all(flows: Vec<Value>, exit_code: u8) -> Value {
    let errors = flows.iter().flat_map(|flow| {
        let errors = flow["errors"].as_array().into_iter().flatten();
        errors.map(|error| {
            let mut error = error.clone();
            error["flow"] = flow["flow"].clone();
            error
        })
    });
    json!({ "errors": errors.collect::<Vec<Value>>(), "exit_code": exit_code, "flows": flows })
}

fn unprepared(cause: Cause) -> Failure {
    Failure {
        node: DRIVER,
        component: "(runtime)",
        operation: Operation::Instantiate,
        element: None,
        cause,
    }
}

/// One run of the flows that were asked for.
struct Session<'a> {
    program: &'static ProgramPlan,
    arguments: &'a RunArguments,
    telling: &'a Telling,
    /// The configurations that differ from the manifest's, of each flow.
    configs: Vec<Configs>,
    control: Arc<Control>,
    started: Instant,
}

/// A run of the session: one for each replica of a flow.
struct Seat {
    /// Position of its flow in the session.
    flow: usize,
    started: Started,
}

/// A run, before it runs and after.
enum Started {
    Run(Box<Run>),
    Failed(Failure),
    /// Another replica of the flow could not be started.
    Spared,
}

impl Session<'_> {
    fn run(&self, hosts: &Hosts) -> Vec<Told> {
        let groups = self.start(hosts);
        self.debug(|| {
            format!(
                "instantiated after {:.2} ms",
                self.started.elapsed().as_secs_f64() * 1e3
            )
        });
        let ended = run_groups(groups);
        self.control.runs_are_over();
        // In the order of the manifest, however they were grouped.
        let mut flows: Vec<Vec<Started>> = self.arguments.entries.iter().map(|_| Vec::new()).collect();
        for seat in ended {
            flows[seat.flow].push(seat.started);
        }
        let entries = self.arguments.entries.iter().copied();
        entries
            .zip(flows)
            .map(|(entry, runs)| self.finish(entry, runs))
            .collect()
    }

    /// Makes the stages of all flows: those that share their threads are one group, every other run is one by itself.
    fn start(&self, hosts: &Hosts) -> Vec<Members> {
        let entries = &self.arguments.entries;
        let runs = |shares: bool| entries.iter().filter(move |entry| entry.plan.own_thread != shares);
        let shared = Group::new(runs(true).map(|entry| entry.plan.replicas as usize).sum());
        let mut together = Members::new(shared, self.workers());
        let mut alone = Vec::new();
        for (flow, entry) in entries.iter().enumerate() {
            let mut groups: Vec<Members> = Vec::new();
            let wakers: Vec<Waker> = (0..entry.plan.replicas as usize)
                .map(|replica| {
                    if !entry.plan.own_thread {
                        return together.group.waker(together.seats.len() + replica);
                    }
                    groups.push(Members::new(Group::new(1), 1));
                    groups[replica].group.waker(0)
                })
                .collect();
            let started = self.start_flow(flow, wakers, hosts).into_iter();
            let seats = started.map(|started| Seat { flow, started });
            match entry.plan.own_thread {
                false => together.seats.extend(seats),
                true => alone.extend(groups.into_iter().zip(seats).map(|(group, seat)| group.with(seat))),
            }
        }
        let together = (!together.seats.is_empty()).then_some(together);
        together.into_iter().chain(alone).collect()
    }

    /// Threads of the flows that share them.
    fn workers(&self) -> usize {
        self.program.worker_threads.map_or_else(
            || thread::available_parallelism().map_or(1, NonZero::get),
            |workers| workers as usize,
        )
    }

    /// Makes the stages of each replica of a flow.
    fn start_flow(&self, flow: usize, wakers: Vec<Waker>, hosts: &Hosts) -> Vec<Started> {
        let (arguments, entry) = (self.arguments, self.arguments.entries[flow]);
        let plan = entry.plan;
        let runs = wakers.len();
        let refused = |started: Started| {
            let others = (1..runs).map(|_| Started::Spared);
            std::iter::once(started).chain(others).collect()
        };
        // Where each of them gets everything, each counts everything.
        let shared_limit = arguments.limit.filter(|_| plan.replicas_by.is_none());
        let team = Replica::team(wakers.clone(), shared_limit).into_iter().zip(wakers);
        let mut announcement = self.telling.announces().then(|| self.announcement(plan));
        let runs: Result<Vec<Started>, Failure> = team
            .map(|(replica, waker)| {
                let configs = configs::of_replica(plan, &self.configs[flow], &replica);
                self.control.on_stop(waker.clone());
                let announcement = announcement.take();
                let run = self.start_run(entry, replica, waker, configs, announcement, hosts)?;
                Ok(Started::Run(Box::new(run)))
            })
            .collect();
        runs.unwrap_or_else(|failure| refused(Started::Failed(room::explained(failure, self.program, plan))))
    }

    fn start_run(
        &self,
        entry: &'static FlowEntry,
        replica: Replica,
        waker: Waker,
        configs: Configs,
        announcement: Option<String>,
        hosts: &Hosts,
    ) -> Result<Run, Failure> {
        let (arguments, plan) = (self.arguments, entry.plan);
        let pool = hosts.pool(plan).map_err(|error| unprepared(instantiation(&error)))?;
        let options = RunOptions {
            limit: arguments.limit,
            timeout: arguments.timeout,
            clock: arguments.clock,
            told: self.telling.told(),
            is_one_of_many: arguments.all,
        };
        let halt = Arc::new(Halt::new(plan, &options, Arc::clone(&self.control)));
        let setup = Setup::new(hosts, plan, pool, &arguments.ends, waker.clone(), Arc::clone(&halt));
        let mut setup = setup.of(replica.clone());
        let flow = (entry.start)(&mut setup)?;
        let pressure = Pressure::new(plan, |node| arguments.ends.hears_pressure(&plan.nodes[node]));
        let cx = RunContext::new(plan, options, halt, waker, setup.into_pool(), pressure);
        let cx = cx.announced(announcement).of(replica);
        Ok(Run::new(flow, cx, configs))
    }

    /// What is told when the flow starts.
    fn announcement(&self, plan: &FlowPlan) -> String {
        let limit = self.arguments.limit;
        let limit = limit.map_or_else(String::new, |limit| format!(" (limit: {})", count(limit, "element")));
        format!("▶ Running flow \"{}\"{limit}\n\n", plan.name)
    }

    /// What the runs of a flow came to, one of each of its replicas.
    fn finish(&self, entry: &'static FlowEntry, runs: Vec<Started>) -> Told {
        let named = self.arguments.all.then_some(entry.plan.name);
        let mut ended = Vec::new();
        for started in runs {
            match started {
                Started::Run(run) => {
                    let (mut flow, mut cx, outcome) = run.into_outcome();
                    ended.push((Report::collect(flow.as_mut(), &mut cx, self.started.elapsed()), outcome));
                }
                Started::Failed(failure) => {
                    let named = named.filter(|_| failure.node != DRIVER);
                    return refused(entry, failure, named, self.telling);
                }
                Started::Spared => {}
            }
        }
        let (report, outcome) = report::merge(ended);
        let exit_code = exit_code(&outcome, &self.control);
        let failures = outcome.failures.iter();
        let failures = failures.map(|failure| report::failure_text(failure, named, self.telling.color));
        let telling = self.telling;
        let failed = matches!(outcome.ending, Ending::Failed | Ending::Cancelled) || !outcome.failures.is_empty();
        let account = match (telling.whole, telling.announces()) {
            (true, _) => report.to_text(&outcome),
            (false, true) if failed => report.remnant(&outcome),
            (false, true) => report.to_text(&outcome),
            (false, false) => String::new(),
        };
        Told {
            exit_code,
            account,
            errors: failures.collect(),
            object: report.to_json(&outcome, exit_code),
        }
    }

    fn debug(&self, text: impl FnOnce() -> String) {
        if self.telling.debugs() {
            eprint(&format!("debug: {}\n", text()));
        }
    }
}

fn exit_code(outcome: &Outcome, control: &Control) -> u8 {
    match outcome.ending {
        Ending::TimedOut if !outcome.failures.is_empty() => 1,
        Ending::Completed | Ending::TimedOut => 0,
        Ending::Interrupted if control.was_interrupted() => INTERRUPTED,
        Ending::Interrupted => 0,
        Ending::Cancelled if control.was_interrupted() => INTERRUPTED,
        Ending::Cancelled | Ending::Failed => 1,
    }
}

/// Ends the process because a stage neither ends nor can be interrupted; or, when the runs are over, because what they
/// came to can't be told.
pub(crate) fn abandon(was_interrupted: bool, runs_are_over: bool) -> ! {
    eprint(match runs_are_over {
        false => "error[E0402]: cancelled; a stage waits in the host and was abandoned\n",
        true => "error[E0402]: cancelled; the report was abandoned: nobody reads it\n",
    });
    stdio::finish(STOPPED_PATIENCE);
    std::process::exit(i32::from(if was_interrupted { INTERRUPTED } else { 1 }))
}

/// Prints a result. A reader that went away has seen enough.
fn print(text: &str) -> u8 {
    let printed = match stdio::was_closed(Standard::Output) {
        true => Err(io::Error::other(stdio::CLOSED_AT_START)),
        false => stdio::write_while_wanted(&mut io::stdout(), text, || true),
    };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprint(&format!("error[E0014]: cannot write to standard output: {error}\n"));
            1
        }
        Ok(()) | Err(_) => 0,
    }
}

/// Tells something before or after the flows.
fn eprint(text: &str) {
    stdio::tell_all(text.as_bytes());
}

/// Whether messages are coloured when the command line does not say.
fn colors_by_default() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
