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
use crate::executor::{Group, Waker};
use crate::flow::{Ending, FlowEntry, Outcome, Pressure, Run, Setup};
use crate::plan::ProgramPlan;
use crate::report::{self, Report};
use serde_json::json;

mod arguments;
mod configs;
mod describe;

use arguments::{Command, Format, LogLevel, RunArguments};

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

/// A flow of the session, before it runs and after.
enum Started {
    Run(Box<Run>),
    Failed(&'static FlowEntry, Failure),
    /// Its arguments do not fit it.
    Misused(String),
}

impl Session<'_> {
    fn run(&self, hosts: &Hosts) -> u8 {
        let entries = &self.arguments.entries;
        let shared: Vec<&'static FlowEntry> = entries.iter().copied().filter(|entry| !entry.plan.own_thread).collect();
        let alone: Vec<&'static FlowEntry> = entries.iter().copied().filter(|entry| entry.plan.own_thread).collect();
        let mut groups = Vec::new();
        if !shared.is_empty() {
            groups.push(self.start(&shared, hosts));
        }
        for entry in &alone {
            groups.push(self.start(std::slice::from_ref(entry), hosts));
        }
        self.debug(|| {
            format!(
                "instantiated after {:.2} ms",
                self.started.elapsed().as_secs_f64() * 1e3
            )
        });
        let workers = self.program.worker_threads.map_or_else(
            || thread::available_parallelism().map_or(1, NonZero::get),
            |workers| workers as usize,
        );
        let ended = thread::scope(|scope| {
            let mut groups = groups.into_iter();
            let first = groups.next();
            let others: Vec<_> = groups
                .map(|members| scope.spawn(move || run_group(members, 1)))
                .collect();
            let first_workers = if shared.is_empty() { 1 } else { workers };
            let mut ended = first.map_or_else(Vec::new, |members| run_group(members, first_workers));
            for other in others {
                ended.extend(other.join().expect("invariant: panics abort the process"));
            }
            ended
        });
        // In the order of the manifest, however they were grouped.
        let order = shared.iter().chain(&alone).map(|entry| entry.plan.name);
        let mut named: Vec<(&str, Started)> = order.zip(ended).collect();
        named.sort_by_key(|(name, _)| entries.iter().position(|entry| entry.plan.name == *name));
        let codes = named.into_iter().map(|(_, started)| self.finish(started));
        codes.max().unwrap_or(0)
    }

    /// Makes the stages of flows that share their threads.
    fn start(&self, entries: &[&'static FlowEntry], hosts: &Hosts) -> Members {
        let group = Group::new(entries.len());
        let started = entries.iter().enumerate().map(|(task, entry)| {
            let waker = group.waker(task);
            self.control.on_stop(waker.clone());
            self.start_flow(entry, waker, hosts)
        });
        let started = started.collect();
        Members { group, started }
    }

    fn start_flow(&self, entry: &'static FlowEntry, waker: Waker, hosts: &Hosts) -> Started {
        let (arguments, plan) = (self.arguments, entry.plan);
        let configs = match configs::resolve(plan, &arguments.ends, &arguments.configs) {
            Ok(configs) => configs,
            Err(message) => return Started::Misused(message),
        };
        if arguments.announces() {
            let limit = arguments
                .limit
                .map_or_else(String::new, |limit| format!(" (limit: {limit} elements)"));
            eprint(&format!("▶ Running flow \"{}\"{limit}\n\n", plan.name));
        }
        let pool = match hosts.pool(plan) {
            Ok(pool) => pool,
            Err(error) => return Started::Failed(entry, unprepared(format!("{error:#}"))),
        };
        let mut setup = Setup::new(hosts, plan, &pool, &arguments.ends, waker.clone(), arguments.clock);
        let flow = match (entry.start)(&mut setup) {
            Ok(flow) => flow,
            Err(failure) => return Started::Failed(entry, failure),
        };
        let options = RunOptions {
            limit: arguments.limit,
            timeout: arguments.timeout,
            clock: arguments.clock,
            told: arguments.told(),
        };
        let pressure = Pressure::new(plan, |node| arguments.ends.hears_pressure(&plan.nodes[node]));
        let cx = RunContext::new(plan, options, Arc::clone(&self.control), waker, pool, pressure);
        Started::Run(Box::new(Run::new(flow, cx, configs)))
    }

    fn finish(&self, started: Started) -> u8 {
        match started {
            Started::Run(run) => {
                let (mut flow, mut cx, outcome) = run.into_outcome();
                let report = Report::collect(flow.as_mut(), &mut cx, self.started.elapsed());
                let code = exit_code(&outcome, &cx.control);
                self.tell(&report, &outcome, code);
                code
            }
            Started::Failed(entry, failure) => refuse(self.arguments, entry, &failure),
            Started::Misused(message) => {
                eprint(&format!("error[E0704]: {message}\n"));
                USAGE
            }
        }
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

/// Flows that share their threads.
struct Members {
    group: Group,
    started: Vec<Started>,
}

impl crate::executor::Task for Started {
    fn turn(&mut self) -> crate::executor::Turn {
        match self {
            Started::Run(run) => run.turn(),
            Started::Failed(..) | Started::Misused(_) => crate::executor::Turn::Done,
        }
    }
}

fn run_group(members: Members, workers: usize) -> Vec<Started> {
    members.group.run(members.started, workers)
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
