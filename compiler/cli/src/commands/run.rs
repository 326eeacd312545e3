//! `torvync run`

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::{Args, ValueEnum};
use torvync_compiler::diag::{Code, Diagnostic};
use torvync_compiler::source::display_path;

use super::build::{Options, Profile, build};
use super::project::{Project, diagnose};
use crate::output::{Context, Outcome};
use crate::progress::Phases;
use crate::{Color, Format};

/// Exit code when there is nothing to run; 1 is for failures of the pipeline itself.
const VALIDATION_FAILED: u8 = 2;

/// A build that is up to date is silent; one that keeps the user waiting says why.
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
    /// Read lines from a file, `stdin` or `generator`, in place of a source of the flow
    #[arg(long, value_name = "[NODE=]SOURCE")]
    input: Vec<String>,
    /// Write lines to a file or `stdout`, in place of a sink of the flow
    #[arg(long, value_name = "[NODE=]SINK")]
    output: Vec<String>,
    /// Process at most this many elements
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Stop after this time, such as `30s` or `5m`
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// Where time comes from; simulated time passes only while all stages wait
    #[arg(long, value_enum, value_name = "CLOCK")]
    clock: Option<Clock>,
    /// Override a key of a node's configuration
    #[arg(long, value_name = "NODE.KEY=VALUE", value_parser = key_value)]
    config: Vec<String>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl Run {
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
            Err(failed) => return failed.report(context).with_exit_code(VALIDATION_FAILED),
        };
        drop(phases);
        if context.format.is_text() {
            diagnose(context, &mut Outcome::default(), &built.analysis);
        }
        let arguments = self.arguments(context);
        context.failure(start(&built.executable, &arguments))
    }

    fn arguments(&self, context: &Context) -> Vec<String> {
        let options = &self.options;
        let limit = options.limit.map(|limit| limit.to_string());
        let level = options
            .log_level
            .map(|level| level.as_str().to_owned())
            .or_else(|| log_level(context));
        let mut arguments = vec!["run".to_owned()];
        arguments.extend(options.all.then(|| "--all".to_owned()));
        let mut option = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                arguments.extend([name.to_owned(), value.to_owned()]);
            }
        };
        option("--flow", self.project.flow());
        for (name, values) in [
            ("--input", &options.input),
            ("--output", &options.output),
            ("--config", &options.config),
        ] {
            for value in values {
                option(name, Some(value));
            }
        }
        option("--limit", limit.as_deref());
        option("--timeout", options.timeout.as_deref());
        option("--clock", options.clock.map(Clock::as_str));
        option("--log-level", level.as_deref());
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

/// `--quiet` and `--verbose` overrule what the environment asks for.
fn log_level(context: &Context) -> Option<String> {
    if context.quiet {
        Some("error".to_owned())
    } else if context.verbose {
        Some("debug".to_owned())
    } else {
        context.environment.log_level.clone()
    }
}

fn key_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err("expected NODE.KEY=VALUE, such as `source.count=5`".to_owned()),
    }
}

/// Becomes the executable, so that signals and exit codes are its own. Returns only when that fails.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "running the executable is the command's job")]
fn start(executable: &Path, arguments: &[String]) -> Diagnostic {
    use std::os::unix::process::CommandExt;

    let error = Command::new(executable).args(arguments).exec();
    cannot_start(executable, &error)
}

/// Runs the executable and ends as it does. Returns only when it does not start.
#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "running the executable is the command's job")]
fn start(executable: &Path, arguments: &[String]) -> Diagnostic {
    match Command::new(executable).args(arguments).status() {
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
