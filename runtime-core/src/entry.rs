//! The executable: its command line, and one run of its flows.

use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::context::{RunContext, RunOptions};
use crate::control::Control;
use crate::crossing::Hosts;
use crate::error::{Cause, Failure, Operation};
use crate::event::Severity;
use crate::executor::{Group, Task, Turn, Waker};
use crate::flow::{Ending, FlowEntry, Outcome, Pressure, Run, Setup};
use crate::plan::ProgramPlan;
use crate::replica::Replica;
use crate::report::{self, Report};
use serde_json::json;

mod arguments;
mod configs;
mod describe;

use arguments::{Command, Format, LogLevel, RunArguments};
use configs::Configs;

/// Exit code after bad arguments: a missing or wrong input, as in the CLI reference.
const USAGE: u8 = 2;
/// Exit code after SIGINT.
const INTERRUPTED: u8 = 130;

/// The `main` of every executable.
#[must_use]
pub fn main(program: &'static ProgramPlan, flows: &'static [FlowEntry]) -> ExitCode {
    let code = match arguments::parse(program, flows) {
        Ok(Command::Run(arguments)) => run(program, &arguments),
        Ok(Command::Inspect(format)) => print(&match format {
            Format::Human => describe::text(program),
            Format::Json => describe::json(program),
        }),
        Ok(Command::Help) => print(&arguments::help(program, flows)),
        Ok(Command::Version) => print(&format!("{} {}\n", program.name, program.version)),
        Err(message) => {
            eprint(&format!(
                "error[E0704]: {message}\n  = help: `--help` lists the options\n"
            ));
            USAGE
        }
    };
    ExitCode::from(code)
}

fn run(program: &'static ProgramPlan, arguments: &RunArguments) -> u8 {
    let started = Instant::now();
    let hosts = match Hosts::start(program) {
        Ok(hosts) => hosts,
        Err(error) => return refuse(arguments, arguments.entries[0], &unprepared(format!("{error:#}"))),
    };
    let control = Arc::clone(hosts.control());
    let session = Session {
        program,
        arguments,
        control,
        started,
    };
    let _entered = hosts.enter();
    session.run(&hosts)
}

fn unprepared(text: String) -> Failure {
    Failure {
        node: "(driver)",
        component: "(runtime)",
        operation: Operation::Instantiate,
        element: None,
        cause: Cause::Instantiation(text),
    }
}

/// One run of the flows that were asked for.
struct Session<'a> {
    program: &'static ProgramPlan,
    arguments: &'a RunArguments,
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
    /// The arguments do not fit the flow.
    Misused(String),
    /// Another replica of the flow could not be started.
    Spared,
}

impl Session<'_> {
    fn run(&self, hosts: &Hosts) -> u8 {
        let groups = self.start(hosts);
        self.debug(|| {
            format!(
                "instantiated after {:.2} ms",
                self.started.elapsed().as_secs_f64() * 1e3
            )
        });
        let ended = thread::scope(|scope| {
            let mut groups = groups.into_iter();
            let first = groups.next();
            let others: Vec<_> = groups.map(|members| scope.spawn(move || members.run())).collect();
            let mut ended = first.map_or_else(Vec::new, Members::run);
            for other in others {
                ended.extend(other.join().expect("invariant: panics abort the process"));
            }
            ended
        });
        // In the order of the manifest, however they were grouped.
        let mut flows: Vec<Vec<Started>> = self.arguments.entries.iter().map(|_| Vec::new()).collect();
        for seat in ended {
            flows[seat.flow].push(seat.started);
        }
        let entries = self.arguments.entries.iter().copied();
        let codes = entries.zip(flows).map(|(entry, runs)| self.finish(entry, runs));
        codes.max().unwrap_or(0)
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
            let started = self.start_flow(entry, wakers, hosts).into_iter();
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
    fn start_flow(&self, entry: &'static FlowEntry, wakers: Vec<Waker>, hosts: &Hosts) -> Vec<Started> {
        let (arguments, plan) = (self.arguments, entry.plan);
        let runs = wakers.len();
        let refused = |started: Started| {
            let others = (1..runs).map(|_| Started::Spared);
            std::iter::once(started).chain(others).collect()
        };
        let configs = match configs::resolve(plan, &arguments.ends, &arguments.configs) {
            Ok(configs) => configs,
            Err(message) => return refused(Started::Misused(message)),
        };
        if arguments.announces() {
            let limit = arguments
                .limit
                .map_or_else(String::new, |limit| format!(" (limit: {limit} elements)"));
            eprint(&format!("▶ Running flow \"{}\"{limit}\n\n", plan.name));
        }
        // Where each of them gets everything, each counts everything.
        let shared_limit = arguments.limit.filter(|_| plan.replicas_by.is_none());
        let team = Replica::team(wakers.clone(), shared_limit).into_iter().zip(wakers);
        let runs: Result<Vec<Started>, Failure> = team
            .map(|(replica, waker)| {
                let configs = configs::of_replica(plan, &configs, &replica);
                self.control.on_stop(waker.clone());
                let run = self.start_run(entry, replica, waker, configs, hosts)?;
                Ok(Started::Run(Box::new(run)))
            })
            .collect();
        runs.unwrap_or_else(|failure| refused(Started::Failed(failure)))
    }

    fn start_run(
        &self,
        entry: &'static FlowEntry,
        replica: Replica,
        waker: Waker,
        configs: Configs,
        hosts: &Hosts,
    ) -> Result<Run, Failure> {
        let (arguments, plan) = (self.arguments, entry.plan);
        let pool = hosts.pool(plan).map_err(|error| unprepared(format!("{error:#}")))?;
        let setup = Setup::new(hosts, plan, pool, &arguments.ends, waker.clone(), arguments.clock);
        let mut setup = setup.of(replica.clone());
        let flow = (entry.start)(&mut setup)?;
        let options = RunOptions {
            limit: arguments.limit,
            timeout: arguments.timeout,
            clock: arguments.clock,
            told: arguments.told(),
        };
        let pressure = Pressure::new(plan, |node| arguments.ends.hears_pressure(&plan.nodes[node]));
        let (control, pool) = (Arc::clone(&self.control), setup.into_pool());
        let cx = RunContext::new(plan, options, control, waker, pool, pressure).of(replica);
        Ok(Run::new(flow, cx, configs))
    }

    /// Tells what the runs of a flow came to, one of each of its replicas.
    fn finish(&self, entry: &'static FlowEntry, runs: Vec<Started>) -> u8 {
        let mut ended = Vec::new();
        for started in runs {
            match started {
                Started::Run(run) => {
                    let (mut flow, mut cx, outcome) = run.into_outcome();
                    ended.push((Report::collect(flow.as_mut(), &mut cx, self.started.elapsed()), outcome));
                }
                Started::Failed(failure) => return refuse(self.arguments, entry, &failure),
                Started::Misused(message) => {
                    eprint(&format!("error[E0704]: {message}\n"));
                    return USAGE;
                }
                Started::Spared => {}
            }
        }
        let (report, outcome) = report::merge(ended);
        let code = exit_code(&outcome, &self.control);
        self.tell(&report, &outcome, code);
        code
    }

    fn tell(&self, report: &Report, outcome: &Outcome, code: u8) {
        let arguments = self.arguments;
        match arguments.format {
            Format::Human => {
                for failure in &outcome.failures {
                    eprint(&report::failure_text(failure, arguments.color));
                }
                if arguments.announces() {
                    eprint(&report.to_text(outcome));
                }
                self.debug(|| report.to_json(outcome, code).to_string());
            }
            Format::Json => {
                print(&format!("{}\n", report.to_json(outcome, code)));
            }
        }
    }

    fn debug(&self, text: impl FnOnce() -> String) {
        if self.arguments.log_level >= LogLevel::Debug && self.arguments.format == Format::Human {
            eprint(&format!("debug: {}\n", text()));
        }
    }
}

/// Runs that share their threads.
struct Members {
    group: Group,
    workers: usize,
    seats: Vec<Seat>,
}

impl Members {
    fn new(group: Group, workers: usize) -> Self {
        Self {
            group,
            workers,
            seats: Vec::new(),
        }
    }

    fn with(mut self, seat: Seat) -> Self {
        self.seats.push(seat);
        self
    }

    fn run(self) -> Vec<Seat> {
        self.group.run(self.seats, self.workers)
    }
}

impl Task for Seat {
    fn turn(&mut self) -> Turn {
        match &mut self.started {
            Started::Run(run) => run.turn(),
            Started::Failed(_) | Started::Misused(_) | Started::Spared => Turn::Done,
        }
    }
}

fn exit_code(outcome: &Outcome, control: &Control) -> u8 {
    match outcome.ending {
        Ending::Completed | Ending::TimedOut => 0,
        Ending::Interrupted if control.was_interrupted() => INTERRUPTED,
        Ending::Interrupted => 0,
        Ending::Cancelled if control.was_interrupted() => INTERRUPTED,
        Ending::Cancelled | Ending::Failed => 1,
    }
}

/// Tells of a flow that could not be started.
fn refuse(arguments: &RunArguments, entry: &FlowEntry, failure: &Failure) -> u8 {
    match arguments.format {
        Format::Human => eprint(&report::failure_text(failure, arguments.color)),
        Format::Json => {
            let text = json!({
                "flow": entry.plan.name, "state": "failed", "errors": [report::failure_json(failure)], "exit_code": 1,
            });
            print(&format!("{text}\n"));
        }
    }
    1
}

/// Ends the process because a stage neither ends nor can be interrupted.
pub(crate) fn abandon(was_interrupted: bool) -> ! {
    eprint("error[E0402]: cancelled; a stage waits in the host and was abandoned\n");
    std::process::exit(i32::from(if was_interrupted { INTERRUPTED } else { 1 }))
}

impl RunArguments {
    /// Whether start and summary are told to people.
    fn announces(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Info
    }

    /// Which events are told when they happen.
    fn told(&self) -> Option<Severity> {
        match (self.format, self.log_level) {
            (Format::Json, _) | (Format::Human, LogLevel::Error) => None,
            (Format::Human, LogLevel::Warn | LogLevel::Info) => Some(Severity::Warning),
            (Format::Human, LogLevel::Debug | LogLevel::Trace) => Some(Severity::Detail),
        }
    }
}

/// Prints a result. A reader that went away is no error of ours.
fn print(text: &str) -> u8 {
    match io::stdout()
        .write_all(text.as_bytes())
        .and_then(|()| io::stdout().flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => 1,
        Ok(()) | Err(_) => 0,
    }
}

pub(crate) fn eprint(text: &str) {
    // With standard error gone there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether messages are coloured when the command line does not say.
fn colors_by_default() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
