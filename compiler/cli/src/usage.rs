//! Reports command lines that can't be parsed. There is no [`Context`](crate::output::Context) yet, so the wanted
//! output is looked up in the arguments by hand.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::ValueEnum;
use clap::error::ErrorKind;
use torvync_compiler::diag::{Code, Diagnostic, Diagnostics};
use torvync_compiler::source::SourceMap;

use crate::environment::Environment;
use crate::output::{FAILURE, NOT_COMPARED, Outcome, Outlet, shown, to_stderr, to_stdout};
use crate::{Color, Format};

/// The output that a command line asks for, as far as it can be made out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    command: Option<OsString>,
    format: Option<Format>,
    color: Option<Color>,
    report: Option<OsString>,
}

impl Wish {
    fn of(arguments: impl Iterator<Item = OsString>) -> Self {
        let mut wish = Wish::default();
        let mut arguments = arguments.take_while(|argument| argument != "--").peekable();
        while let Some(argument) = arguments.next() {
            let next = arguments.peek();
            wish.format = choice(&argument, "--format", next).or(wish.format);
            wish.color = choice(&argument, "--color", next).or(wish.color);
            if argument == "--format" || argument == "--color" {
                arguments.next();
                continue;
            }
            if wish.command.is_none() && !argument.to_string_lossy().starts_with('-') {
                wish.command = Some(argument);
                continue;
            }
            let runs = wish.command.as_deref().is_some_and(|command| command == "run");
            if let Some(file) = value_of(&argument, "--report=").filter(|file| runs && !file.is_empty()) {
                wish.report = Some(file.to_owned());
            }
        }
        wish
    }
}

/// Returns the value of an option with fixed values, in the argument itself or in the next one.
fn choice<T: ValueEnum>(argument: &OsStr, option: &str, next: Option<&OsString>) -> Option<T> {
    let value = match argument == option {
        true => next.map(OsString::as_os_str),
        false => value_of(argument, &format!("{option}=")),
    };
    T::from_str(value?.to_str()?, false).ok()
}

/// Returns the value after an option; `None` if the argument is another one or not UTF-8.
fn value_of<'a>(argument: &'a OsStr, option: &str) -> Option<&'a OsStr> {
    argument.to_str()?.strip_prefix(option).map(OsStr::new)
}

/// Reports the mistake, and returns the exit code.
pub(crate) fn error(error: &clap::Error, environment: &Environment) -> ExitCode {
    let wish = Wish::of(std::env::args_os().skip(1));
    let exit_code = match wish.command.as_deref() {
        Some(command) if command == "contract" => NOT_COMPARED,
        Some(_) | None => FAILURE,
    };
    let format = wish.format.unwrap_or(Format::Human);
    if format.is_text() {
        let color = wish.color.unwrap_or(Color::Auto);
        print(error, color.applies(io::stderr().is_terminal(), environment.no_color));
    }
    let outlet = Outlet {
        format,
        report: wish.report,
    };
    if outlet.wants_reports() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.error(diagnostic(error));
        let mut outcome = Outcome::failed(exit_code);
        outlet.collect(&mut outcome, &SourceMap::new(), &diagnostics);
        outlet.write(outcome, false);
    }
    ExitCode::from(exit_code)
}

fn print(error: &clap::Error, color: bool) {
    let rendered = error.render();
    let text = match color {
        true => rendered.ansi().to_string(),
        false => rendered.to_string(),
    };
    if error.use_stderr() {
        to_stderr(&shown(&text, color));
    } else {
        to_stdout(&text);
    }
}

/// Turns the parser's error into a diagnostic, without the parts for people: usage, and the pointer to `--help`.
fn diagnostic(error: &clap::Error) -> Diagnostic {
    let of = |message: String| Diagnostic::error(Code::InvalidOption, message);
    let general = "`--help` lists commands and options";
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return of("a command is missing".to_owned()).help(general);
    }
    let text = error.render().to_string();
    let mut parts = text.trim().split("\n\n").map(str::trim);
    let (message, notes) = message(parts.next().unwrap_or_default());
    let mut diagnostic = of(message);
    diagnostic.notes = notes;
    for part in parts {
        match part.split_once(": ") {
            Some(("tip" | "help", help)) => diagnostic = diagnostic.help(help),
            Some(("Usage", _)) => {}
            Some(_) | None if part.starts_with("For more information") => {}
            Some(_) | None => diagnostic = diagnostic.note(part),
        }
    }
    match diagnostic.help.is_empty() {
        true => diagnostic.help(general),
        false => diagnostic,
    }
}

/// Splits the first part of the parser's text into the message and the notes, which are lists in brackets.
fn message(part: &str) -> (String, Vec<String>) {
    let part = part.strip_prefix("error: ").unwrap_or(part);
    let mut lines = part.lines().map(str::trim);
    let mut message = lines.next().unwrap_or_default().to_owned();
    let mut notes = Vec::new();
    for line in lines {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(list) => notes.push(list.to_owned()),
            None => message = format!("{message} {line}"),
        }
    }
    (message, notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(words: &str) -> (Option<Format>, Option<String>) {
        let wish = Wish::of(words.split_whitespace().map(OsString::from));
        (wish.format, wish.report.map(|file| file.to_string_lossy().into_owned()))
    }

    #[test]
    fn what_is_wished_is_found_in_a_command_line_that_is_wrong() {
        for (words, format) in [
            ("--format json buid", Some(Format::Json)),
            ("check --nope --format=sarif", Some(Format::Sarif)),
            ("--format json check --format jsonl", Some(Format::Jsonl)),
            ("check --format", None),
            ("check --format nope", None),
            ("check -- --format json", None),
        ] {
            assert_eq!(wish(words).0, format, "{words}");
        }
        assert_eq!(wish("run --report=r.json --nope").1.as_deref(), Some("r.json"));
        assert_eq!(wish("run --report --nope").1, None);
        assert_eq!(wish("check --report=r.json").1, None);
        let command = |words: &str| Wish::of(words.split_whitespace().map(OsString::from)).command;
        for words in [
            "contract diff a",
            "--format json -q contract check",
            "--color=never contract",
        ] {
            assert_eq!(command(words), Some("contract".into()), "{words}");
        }
        assert_eq!(command("--format contract"), None);
        assert_eq!(command("check contract"), Some("check".into()));
        let color = |words: &str| Wish::of(words.split_whitespace().map(OsString::from)).color;
        assert_eq!(color("chek --color always"), Some(Color::Always));
        assert_eq!(color("--color=always chek --color=never"), Some(Color::Never));
        assert_eq!(color("chek --color"), None);
    }
}
