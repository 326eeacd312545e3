//! `torvync run`

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};
use torvync_compiler::diag::{Code, Diagnostic};
use torvync_compiler::source::display_path;

use super::build::{Options, Profile, build};
use super::project::{Project, diagnose};
use crate::environment::LOG;
use crate::output::{Context, Outcome};
use crate::progress::Phases;
use crate::{Color, Format, LogLevel};

/// Exit code when there is nothing to run; 1 is for failures of the pipeline itself.
const NOTHING_TO_RUN: u8 = 2;

/// Phases of a build that take at least this long are shown: a build that is up to date is silent, one that keeps the
/// user waiting says why.
const NOTICEABLE: Duration = Duration::from_secs(1);

/// Build a project, and run the executable in place of this process
#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    project: Project,
    #[command(flatten)]
    profile: Profile,
    #[command(flatten)]
    options: RunOptions,
}

/// Options of the executable, passed on to it.
#[derive(Args)]
struct RunOptions {
    /// Run all flows at once
    #[arg(long, conflicts_with_all = ["flow", "positional_flow", "input", "output", "config"])]
    all: bool,
    /// Read lines from a file, `stdin` or `generator`, instead of a source of the flow
    #[arg(long, value_name = "[NODE=]SOURCE")]
    input: Vec<OsString>,
    /// Write lines to a file or `stdout`, instead of a sink of the flow. A file whose name has a `=` is written `./a=b`
    #[arg(long, value_name = "[NODE=]SINK")]
    output: Vec<OsString>,
    /// Process at most this many elements
    #[arg(long, value_name = "N", value_parser = elements, allow_hyphen_values = true)]
    limit: Option<u64>,
    /// Stop after this time, such as `30s` or `1m30s`
    #[arg(long, value_name = "DURATION", value_parser = duration, allow_hyphen_values = true)]
    timeout: Option<String>,
    /// Clock of the flows; simulated time advances only while all stages wait
    #[arg(long, value_enum, value_name = "CLOCK")]
    clock: Option<Clock>,
    /// Override a key of a node's configuration
    #[arg(long, value_name = "NODE.KEY=VALUE", value_parser = key_value)]
    config: Vec<String>,
    /// Print summary and account even if a flow failed; with a file, write the report there as a JSON object (`-`: to
    /// standard output)
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    report: Option<OsString>,
    /// Write the addresses of components' functions to /tmp/perf-<process>.map, for `perf`; needs `--profiling`
    #[arg(long, requires = "profiling")]
    perf_map: bool,
    /// Verbosity of the log
    #[arg(long, value_enum, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Clock {
    System,
    Simulated,
}

impl Clock {
    fn as_str(self) -> &'static str {
        match self {
            Clock::System => "system",
            Clock::Simulated => "simulated",
        }
    }
}

impl Run {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// Returns the file for the report, if one is named.
    pub(crate) fn report(&self) -> Option<OsString> {
        self.options.report.clone().filter(|file| !file.is_empty())
    }

    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let mut phases = Phases::new(context, if context.verbose { Duration::ZERO } else { NOTICEABLE });
        let options = Options {
            profile: &self.profile,
            target: None,
            output: None,
            emit: Vec::new(),
        };
        let built = match build(context, &self.project, options, &mut phases) {
            Ok(built) => built,
            Err(failed) => return failed.report(context).with_exit_code(NOTHING_TO_RUN),
        };
        drop(phases);
        if context.format.is_text() {
            diagnose(context, &mut Outcome::default(), &built.analysis);
        }
        let arguments = self.arguments(context);
        context
            .failure(start(&built.executable, &arguments))
            .with_exit_code(NOTHING_TO_RUN)
    }

    fn arguments(&self, context: &Context) -> Vec<OsString> {
        let options = &self.options;
        let limit = options.limit.map(|limit| limit.to_string());
        let level = options.log_level.or_else(|| log_level(context)).map(LogLevel::as_str);
        let mut arguments = vec![OsString::from("run")];
        arguments.extend(options.all.then(|| "--all".into()));
        arguments.extend(options.perf_map.then(|| "--perf-map".into()));
        arguments.extend(options.report.as_ref().map(|file| match file.is_empty() {
            true => "--report".into(),
            false => joined("--report=", file),
        }));
        for (name, values) in [("--input=", &options.input), ("--output=", &options.output)] {
            arguments.extend(values.iter().map(|value| joined(name, value)));
        }
        for setting in &options.config {
            arguments.push(joined("--config=", OsStr::new(setting)));
        }
        let mut option = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                arguments.extend([name, value].map(OsString::from));
            }
        };
        option("--flow", self.project.flow());
        option("--limit", limit.as_deref());
        option("--timeout", options.timeout.as_deref());
        option("--clock", options.clock.map(Clock::as_str));
        option("--log-level", level);
        match context.format {
            Format::Json => option("--format", Some("json")),
            Format::Human | Format::Jsonl | Format::Sarif | Format::Dot | Format::Mermaid | Format::Svg => {}
        }
        match context.color {
            Color::Auto => {}
            Color::Always => option("--color", Some("always")),
            Color::Never => option("--color", Some("never")),
        }
        arguments
    }
}

/// Joins an option (with `=`) and its value, so that the value may begin with `-`.
fn joined(option: &str, value: &OsStr) -> OsString {
    let mut text = OsString::from(option);
    text.push(value);
    text
}

/// Returns the level of the log: `--quiet` and `--verbose` override the environment, except that `--verbose` leaves
/// `trace` alone.
fn log_level(context: &Context) -> Option<LogLevel> {
    match (context.quiet, context.environment.log_level) {
        (true, _) => Some(LogLevel::Error),
        (false, Some(LogLevel::Trace)) => Some(LogLevel::Trace),
        (false, _) if context.verbose => Some(LogLevel::Debug),
        (false, level) => level,
    }
}

fn elements(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| "expected a number of elements, such as `10`".to_owned())
}

fn duration(text: &str) -> Result<String, String> {
    let read = torvync_compiler::duration::parse(text);
    read.map_err(|mistake| format!("{}; {}", mistake.what, mistake.help))?;
    Ok(text.to_owned())
}

fn key_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err("expected NODE.KEY=VALUE, such as `source.count=5`".to_owned()),
    }
}

/// Replaces this process by the executable, so that signals and exit codes are the executable's. Returns only if that
/// fails.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "running the executable is the command's job")]
fn start(executable: &Path, arguments: &[OsString]) -> Diagnostic {
    use std::os::unix::process::CommandExt;

    // The variable's value is passed on as an option.
    let error = Command::new(executable).args(arguments).env_remove(LOG).exec();
    cannot_start(executable, &error)
}

/// Runs the executable and exits with its exit code. Returns only if it does not start.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "running the executable is the command's job")]
fn start(executable: &Path, arguments: &[OsString]) -> Diagnostic {
    match Command::new(executable).args(arguments).env_remove(LOG).status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => cannot_start(executable, &error),
    }
}

fn cannot_start(executable: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        Code::IoFailed,
        format!("cannot start `{}`: {error}", display_path(executable)),
    )
}
