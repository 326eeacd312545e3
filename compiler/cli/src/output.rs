//! How a command's outcome reaches the user: results on standard output, everything else on standard error.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};
use torvync_compiler::diag::render::printable;
use torvync_compiler::diag::{Diagnostic, Diagnostics, Severity, render};
use torvync_compiler::source::{SourceMap, display_path};

use crate::environment::Environment;
use crate::{Color, Format, Global, LogLevel, text};

/// Exit code of any failure that has no code of its own.
pub(crate) const FAILURE: u8 = 1;
/// Exit code of `torvync contract` when nothing was compared: `FAILURE` is a result there.
pub(crate) const NOT_COMPARED: u8 = 2;

/// The character that starts the escape sequence of a colour.
const ESCAPE: char = '\u{1b}';

/// What every command is given besides its own options.
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) format: Format,
    outlet: Outlet,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// As given on the command line, to be passed on.
    pub(crate) color: Color,
    stderr_color: bool,
    stdout_color: bool,
}

/// Where the output for programs goes.
pub(crate) struct Outlet {
    pub(crate) format: Format,
    /// The file for the JSON object, `-` for standard output. If a run can't be built, the object with the errors takes
    /// the place of the run's report: an older report must not be mistaken for it.
    pub(crate) report: Option<OsString>,
}

/// The outcome of a command.
#[derive(Default)]
pub(crate) struct Outcome {
    exit_code: u8,
    text: String,
    errors: Vec<Value>,
    warnings: Vec<Value>,
    fields: Map<String, Value>,
    /// The diagnostics for [`Format::Jsonl`] and [`Format::Sarif`], with their sources.
    reports: Vec<(Diagnostics, SourceMap)>,
}

impl Context {
    /// Creates the context, and warns of an unknown level in the environment. `report` is the file for a run's report.
    pub(crate) fn new(global: &Global, environment: Environment, report: Option<OsString>) -> Self {
        if let Some(level) = &environment.unknown_log_level {
            to_stderr(&format!(
                "warning: `TORVYN_LOG={}` is ignored: expected `error`, `warn`, `info`, `debug` or `trace`\n",
                level.display()
            ));
        }
        let colored = |is_terminal| global.color.applies(is_terminal, environment.no_color);
        Self {
            format: global.format,
            outlet: Outlet {
                format: global.format,
                report,
            },
            quiet: global.quiet,
            verbose: global.verbose || !global.quiet && environment.log_level >= Some(LogLevel::Debug),
            color: global.color,
            stderr_color: colored(io::stderr().is_terminal()),
            stdout_color: colored(io::stdout().is_terminal()),
            environment,
        }
    }

    /// Whether to print text for people besides results and errors.
    pub(crate) fn is_chatty(&self) -> bool {
        let level = self.environment.log_level;
        let is_low = level.is_some_and(|level| level < LogLevel::Info);
        self.format.is_text() && !self.quiet && (self.verbose || !is_low)
    }

    /// Prints a line that is neither result nor error on standard error, if such lines are wanted.
    pub(crate) fn note(&self, line: &str) {
        if self.is_chatty() {
            to_stderr(&format!("{}\n", shown(line, self.stderr_color)));
        }
    }

    /// Prints a question on standard error, whatever else is wanted there.
    pub(crate) fn ask(&self, question: &str) {
        to_stderr(&shown(question, self.stderr_color));
    }

    /// Returns the mark for a check that passed.
    pub(crate) fn tick(&self) -> &'static str {
        if self.stdout_color {
            "\u{1b}[32m✓\u{1b}[0m"
        } else {
            "✓"
        }
    }

    /// Returns the mark for a check that failed.
    pub(crate) fn cross(&self) -> &'static str {
        if self.stdout_color {
            "\u{1b}[31m✗\u{1b}[0m"
        } else {
            "✗"
        }
    }

    /// Reports diagnostics; for people with a closing line that counts them.
    pub(crate) fn diagnose(&self, outcome: &mut Outcome, sources: &SourceMap, diagnostics: &Diagnostics) {
        if self.format.is_text() {
            to_stderr(&render::text(diagnostics, sources, self.stderr_color));
        }
        self.outlet.collect(outcome, sources, diagnostics);
        if self.is_chatty() && !diagnostics.is_empty() {
            to_stderr(&closing_line(diagnostics));
        }
    }

    /// The outcome of a command that ends with one error.
    pub(crate) fn failure(&self, diagnostic: impl Into<Diagnostic>) -> Outcome {
        let mut diagnostics = Diagnostics::new();
        diagnostics.error(diagnostic);
        let mut outcome = Outcome::failed(FAILURE);
        self.diagnose(&mut outcome, &SourceMap::new(), &diagnostics);
        outcome
    }

    /// Writes the result and returns the exit code.
    pub(crate) fn finish(&self, outcome: Outcome) -> ExitCode {
        let exit_code = outcome.exit_code;
        let is_written = self.outlet.write(outcome, self.stdout_color);
        ExitCode::from(if is_written { exit_code } else { FAILURE })
    }
}

impl Outlet {
    /// Whether output other than text is wanted.
    pub(crate) fn wants_reports(&self) -> bool {
        !self.format.is_text() || self.report.is_some()
    }

    /// Adds diagnostics to the outcome in the forms that [`Self::write`] needs.
    pub(crate) fn collect(&self, outcome: &mut Outcome, sources: &SourceMap, diagnostics: &Diagnostics) {
        match self.format {
            Format::Jsonl | Format::Sarif => outcome.reports.push((diagnostics.clone(), sources.clone())),
            Format::Human | Format::Json | Format::Dot | Format::Mermaid | Format::Svg => {}
        }
        if self.format == Format::Json || self.report.is_some() {
            let rendered = render::json(diagnostics, sources);
            for (diagnostic, rendered) in diagnostics.iter().zip(rendered) {
                match diagnostic.severity {
                    Severity::Error => outcome.errors.push(rendered),
                    Severity::Warning => outcome.warnings.push(rendered),
                }
            }
        }
    }

    /// Writes an outcome. Returns whether standard output could be written.
    pub(crate) fn write(&self, mut outcome: Outcome, color: bool) -> bool {
        let object = outcome.take_object();
        let is_elsewhere = match &self.report {
            Some(file) if file == "-" => return to_stdout(&object),
            Some(file) => to_file(file, &object),
            None => false,
        };
        let text = match self.format {
            Format::Human | Format::Dot | Format::Mermaid | Format::Svg => shown(&outcome.text, color).into_owned(),
            Format::Json if is_elsewhere => String::new(),
            Format::Json => object,
            Format::Jsonl => {
                let reports = outcome.reports.iter();
                let lines = reports.flat_map(|(diagnostics, sources)| render::json(diagnostics, sources));
                lines.map(|line| format!("{line}\n")).collect()
            }
            Format::Sarif => format!("{:#}\n", render::sarif(&outcome.reports, outcome.exit_code)),
        };
        to_stdout(&text)
    }
}

impl Outcome {
    /// Creates a success, with a result for people.
    pub(crate) fn success(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Creates an outcome without a result.
    pub(crate) fn failed(exit_code: u8) -> Self {
        Self {
            exit_code,
            ..Self::default()
        }
    }

    /// Changes the exit code.
    pub(crate) fn with_exit_code(self, exit_code: u8) -> Self {
        Self { exit_code, ..self }
    }

    /// Adds a field to the JSON object.
    pub(crate) fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Takes everything but the text and the reports out, as one JSON object on a line.
    fn take_object(&mut self) -> String {
        let mut object = Map::new();
        object.insert("exit_code".to_owned(), self.exit_code.into());
        object.insert("errors".to_owned(), std::mem::take(&mut self.errors).into());
        object.insert("warnings".to_owned(), std::mem::take(&mut self.warnings).into());
        object.append(&mut self.fields);
        format!("{}\n", Value::Object(object))
    }

    /// Adds text to the result for people.
    pub(crate) fn print(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// Makes control characters in a text visible, so that they don't control the terminal; with `color`, escape sequences
/// of colours are kept.
pub(crate) fn shown(text: &str, color: bool) -> Cow<'_, str> {
    if !color {
        return printable::lines(text);
    }
    let mut parts = text.split(ESCAPE);
    let mut made = printable::lines(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let parameters = part
            .strip_prefix('[')
            .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        let is_color = parameters.is_some_and(|rest| rest.starts_with('m'));
        if is_color {
            made.push(ESCAPE);
        } else {
            made.extend(printable::shown(ESCAPE));
        }
        made.push_str(&printable::lines(part));
    }
    made.into()
}

fn closing_line(diagnostics: &Diagnostics) -> String {
    let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
    let mut counts = Vec::new();
    if errors > 0 {
        counts.push(text::count(errors, "error"));
    }
    if warnings > 0 {
        counts.push(text::count(warnings, "warning"));
    }
    let first_error = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error);
    let more = first_error.map(|error| format!("; `torvync explain {}` says more", error.code.as_str()));
    format!("{}{}\n", counts.join(" and "), more.unwrap_or_default())
}

/// Writes a report to its file. Returns whether that succeeded.
#[expect(clippy::disallowed_methods, reason = "the file was named for the report")]
fn to_file(file: &OsStr, text: &str) -> bool {
    let written = std::fs::write(file, text);
    if let Err(error) = &written {
        let file = display_path(Path::new(file));
        to_stderr(&format!("error: cannot write the report to `{file}`: {error}\n"));
    }
    written.is_ok()
}

/// Writes to standard output. Returns whether that succeeded; it is no failure if the reader closes the pipe early.
pub(crate) fn to_stdout(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => true,
        Err(error) => {
            to_stderr(&format!("error: cannot write to standard output: {error}\n"));
            false
        }
    }
}

/// Writes to standard error. A failure is ignored: there is nowhere left to report it.
pub(crate) fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
