//! The keys of built-in nodes' `config`, described once: the compiler checks a manifest by the rules that a node
//! applies when its flow starts.

use std::fmt;

use serde_json::{Map, Value};

/// A key of a built-in's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Name of the key.
    pub name: &'static str,
    /// Kind of its value.
    pub kind: Kind,
    /// Whether the key is required.
    pub required: bool,
    /// Meaning of the key.
    pub doc: &'static str,
}

/// Kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any string.
    Text,
    /// A string that names a file.
    Path,
    /// A whole number that is not negative.
    Count,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// Longest time for which a built-in sink holds a line by default, in milliseconds.
pub const FLUSH_MS: u64 = 100;

/// A key that may be left out.
pub(crate) const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Setting {
    Setting {
        name,
        kind,
        required: false,
        doc,
    }
}

impl Kind {
    /// The type, in words.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Kind::Text | Kind::Path | Kind::Choice(_) => "a string",
            Kind::Count => "an integer",
        }
    }

    /// The rule for values of the type, in words.
    #[must_use]
    pub fn rule(self) -> String {
        match self {
            Kind::Text => "a string".to_owned(),
            Kind::Path => "a path".to_owned(),
            Kind::Count => "a whole number from 0".to_owned(),
            Kind::Choice(words) => format!("one of `{}`", words.join("`, `")),
        }
    }

    /// Whether a value is of the type.
    #[must_use]
    pub fn is_type_of(self, value: &Value) -> bool {
        match self {
            Kind::Text | Kind::Path | Kind::Choice(_) => value.is_string(),
            Kind::Count => value.is_i64() || value.is_u64(),
        }
    }

    fn admits(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Path => value.as_str().is_some_and(|path| !path.is_empty()),
            Kind::Count => value.is_u64(),
            Kind::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        }
    }
}

/// A mistake in a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Mistake {
    /// The text is not JSON, for this reason.
    Syntax(String),
    /// The JSON is not an object.
    NotObject,
    /// A key is unknown.
    Unknown {
        /// The key.
        key: String,
        /// The known keys.
        settings: &'static [Setting],
    },
    /// A value is not of its key's kind.
    Value {
        /// The key.
        setting: &'static Setting,
        /// The value.
        found: Value,
    },
    /// A required key is missing.
    Missing(&'static Setting),
}

/// The keys and values of a configuration, which is a JSON object or empty.
///
/// # Errors
/// All mistakes in it; at least one.
pub fn read(config: &str, settings: &'static [Setting]) -> Result<Map<String, Value>, Vec<Mistake>> {
    let object = match config.trim() {
        "" => Map::new(),
        text => match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(vec![Mistake::NotObject]),
            Err(error) => return Err(vec![Mistake::Syntax(not_json(&error, text))]),
        },
    };
    let mut mistakes = Vec::new();
    for (key, value) in &object {
        match settings.iter().find(|setting| setting.name == key) {
            None => mistakes.push(Mistake::Unknown {
                key: key.clone(),
                settings,
            }),
            Some(setting) if !setting.kind.admits(value) => mistakes.push(Mistake::Value {
                setting,
                found: value.clone(),
            }),
            Some(_) => {}
        }
    }
    let required = settings.iter().filter(|setting| setting.required);
    let missing = required.filter(|setting| !object.contains_key(setting.name));
    mistakes.extend(missing.map(Mistake::Missing));
    if mistakes.is_empty() { Ok(object) } else { Err(mistakes) }
}

/// The mistake in a text that is not JSON, with its place.
fn not_json(error: &serde_json::Error, text: &str) -> String {
    if error.is_eof() {
        return "it ends too early".to_owned();
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    // Columns count bytes, from 1.
    let upto = line.floor_char_boundary(error.column().saturating_sub(1));
    let found: String = line[upto..].chars().take(12).collect();
    let found = match found.is_empty() {
        true => "end of line".to_owned(),
        false => format!("`{found}`"),
    };
    format!(
        "it has an unexpected {found} at line {} column {}",
        error.line(),
        error.column()
    )
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mistake::Syntax(reason) => write!(f, "is not JSON: {reason}"),
            Mistake::NotObject => f.write_str("is not a JSON object"),
            Mistake::Unknown { key, settings } => {
                let known: Vec<_> = settings.iter().map(|setting| setting.name).collect();
                write!(f, "has an unknown key `{key}`; known: {}", known.join(", "))
            }
            Mistake::Value { setting, found } => {
                let (name, rule) = (setting.name, setting.kind.rule());
                write!(f, "has `{name} = {found}`, which is not {rule}")
            }
            Mistake::Missing(setting) => write!(f, "has no `{}`", setting.name),
        }
    }
}
