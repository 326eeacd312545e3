//! Commands and options that Torvyn's reference documents have and this version lacks, with their alternatives.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// Commands, each with its alternative.
const COMMANDS: [(&str, &str); 12] = [
    (
        "trace",
        "`torvync run --log-level debug` logs every event, `torvync run --report=FILE` writes the account of every stage",
    ),
    (
        "bench",
        "`torvync run --release --report=FILE` has the throughput and the counts of one run",
    ),
    (
        "pack",
        "`torvync build --release -o FILE` builds one file, which is all you need to ship",
    ),
    (
        "publish",
        "`torvync build --release -o FILE` builds one file, which any file registry accepts",
    ),
    (
        "top",
        "`torvync run --log-level debug` logs every event while the pipeline runs",
    ),
    (
        "tap",
        "`torvync run --output NODE=FILE` writes the elements that arrive at a sink",
    ),
    (
        "cache",
        "the cache is the folder that `TORVYN_HOME` names; it may be deleted at any time",
    ),
    (
        "verify",
        "`torvync inspect FILE` shows the SHA-256 of everything inside an executable",
    ),
    (
        "test",
        "`torvync run --clock simulated --input FILE --output FILE` gives the same output on every run, for comparison",
    ),
    (
        "record",
        "`torvync run --output NODE=FILE` saves the elements that arrive at a sink",
    ),
    (
        "replay",
        "`torvync run --input NODE=FILE` reads lines instead of running a source",
    ),
    (
        "bindings",
        "`torvync init` puts the contracts into `wit/`, where any bindings generator finds them",
    ),
];

/// Options of a command, each with its alternative.
const OPTIONS: [(&str, &str, &str); 1] = [(
    "build",
    "--all",
    "without it, all components that flows use are built; `--flow NAME` builds those of one flow",
)];

/// Replaces the parser's error by a more helpful one for a command or option that is listed here.
pub(crate) fn explained(error: Error, cli: &mut Command) -> Error {
    match better(&error) {
        Some(message) => cli.error(error.kind(), message),
        None => error,
    }
}

fn better(error: &Error) -> Option<String> {
    let named = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(_) | None => None,
    };
    if error.kind() == ErrorKind::InvalidSubcommand {
        let given = named(ContextKind::InvalidSubcommand)?;
        let (name, instead) = COMMANDS.iter().find(|(name, _)| *name == given)?;
        return Some(format!("this version has no command `{name}`\n\n  help: {instead}"));
    }
    if error.kind() == ErrorKind::UnknownArgument {
        let mut words = std::env::args_os().skip(1);
        let command = words.find(|word| !word.as_encoded_bytes().starts_with(b"-"))?;
        let given = named(ContextKind::InvalidArg)?;
        let (name, option, instead) = OPTIONS
            .iter()
            .find(|(name, option, _)| command == *name && given == *option)?;
        return Some(format!(
            "`torvync {name}` has no option `{option}`\n\n  help: {instead}"
        ));
    }
    None
}
