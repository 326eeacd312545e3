//! The command line of an executable.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use lexopt::{Arg, Parser};

use super::output::{BadArguments, Format, LogLevel, OutputOptions};
use super::{colors_by_default, eprint};
use crate::clock::ClockKind;
use crate::context::Ends;
use crate::engine::NewCodeMap;
use crate::flow::FlowEntry;
use crate::plan::ProgramPlan;
use crate::words::{nearest, shell_path};

mod ends;
mod help;
mod values;

pub(super) use help::help;
use values::{LOG_LEVELS, chosen, config, log_level, misread, timeout};

/// A parsed command line.
pub(super) struct Parsed {
    /// Output options, which also apply to messages about a wrong command line.
    pub(super) output: OutputOptions,
    pub(super) command: Result<Command, BadArguments>,
}

/// The command to carry out.
pub(super) enum Command {
    Run(Box<RunArguments>),
    Inspect(Format),
    Help,
    Version,
}

/// The options of `run`.
pub(super) struct RunArguments {
    /// The flows to run, at least one.
    pub(super) entries: Vec<&'static FlowEntry>,
    /// Whether `--all` was given.
    pub(super) all: bool,
    pub(super) ends: Ends,
    pub(super) limit: Option<u64>,
    pub(super) timeout: Option<Duration>,
    pub(super) clock: ClockKind,
    /// Makes the map of machine code, if `--perf-map` was given.
    pub(super) code_map: Option<NewCodeMap>,
    /// Pairs of `NODE[.KEY]` and value, as given.
    pub(super) configs: Vec<(String, String)>,
}

impl RunArguments {
    /// The flow's name for messages; `None` where only one flow runs.
    pub(super) fn named(&self, entry: &FlowEntry) -> Option<&'static str> {
        self.all.then_some(entry.plan.name)
    }
}

/// The options as given, before the flow they refer to is known.
struct Given {
    command: Option<&'static str>,
    output: OutputOptions,
    /// Names of the options given, without dashes.
    seen: Vec<&'static str>,
    flow: Option<String>,
    clock: ClockKind,
    inputs: Vec<OsString>,
    outputs: Vec<OsString>,
    limit: Option<u64>,
    timeout: Option<Duration>,
    configs: Vec<(String, String)>,
}

/// The options: name, whether it may be repeated, and whether `inspect` accepts it.
const OPTIONS: [(&str, bool, bool); 14] = [
    ("flow", false, false),
    ("all", true, false),
    ("input", true, false),
    ("output", true, false),
    ("limit", false, false),
    ("timeout", false, false),
    ("clock", false, false),
    ("config", true, false),
    ("report", true, false),
    ("perf-map", true, false),
    ("log-level", false, false),
    ("format", false, true),
    ("color", false, true),
    ("quiet", true, true),
];

/// Commands of this version.
const COMMANDS: [&str; 2] = ["run", "inspect"];

/// Commands of other versions, with the substitute in this one.
const TO_COME: [(&str, &str); 2] = [
    (
        "trace",
        "`run --log-level debug` logs each event; `run --report=FILE` writes the counts of every stage",
    ),
    (
        "bench",
        "`run --report=FILE` writes the throughput and the counts of one run",
    ),
];

/// Parses the command line.
pub(super) fn parse(program: &ProgramPlan, flows: &'static [FlowEntry]) -> Parsed {
    let level = match std::env::var_os("TORVYN_LOG") {
        None => LogLevel::Info,
        Some(text) if text.is_empty() => LogLevel::Info,
        Some(text) => log_level(&text).unwrap_or_else(|| {
            eprint(&format!(
                "warning: `TORVYN_LOG={}` is ignored: expected {LOG_LEVELS}\n",
                text.display()
            ));
            LogLevel::Info
        }),
    };
    parse_from(Parser::from_env(), level, program, flows)
}

fn parse_from(mut parser: Parser, level: LogLevel, program: &ProgramPlan, flows: &'static [FlowEntry]) -> Parsed {
    let mut given = Given {
        command: None,
        output: OutputOptions::new(level),
        seen: Vec::new(),
        flow: None,
        clock: ClockKind::System,
        inputs: Vec::new(),
        outputs: Vec::new(),
        limit: None,
        timeout: None,
        configs: Vec::new(),
    };
    // Output options after a mistake still apply to the message about it.
    let mut mistake = None;
    let asked = loop {
        match given.next(&mut parser, flows) {
            Ok(Next::Argument) => {}
            Ok(Next::End) => break None,
            Ok(Next::Command(command)) => break Some(command),
            Err(error) => mistake = mistake.or(Some(error)),
        }
    };
    let output = given.output.clone();
    let command = match (mistake, asked) {
        (Some(error), _) => Err(error),
        (None, Some(command)) => Ok(command),
        (None, None) if given.command == Some("inspect") => given.into_inspect(),
        (None, None) => given.into_run(program, flows),
    };
    Parsed { output, command }
}

/// The next item of the command line.
enum Next {
    Argument,
    /// An option that overrides all others.
    Command(Command),
    End,
}

fn flow_list(flows: &[FlowEntry]) -> String {
    format!("flows: {}", flow_names(flows).join(", "))
}

fn flow_names(flows: &[FlowEntry]) -> Vec<&'static str> {
    flows.iter().map(|entry| entry.plan.name).collect()
}

/// The command or flow with the most similar name.
fn nearest_word(word: &str, flows: &[FlowEntry]) -> Option<String> {
    let words = [&COMMANDS[..], &flow_names(flows)].concat();
    nearest(word, &words).map(str::to_owned)
}

/// The mistake of an unknown option.
fn unknown_option(name: &str) -> BadArguments {
    let mut known: Vec<&str> = OPTIONS.iter().map(|(name, ..)| *name).collect();
    known.extend(["help", "version"]);
    let near = nearest(name, &known).map(|near| format!("--{near}"));
    BadArguments::new(format!("unknown option `--{name}`")).near(near)
}

impl Given {
    fn next(&mut self, parser: &mut Parser, flows: &[FlowEntry]) -> Result<Next, BadArguments> {
        let option = match parser.next().map_err(misread)? {
            None => return Ok(Next::End),
            Some(Arg::Short('h') | Arg::Long("help")) => return Ok(Next::Command(Command::Help)),
            Some(Arg::Short('V') | Arg::Long("version")) => return Ok(Next::Command(Command::Version)),
            Some(Arg::Short(letter)) => return Err(BadArguments::new(format!("unknown option `-{letter}`"))),
            Some(Arg::Long(name)) => name.to_owned(),
            Some(Arg::Value(word)) => {
                self.positional(&word, flows)?;
                return Ok(Next::Argument);
            }
        };
        let known = OPTIONS.iter().find(|(name, ..)| *name == option);
        let (name, repeats, _) = known.ok_or_else(|| unknown_option(&option))?;
        let again = self.seen.contains(name) && !repeats;
        self.seen.push(name);
        self.option(name, parser)?;
        match again {
            true => Err(BadArguments::new(format!("`--{name}` is given twice"))),
            false => Ok(Next::Argument),
        }
    }

    /// Handles a word that is no option: the command, or the name of a flow.
    fn positional(&mut self, word: &OsStr, flows: &[FlowEntry]) -> Result<(), BadArguments> {
        let text = word.to_string_lossy();
        let command = COMMANDS.into_iter().find(|command| *command == text);
        if let (None, Some(command)) = (self.command, command) {
            self.command = Some(command);
            return Ok(());
        }
        let name = text.strip_prefix("flow.").unwrap_or(&text);
        if flows.iter().any(|entry| entry.plan.name == name) {
            return self.name_flow(name);
        }
        let unknown = BadArguments::new(format!("unknown command or flow `{text}`"));
        let to_come = TO_COME.iter().find(|(command, _)| *command == text);
        Err(match (to_come, self.seen.last()) {
            (Some((_, instead)), _) => {
                BadArguments::new(format!("this version has no command `{text}`")).help(*instead)
            }
            (None, Some(&"report")) => {
                let path = if text == "-" { text.clone() } else { shell_path(&text) };
                unknown.help(format!("`--report={path}` writes the account to that file"))
            }
            (None, _) => unknown
                .help(format!("commands: {}; {}", COMMANDS.join(", "), flow_list(flows)))
                .near(nearest_word(name, flows)),
        })
    }

    fn name_flow(&mut self, name: &str) -> Result<(), BadArguments> {
        match self.flow.replace(name.to_owned()) {
            None => Ok(()),
            Some(first) if first == name => Ok(()),
            Some(first) => Err(
                BadArguments::new(format!("two flows are named: `{first}` and `{name}`"))
                    .help("name one of them, or run all flows with `--all`"),
            ),
        }
    }

    /// Takes the option, and its value if it has one.
    fn option(&mut self, name: &str, parser: &mut Parser) -> Result<(), BadArguments> {
        match name {
            "all" | "perf-map" => Ok(()),
            "quiet" => {
                self.output.log_level = LogLevel::Error;
                Ok(())
            }
            "report" => self.report(parser.optional_value()),
            _ => {
                let value = parser.value().map_err(misread)?;
                self.valued(name, value)
            }
        }
    }

    fn report(&mut self, path: Option<OsString>) -> Result<(), BadArguments> {
        match path {
            None => self.output.whole = true,
            Some(path) if path.is_empty() => {
                return Err(BadArguments::new(
                    "`--report=`: expected a file, or `-` for standard output",
                ));
            }
            Some(path) => self.output.report = Some(path),
        }
        Ok(())
    }

    fn valued(&mut self, name: &str, value: OsString) -> Result<(), BadArguments> {
        let expected = |what: &str| BadArguments::new(format!("`--{name} {}`: expected {what}", value.display()));
        let word = value.to_str();
        match name {
            "flow" => {
                let name = value.to_string_lossy();
                return self.name_flow(name.strip_prefix("flow.").unwrap_or(&name));
            }
            "input" => self.inputs.push(value),
            "output" => self.outputs.push(value),
            "limit" => {
                let limit = word.and_then(|text| text.parse().ok());
                self.limit = Some(limit.ok_or_else(|| expected("a number of elements, such as `10`"))?);
            }
            "timeout" => self.timeout = Some(timeout(&value)?),
            "config" => self.configs.push(config(&value)?),
            "log-level" => self.output.log_level = log_level(&value).ok_or_else(|| expected(LOG_LEVELS))?,
            "clock" => {
                let clock = chosen(
                    word,
                    &[("system", ClockKind::System), ("simulated", ClockKind::Simulated)],
                );
                self.clock = clock.ok_or_else(|| expected("`system` or `simulated`"))?;
            }
            "format" => {
                let format = chosen(word, &[("human", Format::Human), ("json", Format::Json)]);
                self.output.format = format.ok_or_else(|| expected("`human` or `json`"))?;
            }
            _ => {
                let color = chosen(
                    word,
                    &[("always", true), ("never", false), ("auto", colors_by_default())],
                );
                self.output.color = color.ok_or_else(|| expected("`auto`, `always` or `never`"))?;
            }
        }
        Ok(())
    }

    fn into_inspect(self) -> Result<Command, BadArguments> {
        let knows = |option: &str| OPTIONS.iter().any(|(name, _, inspect)| *name == option && *inspect);
        match (self.seen.iter().find(|option| !knows(option)), &self.flow) {
            (Some(option), _) => Err(BadArguments::new(format!(
                "`--{option}` is an option of `run`, not of `inspect`"
            ))),
            (None, Some(flow)) => Err(BadArguments::new(format!(
                "`inspect` describes all flows, not `{flow}` alone"
            ))),
            (None, None) => Ok(Command::Inspect(self.output.format)),
        }
    }

    fn into_run(self, program: &ProgramPlan, flows: &'static [FlowEntry]) -> Result<Command, BadArguments> {
        let all = self.seen.contains(&"all");
        let (entries, ends) = match all {
            true => (self.all(flows)?, Ends::default()),
            false => {
                let entry = self.entry(program, flows)?;
                (vec![entry], ends::ends(entry.plan, &self.inputs, &self.outputs)?)
            }
        };
        if self.output.takes_stdout() {
            ends::keep_stdout_free(&entries, &ends)?;
        }
        let code_map = match self.seen.contains(&"perf-map") {
            false => None,
            true => Some(program.code_map.ok_or_else(|| {
                BadArguments::new("`--perf-map`: this executable does not have the names of its components' functions")
                    .help("build it with `torvync build --profiling`")
            })?),
        };
        Ok(Command::Run(Box::new(RunArguments {
            entries,
            all,
            ends,
            code_map,
            limit: self.limit,
            timeout: self.timeout,
            clock: self.clock,
            configs: self.configs,
        })))
    }

    /// All flows, for `--all`. Options for a single node are rejected: they would fit one flow only.
    fn all(&self, flows: &'static [FlowEntry]) -> Result<Vec<&'static FlowEntry>, BadArguments> {
        let for_one = ["input", "output", "config"];
        let option = for_one.into_iter().find(|option| self.seen.contains(option));
        match (option, &self.flow) {
            (Some(option), _) => Err(BadArguments::new(format!(
                "`--{option}` applies to one flow, but `--all` runs all of them"
            ))
            .help(format!("name the flow in place of `--all`, or leave out `--{option}`"))),
            (None, Some(flow)) => Err(
                BadArguments::new(format!("flow `{flow}` is named, but `--all` runs all flows"))
                    .help("leave out `--all`, or the name"),
            ),
            (None, None) => Ok(flows.iter().collect()),
        }
    }

    /// The named flow, or the first one.
    fn entry(&self, program: &ProgramPlan, flows: &'static [FlowEntry]) -> Result<&'static FlowEntry, BadArguments> {
        let found = match &self.flow {
            None => flows.first(),
            Some(name) => flows.iter().find(|entry| entry.plan.name == name),
        };
        found.ok_or_else(|| {
            let name = self.flow.as_deref().unwrap_or_default();
            let near = nearest(name, &flow_names(flows)).map(str::to_owned);
            BadArguments::new(format!("`{}` has no flow `{name}`", program.name))
                .help(flow_list(flows))
                .near(near)
        })
    }
}
