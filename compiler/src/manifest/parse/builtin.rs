//! Checks of the `config` of built-in nodes, by the same rules as at the start of a flow.

use serde_json::Value;
use torvyn_runtime_core::bounds::{REPLICA, REPLICA_COUNT};
use torvyn_runtime_core::setting::{self, Mistake, Setting};

use crate::diag::{Code, Diagnostic, Diagnostics, listed, suggest};
use crate::manifest::ast::{BuiltinRef, ComponentRef};
use crate::manifest::section::{ConfigEntry, Section};
use crate::manifest::toml::Document;
use crate::source::Span;

/// Checks the configuration of a node that is a built-in; a component's own rules are not known.
pub(super) fn check_config(
    diags: &mut Diagnostics,
    document: &Document<'_>,
    path: &str,
    node: &Section,
    replicas: u32,
) {
    let Some(ComponentRef::Builtin(BuiltinRef(builtin))) = node.component("component").map(|found| found.value) else {
        return;
    };
    let written = node.text("config");
    let config = written.as_ref().map_or("", |config| &config.value);
    // The text for the first replica; for the others, only numbers differ.
    let filled = config
        .replace(REPLICA, "0")
        .replace(REPLICA_COUNT, &replicas.to_string());
    let Err(mistakes) = setting::read(&filled, builtin.settings()) else {
        return;
    };
    let unknown: Vec<_> = mistakes.iter().filter_map(unknown_key).collect();
    let may_be_there = |key| node.is_lossy() || document.is_broken() || suggest_any(&unknown, key);
    let mut errors = Vec::new();
    for mistake in mistakes {
        if let Mistake::Missing(setting) = mistake
            && may_be_there(setting.name)
        {
            continue;
        }
        let own = own_place(&mistake, node.config_entries("config"));
        let at = own.or(written.as_ref().map(|config| config.span)).unwrap_or(node.span);
        if !document.is_doubtful(&(at.start..at.end)) {
            errors.push(ConfigError {
                path: format!("{path}.config"),
                builtin: builtin.as_str(),
                mistake,
                text: config.to_owned(),
                at,
                is_own: own.is_some(),
                is_written: written.is_some(),
            });
        }
    }
    errors.sort_by_key(|error| error.at.start);
    for error in errors {
        // The command line of the executable can still set a missing key.
        if matches!(error.mistake, Mistake::Missing(_)) {
            diags.warn(error);
        } else {
            diags.error(error);
        }
    }
}

fn unknown_key(mistake: &Mistake) -> Option<String> {
    if let Mistake::Unknown { key, .. } = mistake {
        Some(key.clone())
    } else {
        None
    }
}

/// Whether one of the words probably means `key`.
fn suggest_any(words: &[String], key: &str) -> bool {
    words.iter().any(|word| suggest(word, &[key]).is_some())
}

/// The place of the key or value that is wrong, if it has one of its own.
fn own_place(mistake: &Mistake, entries: &[ConfigEntry]) -> Option<Span> {
    let entry = |name: &str| entries.iter().find(|(key, _)| key.value == name);
    match mistake {
        Mistake::Unknown { key, .. } => entry(key).map(|(key, _)| key.span),
        Mistake::Value { setting, .. } => entry(setting.name).map(|(_, value)| *value),
        Mistake::Syntax(_) | Mistake::NotObject | Mistake::Missing(_) => None,
    }
}

struct ConfigError {
    path: String,
    builtin: &'static str,
    mistake: Mistake,
    /// The whole configuration.
    text: String,
    at: Span,
    /// Whether `at` covers nothing but the mistake.
    is_own: bool,
    /// Whether there is a configuration at all.
    is_written: bool,
}

impl From<ConfigError> for Diagnostic {
    fn from(error: ConfigError) -> Self {
        let (path, at) = (&error.path, error.at);
        let no_object = || {
            Diagnostic::error(Code::ConstraintViolation, format!("`{path}` can't be `{}`", error.text))
                .primary(at, "expected a table or a JSON object")
        };
        match &error.mistake {
            Mistake::NotObject => no_object(),
            Mistake::Syntax(reason) => no_object().note(format!("read as JSON, {reason}")),
            Mistake::Unknown { key, settings } => error.unknown(key, settings),
            Mistake::Value { setting, found } if setting.kind.is_type_of(found) => Diagnostic::error(
                Code::ConstraintViolation,
                format!("`{path}.{}` can't be `{}`", setting.name, bare(found)),
            )
            .primary(at, format!("expected {}", setting.kind.rule())),
            Mistake::Value { setting, found } => {
                let expected = setting.kind.expected();
                Diagnostic::error(
                    Code::InvalidFieldType,
                    format!(
                        "`{path}.{}`: expected {expected}, found {}",
                        setting.name,
                        type_of(found)
                    ),
                )
                .primary(at, format!("expected {expected}"))
            }
            Mistake::Missing(setting) => error.missing(setting),
        }
    }
}

impl ConfigError {
    fn unknown(&self, key: &str, settings: &[Setting]) -> Diagnostic {
        let known: Vec<_> = settings.iter().map(|setting| setting.name).collect();
        let diagnostic = Diagnostic::error(Code::UnknownField, format!("unknown key `{key}` in `{}`", self.path))
            .primary(self.at, format!("not a key of `builtin:{}`", self.builtin))
            .note(listed("valid keys", &known));
        match suggest(key, &known) {
            Some(near) if self.is_own => diagnostic.meant(&near, self.at, near.clone()),
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        }
    }

    fn missing(&self, setting: &Setting) -> Diagnostic {
        let (path, name, doc) = (&self.path, setting.name, setting.doc.trim_end_matches('.'));
        let diagnostic = Diagnostic::warning(Code::MissingField, format!("`{path}` has no `{name}`"))
            .primary(self.at, format!("`builtin:{}` needs a `{name}`", self.builtin))
            .note(format!("`{name}`: {doc}"));
        let later = "set it when the program runs, with `--config` or `--output`";
        if self.is_written {
            diagnostic.help(later)
        } else {
            diagnostic.help(format!("add `config = {{ {name} = … }}`, or {later}"))
        }
    }
}

/// A value as written in a manifest, without quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a float",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    }
}
