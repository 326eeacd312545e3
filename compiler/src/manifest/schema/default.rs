//! Defaults of keys, as values or in words.

use std::fmt;

use crate::manifest::value::written_size;

/// The default of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DefaultValue {
    /// None.
    Nothing,
    /// A rule in words, such as `of the flow`.
    Rule(&'static str),
    /// A string.
    Text(&'static str),
    /// A size, in bytes.
    Size(u64),
    /// A whole number.
    Number(u64),
    /// A fraction.
    Ratio(f64),
    /// `true` or `false`.
    Flag(bool),
    /// An empty list.
    EmptyList,
}

impl DefaultValue {
    /// Whether it could be written in the manifest.
    #[must_use]
    pub fn is_value(self) -> bool {
        match self {
            DefaultValue::Nothing | DefaultValue::Rule(_) => false,
            DefaultValue::Text(_)
            | DefaultValue::Size(_)
            | DefaultValue::Number(_)
            | DefaultValue::Ratio(_)
            | DefaultValue::Flag(_)
            | DefaultValue::EmptyList => true,
        }
    }
}

/// A value is written as in the manifest, which is also valid JSON; no default is an empty text.
impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DefaultValue::Nothing => Ok(()),
            DefaultValue::Rule(words) => f.write_str(words),
            DefaultValue::Text(text) => write!(f, "\"{text}\""),
            DefaultValue::Size(bytes) => write!(f, "\"{}\"", written_size(*bytes)),
            DefaultValue::Number(number) => number.fmt(f),
            DefaultValue::Ratio(ratio) => ratio.fmt(f),
            DefaultValue::Flag(flag) => flag.fmt(f),
            DefaultValue::EmptyList => f.write_str("[]"),
        }
    }
}
