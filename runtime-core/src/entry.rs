//! The executable: its command line, and one run of its flows.

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::engine::CodeMap;
use crate::error::{DRIVER, Failure};
use crate::flow::{Ending, FlowEntry};
use crate::plan::{FlowPlan, ProgramPlan};
use crate::report;
use crate::session::{self, Configs, FlowEnd, FlowStart, Outcome, Paths, RunOptions, Session, Stop, Stuck};
use crate::stdio::{self, Standard};
use crate::words::count;
use serde_json::{Value, json};

mod arguments;
mod configs;
mod describe;
mod observer;
mod signals;
mod output;

use arguments::{Command, RunArguments};
use observer::Reporter;
use output::{BadArguments, Format, Outlet, OutputOptions};
use signals::Signals;

/// Exit code for a wrong command line or a missing input, as in the CLI reference.
const USAGE: u8 = 2;
/// Longest time without progress of standard error's reader: at the end of the process, and after a cancellation.
const READER_PATIENCE: Duration = Duration::from_secs(5);
const STOPPED_PATIENCE: Duration = Duration::from_millis(200);
/// Exit code after SIGINT.
const INTERRUPTED: u8 = 130;

/// The `main` of every executable.
#[must_use]
pub fn main(program: &'static ProgramPlan, paths: Paths, flows: &'static [FlowEntry]) -> ExitCode {
    let parsed = arguments::parse(program, flows);
    let output = parsed.output;
    let done = match parsed.command {
        Ok(Command::Run(arguments)) => run(program, paths, &arguments, &output),
        Ok(Command::Inspect(format)) => Ok(print(&match format {
            Format::Human => describe::text(program),
            Format::Json => describe::json(program),
        })),
        Ok(Command::Help) => Ok(print(&arguments::help(program, flows))),
        Ok(Command::Version) => Ok(print(&format!("{} {}\n", program.name, program.version))),
        Err(error) => Err(error),
    };
    let code = done.unwrap_or_else(|error| {
        output::refuse(&output, &error);
        USAGE
    });
    stdio::finish(READER_PATIENCE);
    ExitCode::from(code)
}

fn run(
    program: &'static ProgramPlan,
    paths: Paths,
    arguments: &RunArguments,
    output: &OutputOptions,
) -> Result<u8, BadArguments> {
    let started = Instant::now();
    // Before any file is opened: configurations are part of the command line.
    let configs = arguments.entries.iter();
    let configs = configs.map(|entry| configs::resolve(entry.plan, &arguments.ends, &arguments.configs));
    let configs = configs.collect::<Result<Vec<Configs>, BadArguments>>()?;
    let mut outlet = Outlet::open(output.clone())?;
    let map = arguments.code_map.map(|new| new()).transpose();
    let map = map.map_err(|error| BadArguments::new(format!("`--perf-map`: {error}")))?;
    if let Some(map) = map.as_ref().filter(|_| output.announces()) {
        eprint(&format!(
            "The addresses of functions go to {}\n\n",
            map.path().display()
        ));
    }
    let stop = Arc::new(Stop::default());
    let flows = match begin(program, paths, &stop, map) {
        Ok((session, signals)) => {
            let starts = arguments.entries.iter().zip(configs);
            let starts = starts.map(|(entry, configs)| start(entry, configs, arguments, output));
            let prepared = session.prepare(starts.collect());
            if output.debugs() {
                let elapsed = started.elapsed().as_secs_f64() * 1e3;
                eprint(&format!("debug: instantiated after {elapsed:.2} ms\n"));
            }
            let ended = prepared.run().into_iter();
            ended.map(|flow| result(flow, arguments, &signals, output)).collect()
        }
        Err(failure) => {
            let failure = session::explained(failure, program, arguments.entries[0].plan);
            let entries = arguments.entries.iter();
            entries
                .map(|entry| not_started(entry, &failure, None, output))
                .collect()
        }
    };
    Ok(report_all(flows, arguments.all, &mut outlet, || {
        stop.cancelled().is_none()
    }))
}

/// Installs the signal handlers and starts the session that they stop.
fn begin(
    program: &'static ProgramPlan,
    paths: Paths,
    stop: &Arc<Stop>,
    map: Option<Arc<dyn CodeMap>>,
) -> Result<(Session, Signals), Failure> {
    let signals = Signals::install(Arc::clone(stop)).map_err(|error| Failure::at_start(&error))?;
    let of_watchdog = signals.clone();
    let on_stuck = Box::new(move |stuck| abandon(&of_watchdog, stuck));
    Ok((Session::start(program, paths, stop, on_stuck, map)?, signals))
}

fn start(entry: &'static FlowEntry, configs: Configs, arguments: &RunArguments, output: &OutputOptions) -> FlowStart {
    let announcement = output.announces().then(|| announcement(entry.plan, arguments.limit));
    FlowStart {
        entry,
        options: RunOptions {
            limit: arguments.limit,
            timeout: arguments.timeout,
            clock: arguments.clock,
        },
        ends: arguments.ends.clone(),
        configs,
        observer: Some(Box::new(Reporter::new(
            output.least_severity(),
            arguments.named(entry),
            announcement,
        ))),
    }
}

/// The announcement of a flow's start.
fn announcement(plan: &FlowPlan, limit: Option<u64>) -> String {
    let limit = limit.map_or_else(String::new, |limit| format!(" (limit: {})", count(limit, "element")));
    format!("▶ Running flow \"{}\"{limit}\n\n", plan.name)
}

/// The result of a flow, ready for output.
struct FlowResult {
    exit_code: u8,
    /// Summary and account, as text.
    account: String,
    /// Failures, as text.
    errors: String,
    /// The whole result, as JSON.
    object: Value,
}

/// The result of a flow that could not be started.
fn not_started(entry: &FlowEntry, failure: &Failure, flow: Option<&str>, output: &OutputOptions) -> FlowResult {
    FlowResult {
        exit_code: 1,
        account: String::new(),
        errors: report::failure_text(failure, flow, output.color),
        object: json!({
            "flow": entry.plan.name, "state": "failed", "errors": [report::failure_json(failure)], "exit_code": 1,
        }),
    }
}

/// Reports the results: first the accounts of all flows, then, where they are most visible, the failures. Returns the
/// exit code.
fn report_all(flows: Vec<FlowResult>, all: bool, outlet: &mut Outlet, is_wanted: impl Fn() -> bool) -> u8 {
    let exit_code = flows.iter().map(|flow| flow.exit_code).max().unwrap_or(0);
    for flow in &flows {
        outlet.say(&flow.account);
    }
    for (position, flow) in flows.iter().enumerate() {
        // A failure shared by several flows is reported once.
        if flows[..position].iter().all(|before| before.errors != flow.errors) {
            outlet.say(&flow.errors);
        }
    }
    let mut objects: Vec<Value> = flows.into_iter().map(|flow| flow.object).collect();
    let object = match all {
        true => of_all(objects, exit_code),
        false => objects.remove(0),
    };
    if outlet.options().debugs() {
        outlet.say(&format!("debug: {object}\n"));
    }
    match outlet.write_object(&object, is_wanted) {
        true => exit_code,
        false => exit_code.max(1),
    }
}

/// The results of all flows as one object.
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

/// The result of a flow, as text and as an object.
fn result(flow: FlowEnd, arguments: &RunArguments, signals: &Signals, output: &OutputOptions) -> FlowResult {
    let named = arguments.named(flow.entry);
    let (report, outcome) = match flow.account {
        Ok(account) => account,
        Err(failure) => {
            let named = named.filter(|_| failure.node != DRIVER);
            return not_started(flow.entry, &failure, named, output);
        }
    };
    let exit_code = exit_code(&outcome, signals);
    let failures = outcome.failures.iter();
    let failures = failures.map(|failure| report::failure_text(failure, named, output.color));
    let failed = matches!(outcome.ending, Ending::Failed | Ending::Cancelled) || !outcome.failures.is_empty();
    let account = match (output.whole, output.announces()) {
        (true, _) => report.to_text(&outcome),
        // Without a failure that says why elements are lost.
        (false, false) if matches!(outcome.ending, Ending::Cancelled) && outcome.failures.is_empty() => {
            report.remnant(&outcome)
        }
        (false, true) if failed => report.remnant(&outcome),
        (false, true) => report.to_text(&outcome),
        (false, false) => String::new(),
    };
    FlowResult {
        exit_code,
        account,
        errors: failures.collect(),
        object: report.to_json(&outcome, exit_code),
    }
}

fn exit_code(outcome: &Outcome, signals: &Signals) -> u8 {
    match outcome.ending {
        Ending::TimedOut if !outcome.failures.is_empty() => 1,
        Ending::Completed | Ending::TimedOut => 0,
        Ending::Interrupted if signals.was_interrupted() => INTERRUPTED,
        Ending::Interrupted => 0,
        Ending::Cancelled if signals.was_interrupted() => INTERRUPTED,
        Ending::Cancelled | Ending::Failed => 1,
    }
}

/// Ends the process because a stage neither returns nor can be interrupted; or, after the runs, because the report
/// cannot be written.
fn abandon(signals: &Signals, stuck: Stuck) -> ! {
    eprint(match stuck {
        Stuck::Run => "error[E0402]: cancelled; a stage that waits in the host was abandoned\n",
        Stuck::Report => "error[E0402]: cancelled; the report was abandoned: it is not being read\n",
    });
    stdio::finish(STOPPED_PATIENCE);
    std::process::exit(i32::from(if signals.was_interrupted() { INTERRUPTED } else { 1 }))
}

/// Prints a result to standard output, and returns the exit code. A reader that closed the pipe has seen enough.
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

/// Prints a message before or after the flows to standard error.
fn eprint(text: &str) {
    stdio::write_long_message(text.as_bytes());
}

/// Whether messages are coloured by default.
fn colors_by_default() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
