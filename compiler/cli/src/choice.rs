//! An option with a fixed list of values, some of which the reference documents name but this version lacks.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error};

/// Parser for one of `available`; its error for one of `later` says that this version does not have the value.
#[derive(Clone)]
pub(crate) struct Choice<T: 'static> {
    pub(crate) available: &'static [(&'static str, T)],
    pub(crate) later: &'static [&'static str],
}

impl<T: Copy + Send + Sync + 'static> TypedValueParser for Choice<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let text = value.to_string_lossy();
        if let Some((_, choice)) = self.available.iter().find(|(name, _)| *name == text) {
            return Ok(*choice);
        }
        let names: Vec<&str> = self.available.iter().map(|(name, _)| *name).collect();
        let option = argument.map(ToString::to_string).unwrap_or_default();
        if self.later.contains(&&*text) {
            let message = format!(
                "not available in this version: `{text}` for `{option}`\n  [available: {}]\n",
                names.join(", ")
            );
            return Err(Error::raw(ErrorKind::InvalidValue, message).with_cmd(command));
        }
        let mut error = Error::new(ErrorKind::InvalidValue).with_cmd(command);
        error.insert(ContextKind::InvalidArg, ContextValue::String(option));
        error.insert(ContextKind::InvalidValue, ContextValue::String(text.into_owned()));
        let names = names.into_iter().map(str::to_owned).collect();
        error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
        Err(error)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            self.available.iter().map(|(name, _)| PossibleValue::new(*name)),
        ))
    }
}
