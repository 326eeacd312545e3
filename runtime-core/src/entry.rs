//! The executable: its command line, and one run of one of its flows.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::context::RunContext;
use crate::control::Control;
use crate::crossing::component::Instantiator;
use crate::engine::{self, EngineOptions};
use crate::error::{Cause, Failure, Operation};
use crate::flow::{self, Ending, Flow, FlowEntry, Outcome, Setup};
use crate::plan::ProgramPlan;
use crate::report::{self, Report};

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
    let entry = arguments.entry;
    let configs = match configs::resolve(entry.plan, &arguments.ends, &arguments.configs) {
        Ok(configs) => configs,
        Err(message) => {
            eprint(&format!("error[E0704]: {message}\n"));
            return USAGE;
        }
    };
    if arguments.announces() {
        let limit = arguments
            .limit
            .map_or_else(String::new, |limit| format!(" (limit: {limit} elements)"));
        eprint(&format!("▶ Running flow \"{}\"{limit}\n\n", entry.plan.name));
    }
    // What components wait for runs on this one, instead of a pool of threads that wasmtime-wasi would start.
    let runtime = Builder::new_current_thread().enable_time().build().map(Arc::new);
    let _entered = runtime.as_ref().map(|runtime| runtime.enter());
    let prepared = match &runtime {
        Ok(runtime) => prepare(program, arguments, Arc::clone(runtime)),
        Err(error) => Err(unprepared(error.to_string())),
    };
    match prepared {
        Ok((mut flow, mut cx)) => {
            debug(arguments, || {
                format!("instantiated after {:.2} ms", started.elapsed().as_secs_f64() * 1e3)
            });
            let outcome = flow::run(flow.as_mut(), &mut cx, &configs);
            finish(arguments, flow.as_mut(), &mut cx, &outcome, started)
        }
        Err(failure) => {
            match arguments.format {
                Format::Human => eprint(&report::failure_text(&failure, arguments.color)),
                Format::Json => {
                    print(&format!(
                        "{}\n",
                        json!({ "errors": [report::failure_json(&failure)], "exit_code": 1 })
                    ));
                }
            }
            1
        }
    }
}

fn prepare(
    program: &ProgramPlan,
    arguments: &RunArguments,
    runtime: Arc<Runtime>,
) -> Result<(Box<dyn Flow>, RunContext), Failure> {
    let options = EngineOptions { fuel: program.fuel };
    let engine = engine::build(options).map_err(|error| unprepared(format!("{error:#}")))?;
    let control = Control::start(engine.clone()).map_err(|error| unprepared(error.to_string()))?;
    let instantiator = Instantiator::new(engine.clone(), options, program.wasi, control.clone(), runtime)
        .map_err(|error| unprepared(format!("{error:#}")))?;
    let mut setup = Setup::new(engine, instantiator, &arguments.ends);
    let flow = (arguments.entry.start)(&mut setup)?;
    Ok((
        flow,
        RunContext::new(arguments.entry.plan, control, arguments.limit, arguments.timeout),
    ))
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

fn finish(
    arguments: &RunArguments,
    flow: &mut dyn Flow,
    cx: &mut RunContext,
    outcome: &Outcome,
    started: Instant,
) -> u8 {
    let report = Report::collect(flow, cx, started.elapsed());
    let code = match outcome.ending {
        Ending::Completed | Ending::TimedOut => 0,
        Ending::Interrupted if cx.control.was_interrupted() => INTERRUPTED,
        Ending::Interrupted => 0,
        Ending::Cancelled if cx.control.was_interrupted() => INTERRUPTED,
        Ending::Cancelled | Ending::Failed => 1,
    };
    match arguments.format {
        Format::Human => {
            for failure in &outcome.failures {
                eprint(&report::failure_text(failure, arguments.color));
            }
            if arguments.announces() {
                eprint(&report.to_text(outcome));
            }
            debug(arguments, || report.to_json(outcome, code).to_string());
        }
        Format::Json => {
            print(&format!("{}\n", report.to_json(outcome, code)));
        }
    }
    code
}

fn debug(arguments: &RunArguments, text: impl FnOnce() -> String) {
    if arguments.log_level >= LogLevel::Debug && arguments.format == Format::Human {
        eprint(&format!("debug: {}\n", text()));
    }
}

impl RunArguments {
    /// Whether start and summary are told to people.
    fn announces(&self) -> bool {
        self.format == Format::Human && self.log_level >= LogLevel::Info
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

fn eprint(text: &str) {
    // With standard error gone there is nobody left to tell.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether messages are coloured when the command line does not say.
fn colors_by_default() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}
