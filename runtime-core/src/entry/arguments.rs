//! The command line of an executable.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

use super::colors_by_default;
use crate::clock::ClockKind;
use crate::flow::{Ends, FlowEntry, Input, Output};
use crate::plan::{FlowPlan, ProgramPlan, Role};

/// What the executable is asked to do.
pub(super) enum Command {
    Run(Box<RunArguments>),
    Inspect(Format),
    Help,
    Version,
}

/// Output for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Human,
    Json,
}

/// How much is told on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The options of `run`.
pub(super) struct RunArguments {
    /// The flows to run, at least one.
    pub(super) entries: Vec<&'static FlowEntry>,
    pub(super) ends: Ends,
    pub(super) limit: Option<u64>,
    pub(super) timeout: Option<Duration>,
    pub(super) clock: ClockKind,
    /// `NODE[.KEY]` and value, as given.
    pub(super) configs: Vec<(String, String)>,
    pub(super) log_level: LogLevel,
    pub(super) format: Format,
    pub(super) color: bool,
}

/// The options as given, before the flow is known that they refer to.
struct Given {
    command: Option<String>,
    flow: Option<String>,
    all: bool,
    clock: ClockKind,
    inputs: Vec<String>,
    outputs: Vec<String>,
    limit: Option<u64>,
    timeout: Option<Duration>,
    configs: Vec<(String, String)>,
    log_level: LogLevel,
    format: Format,
    color: bool,
}

/// Reads the command line.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the edge where the environment is read"
)]
pub(super) fn parse(program: &ProgramPlan, flows: &'static [FlowEntry]) -> Result<Command, String> {
    let level = std::env::var("TORVYN_LOG")
        .ok()
        .and_then(|text| log_level(&text).ok())
        .unwrap_or(LogLevel::Info);
    parse_from(Parser::from_env(), level, program, flows)
}

fn parse_from(
    mut parser: Parser,
    log_level_default: LogLevel,
    program: &ProgramPlan,
    flows: &'static [FlowEntry],
) -> Result<Command, String> {
    let mut given = Given {
        command: None,
        flow: None,
        all: false,
        clock: ClockKind::System,
        inputs: Vec::new(),
        outputs: Vec::new(),
        limit: None,
        timeout: None,
        configs: Vec::new(),
        log_level: log_level_default,
        format: Format::Human,
        color: colors_by_default(),
    };
    while let Some(arg) = parser.next().map_err(|error| error.to_string())? {
        let option = match &arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Short(letter) => return Err(format!("unknown option `-{letter}`")),
            Arg::Long(name) => (*name).to_owned(),
            Arg::Value(word) => {
                positional(&mut given, word.clone(), flows)?;
                continue;
            }
        };
        given.option(&option, &mut parser)?;
    }
    match given.command.as_deref() {
        Some("inspect") => Ok(Command::Inspect(given.format)),
        Some(_) | None => given.into_run(program, flows),
    }
}

/// A word that is no option: the command, or the name of a flow.
fn positional(given: &mut Given, word: OsString, flows: &[FlowEntry]) -> Result<(), String> {
    let word = word.to_string_lossy().into_owned();
    let flow = word.strip_prefix("flow.").unwrap_or(&word);
    match word.as_str() {
        "run" | "inspect" if given.command.is_none() => given.command = Some(word),
        _ if given.flow.is_none() && flows.iter().any(|entry| entry.plan.name == flow) => {
            given.flow = Some(flow.to_owned());
        }
        _ => {
            return Err(format!(
                "unknown command or flow `{word}`; commands: run, inspect; {}",
                flow_list(flows)
            ));
        }
    }
    Ok(())
}

fn flow_list(flows: &[FlowEntry]) -> String {
    let names: Vec<&str> = flows.iter().map(|entry| entry.plan.name).collect();
    format!("flows: {}", names.join(", "))
}

impl Given {
    fn option(&mut self, name: &str, parser: &mut Parser) -> Result<(), String> {
        match name {
            "quiet" => {
                self.log_level = LogLevel::Error;
                return Ok(());
            }
            "all" => {
                self.all = true;
                return Ok(());
            }
            _ => {}
        }
        let known = [
            "flow",
            "input",
            "output",
            "limit",
            "timeout",
            "clock",
            "config",
            "log-level",
            "format",
            "color",
        ];
        if !known.contains(&name) {
            return Err(format!("unknown option `--{name}`"));
        }
        let value = parser
            .value()
            .and_then(|value| value.string())
            .map_err(|error| error.to_string())?;
        match name {
            "flow" => self.flow = Some(value.strip_prefix("flow.").unwrap_or(&value).to_owned()),
            "input" => self.inputs.push(value),
            "output" => self.outputs.push(value),
            "limit" => {
                self.limit = Some(
                    value
                        .parse()
                        .map_err(|_| format!("`--limit {value}`: expected a number"))?,
                )
            }
            "timeout" => self.timeout = Some(duration(&value)?),
            "config" => {
                let (key, value) = value
                    .split_once('=')
                    .ok_or_else(|| format!("`--config {value}`: expected NODE.KEY=VALUE"))?;
                self.configs.push((key.to_owned(), value.to_owned()));
            }
            "log-level" => self.log_level = log_level(&value)?,
            "clock" => {
                self.clock = match value.as_str() {
                    "system" => ClockKind::System,
                    "simulated" => ClockKind::Simulated,
                    _ => return Err(format!("`--clock {value}`: expected `system` or `simulated`")),
                }
            }
            "format" => {
                self.format = match value.as_str() {
                    "human" => Format::Human,
                    "json" => Format::Json,
                    _ => return Err(format!("`--format {value}`: expected `human` or `json`")),
                }
            }
            _ => {
                self.color = match value.as_str() {
                    "always" => true,
                    "never" => false,
                    "auto" => colors_by_default(),
                    _ => return Err(format!("`--color {value}`: expected `auto`, `always` or `never`")),
                }
            }
        }
        Ok(())
    }

    fn into_run(self, program: &ProgramPlan, flows: &'static [FlowEntry]) -> Result<Command, String> {
        if self.all {
            return self.into_run_of_all(flows);
        }
        let entry = match &self.flow {
            None => flows.first(),
            Some(name) => flows.iter().find(|entry| entry.plan.name == name),
        };
        let entry = entry.ok_or_else(|| {
            format!(
                "`{}` has no flow `{}`; {}",
                program.name,
                self.flow.as_deref().unwrap_or(""),
                flow_list(flows)
            )
        })?;
        let ends = Ends {
            inputs: replaced(entry.plan, Role::Source, "--input", &self.inputs, |value| match value {
                "generator" => Input::Generator,
                "stdin" | "-" => Input::Lines("-".to_owned()),
                path => Input::Lines(path.to_owned()),
            })?,
            outputs: replaced(entry.plan, Role::Sink, "--output", &self.outputs, |value| match value {
                "stdout" | "-" => Output::Console,
                path => Output::File(path.to_owned()),
            })?,
        };
        Ok(self.run_of(vec![entry], ends))
    }

    /// All flows at once. What belongs to one node would fit one flow only.
    fn into_run_of_all(self, flows: &'static [FlowEntry]) -> Result<Command, String> {
        let for_one = [
            ("--flow", self.flow.is_some()),
            ("--input", !self.inputs.is_empty()),
            ("--output", !self.outputs.is_empty()),
            ("--config", !self.configs.is_empty()),
        ];
        match for_one.into_iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(format!("`{option}` is for one flow, and `--all` runs all of them")),
            None => Ok(self.run_of(flows.iter().collect(), Ends::default())),
        }
    }

    fn run_of(self, entries: Vec<&'static FlowEntry>, ends: Ends) -> Command {
        Command::Run(Box::new(RunArguments {
            entries,
            ends,
            limit: self.limit,
            timeout: self.timeout,
            clock: self.clock,
            configs: self.configs,
            log_level: self.log_level,
            format: self.format,
            color: self.color,
        }))
    }
}

/// Finds the ends that `values`, each `[NODE=]VALUE`, replace.
fn replaced<T>(
    plan: &'static FlowPlan,
    role: Role,
    option: &str,
    values: &[String],
    make: impl Fn(&str) -> T,
) -> Result<BTreeMap<&'static str, T>, String> {
    let ends: Vec<&'static str> = plan
        .nodes
        .iter()
        .filter(|node| node.role == role)
        .map(|node| node.name)
        .collect();
    let mut found = BTreeMap::new();
    for value in values {
        let named = value.split_once('=').and_then(|(node, rest)| {
            let end = ends.iter().find(|end| **end == node)?;
            Some((*end, rest))
        });
        let (node, rest) = match (named, ends.as_slice()) {
            (Some(named), _) => named,
            (None, [only]) => (*only, value.as_str()),
            (None, _) => {
                return Err(format!(
                    "`{option} {value}`: the flow has several {}s; write `{option} NODE={value}` with one of: {}",
                    role.as_str(),
                    ends.join(", ")
                ));
            }
        };
        if found.insert(node, make(rest)).is_some() {
            return Err(format!("`{option}` is given twice for node `{node}`"));
        }
    }
    Ok(found)
}

fn log_level(text: &str) -> Result<LogLevel, String> {
    match text {
        "error" => Ok(LogLevel::Error),
        "warn" => Ok(LogLevel::Warn),
        "info" => Ok(LogLevel::Info),
        "debug" => Ok(LogLevel::Debug),
        "trace" => Ok(LogLevel::Trace),
        _ => Err(format!(
            "`--log-level {text}`: expected `error`, `warn`, `info`, `debug` or `trace`"
        )),
    }
}

/// `250ms`, `30s`, `5m`, `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor_ms))
    {
        Some(ms) if factor_ms > 0 => Ok(Duration::from_millis(ms)),
        Some(_) | None => Err(format!(
            "`--timeout {text}`: expected a duration such as `250ms`, `30s` or `5m`"
        )),
    }
}

/// The text of `--help`.
pub(super) fn help(program: &ProgramPlan, flows: &[FlowEntry]) -> String {
    let (name, version, description) = (program.name, program.version, program.description);
    let title = if description.is_empty() {
        String::new()
    } else {
        format!("{description}\n\n")
    };
    format!(
        "{name} {version}\n{title}\
Usage: {name} [run] [FLOW] [OPTIONS]
       {name} inspect [--format json]

Runs a flow ({flows}; default: the first).

Options:
  --flow NAME              The flow to run
  --all                    Run all flows at once
  --input [NODE=]SOURCE    Replace a source: a file, `stdin` (or `-`), `generator`
  --output [NODE=]SINK     Replace a sink: a file (appended to), `stdout` (or `-`)
  --limit N                Stop the sources after N elements
  --timeout DURATION       Drain the flow after 250ms, 30s, 5m, …
  --clock CLOCK            system (default), simulated: time passes only while all stages wait
  --config NODE.KEY=VALUE  Override a key of a node's configuration (NODE=TEXT: all of it)
  --log-level LEVEL        error, warn, info (default), debug = trace; also TORVYN_LOG
  --format FORMAT          human (default), json
  --color WHEN             auto (default), always, never
  --quiet                  As `--log-level error`
  -h, --help               Print this
  -V, --version            Print the version

Exit codes: 0 completed or drained, 1 a stage failed, 2 wrong arguments, 130 drained after SIGINT.
",
        flows = flow_list(flows)
    )
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "5", "s", "-1s", "1.5s", "5 s", "99999999999999999999h", "1d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
