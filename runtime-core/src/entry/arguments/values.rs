//! The values of options.

use std::ffi::OsStr;
use std::time::Duration;

use crate::duration;
use crate::entry::output::{BadArguments, LogLevel};

/// The choice that a word names.
pub(super) fn chosen<T: Copy>(word: Option<&str>, choices: &[(&str, T)]) -> Option<T> {
    let found = choices.iter().find(|(choice, _)| Some(*choice) == word);
    found.map(|(_, value)| *value)
}

pub(super) fn timeout(value: &OsStr) -> Result<Duration, BadArguments> {
    let time = duration::parse(&value.to_string_lossy());
    time.map_err(|mistake| {
        let message = format!("`--timeout {}`: {}", value.display(), mistake.what);
        BadArguments::new(message).help(mistake.help)
    })
}

/// Node with key, and value, of `--config`.
pub(super) fn config(value: &OsStr) -> Result<(String, String), BadArguments> {
    let shown = value.display();
    let text = value.to_str().ok_or_else(|| {
        let message = format!("`--config {shown}`: the value is not UTF-8, but a configuration is text");
        BadArguments::new(message).help("`--input NODE=FILE` and `--output NODE=FILE` take any path")
    })?;
    let setting = text.split_once('=');
    let (key, value) =
        setting.ok_or_else(|| BadArguments::new(format!("`--config {shown}`: expected NODE.KEY=VALUE")))?;
    Ok((key.to_owned(), value.to_owned()))
}

pub(super) const LOG_LEVELS: &str = "`error`, `warn`, `info`, `debug` or `trace`";

pub(super) fn log_level(text: &OsStr) -> Option<LogLevel> {
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    chosen(text.to_str(), &levels)
}

/// The mistake of an option whose value is missing, or that takes none.
pub(super) fn misread(error: lexopt::Error) -> BadArguments {
    if let lexopt::Error::MissingValue { option: Some(option) } = &error {
        return BadArguments::new(format!("`{option}` needs a value"));
    }
    if let lexopt::Error::UnexpectedValue { option, value } = &error {
        return BadArguments::new(format!("`{option}` takes no value, but got `{}`", value.display()));
    }
    BadArguments::new(error.to_string())
}
