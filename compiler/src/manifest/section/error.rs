//! Errors in a table, and their diagnostics.

mod wrong_type;

use torvyn_codegen::ir::Builtin;
use torvyn_runtime_core::setting;

use super::entry::NAME_RULE;
use super::json::{Reason, Taker};
use crate::diag::{Code, Diagnostic, Edit, listed, suggest};
use crate::interface::Interface;
use crate::manifest::schema::{self, Key, Kind};
use crate::source::Span;

use wrong_type::wrong_type;

pub(super) enum SectionError {
    Name {
        name: String,
        path: String,
        at: Span,
    },
    Component {
        found: String,
        at: Span,
    },
    UnknownKey {
        name: String,
        at: Span,
        /// All places that name it, including `at`.
        places: Vec<Span>,
        path: String,
        keys: &'static [Key],
    },
    Missing {
        key: &'static Key,
        path: String,
        table: Span,
    },
    WrongType {
        path: String,
        expected: Expected,
        found: &'static str,
        /// Its source text.
        written: String,
        at: Span,
    },
    NotJson {
        path: String,
        found: String,
        reason: Reason,
        taker: Taker,
        at: Span,
    },
    Constraint {
        path: String,
        found: String,
        rule: String,
        at: Span,
    },
    UnknownWord {
        path: String,
        found: String,
        at: Span,
        words: Vec<&'static str>,
    },
    UnknownBuiltin {
        name: String,
        at: Span,
    },
    UnknownInterface {
        found: String,
        at: Span,
    },
    Unsupported {
        what: String,
        at: Span,
        instead: Vec<&'static str>,
    },
    NoEffect {
        path: String,
        at: Span,
    },
}

/// The type that a value must have.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) words: &'static str,
    /// The kind of the key, to guess what a value of another type was meant to be; `None` for an item of a list.
    pub(super) kind: Option<Kind>,
}

impl Expected {
    /// The type that a key takes.
    pub(super) fn of(key: &Key) -> Self {
        Self {
            words: key.kind.expected(),
            kind: Some(key.kind),
        }
    }

    /// The type of an item of a list.
    pub(super) fn plain(words: &'static str) -> Self {
        Self { words, kind: None }
    }
}

impl From<SectionError> for Diagnostic {
    fn from(error: SectionError) -> Self {
        match error {
            SectionError::Name { name, path, at } => Diagnostic::error(
                Code::ConstraintViolation,
                format!("`{name}` can't be a name in `{path}`"),
            )
            .primary(at, format!("expected {NAME_RULE}")),
            SectionError::Component { found, at } => {
                let diagnostic = Diagnostic::error(Code::ConstraintViolation, format!("`{found}` names no component"))
                    .primary(
                        at,
                        "expected the name of a `[[component]]`, `file://PATH`, or `builtin:NAME`",
                    );
                if found.contains('/') {
                    let edit = Edit {
                        span: at,
                        text: format!("\"file://{found}\""),
                    };
                    diagnostic
                        .help(format!("for a file write `file://{found}`"))
                        .fix(format!("Change it to `file://{found}`"), vec![edit])
                } else {
                    diagnostic
                }
            }
            SectionError::UnknownKey {
                name,
                at,
                places,
                path,
                keys,
            } => unknown_key(&name, at, &places, &path, keys),
            SectionError::Missing { key, path, table } => missing_key(key, &path, table),
            SectionError::WrongType {
                path,
                expected,
                found,
                written,
                at,
            } => wrong_type(&path, expected, found, &written, at),
            SectionError::NotJson {
                path,
                found,
                reason,
                taker,
                at,
            } => not_json(&path, &found, reason, taker, at),
            SectionError::Constraint { path, found, rule, at } => {
                Diagnostic::error(Code::ConstraintViolation, format!("`{path}` can't be `{found}`"))
                    .primary(at, format!("expected {rule}"))
            }
            SectionError::UnknownWord { path, found, at, words } => {
                let diagnostic = Diagnostic::error(Code::ConstraintViolation, format!("`{path}` can't be `{found}`"))
                    .primary(at, "not one of the allowed values")
                    .note(listed("allowed", &words));
                with_suggestion(diagnostic, &found, &words, at, |word| format!("\"{word}\""))
            }
            SectionError::UnknownBuiltin { name, at } => {
                let known = Builtin::WORDS;
                let diagnostic =
                    Diagnostic::error(Code::ComponentNotFound, format!("there is no built-in node `{name}`"))
                        .primary(at, "no such built-in")
                        .note(listed("built-in nodes", known));
                with_suggestion(diagnostic, &name, known, at, |name| format!("\"builtin:{name}\""))
            }
            SectionError::UnknownInterface { found, at } => unknown_interface(&found, at),
            SectionError::Unsupported { what, at, instead } => {
                Diagnostic::error(Code::NotSupported, format!("{what} is not supported by this version"))
                    .primary(at, "would change what the flow does")
                    .note(listed("supported", &instead))
            }
            SectionError::NoEffect { path, at } => {
                Diagnostic::warning(Code::NotSupported, format!("`{path}` has no effect in this version"))
                    .primary(at, "read and checked, but ignored")
            }
        }
    }
}

fn not_json(path: &str, found: &str, reason: Reason, taker: Taker, at: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::ConstraintViolation, format!("`{path}` can't be `{found}`"));
    if let Taker::Builtin(kind) = taker {
        let label = match kind {
            Some(setting::Kind::Count) => format!("expected a whole number from 0 to {}", i64::MAX),
            Some(kind) => format!("expected {}", kind.rule()),
            None => "the built-in has no such key".to_owned(),
        };
        return diagnostic.primary(at, label);
    }
    match reason {
        Reason::Wide => diagnostic.primary(at, format!("expected a whole number from {} to {}", i64::MIN, i64::MAX)),
        Reason::NotFinite => diagnostic.primary(at, "a component gets its `config` as JSON, which has no such number"),
        Reason::Huge => diagnostic.primary(at, format!("expected a number up to {:e}", f64::MAX)),
    }
    .help(format!("if the component reads it as text, write `\"{found}\"`"))
}

fn missing_key(key: &Key, path: &str, table: Span) -> Diagnostic {
    let place = if path.is_empty() {
        "the manifest".to_owned()
    } else {
        format!("`{path}`")
    };
    let (name, required) = if let Kind::Table(keys) = key.kind {
        let required: Vec<_> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        let name = if path.is_empty() {
            format!("[{}]", key.name)
        } else {
            key.name.to_owned()
        };
        (name, required)
    } else {
        (key.name.to_owned(), Vec::new())
    };
    let note = if required.is_empty() {
        format!("`{}`: {}", key.name, key.doc.trim_end_matches('.'))
    } else {
        listed("its required keys", &required)
    };
    Diagnostic::error(Code::MissingField, format!("{place} has no `{name}`"))
        .primary(table, format!("`{name}` is required"))
        .note(note)
}

fn unknown_key(name: &str, at: Span, places: &[Span], path: &str, keys: &'static [Key]) -> Diagnostic {
    let place = if path.is_empty() {
        String::new()
    } else {
        format!(" in `{path}`")
    };
    let known: Vec<_> = keys.iter().map(|key| key.name).collect();
    let diagnostic = Diagnostic::error(Code::UnknownField, format!("unknown key `{name}`{place}"))
        .primary(at, "not a key of this table")
        .note(listed("valid keys", &known));
    let elsewhere = schema::tables_with(name);
    if let Some(near) = suggest(name, &known) {
        let edits = places.iter().map(|span| Edit {
            span: *span,
            text: near.clone(),
        });
        diagnostic
            .help(format!("did you mean `{near}`?"))
            .fix(format!("Change it to `{near}`"), edits.collect())
    } else if elsewhere.is_empty() {
        diagnostic
    } else {
        let tables: Vec<_> = elsewhere.iter().map(|table| format!("`{table}`")).collect();
        diagnostic.help(format!("`{name}` is a key of {}", tables.join(" and of ")))
    }
}

fn unknown_interface(found: &str, at: Span) -> Diagnostic {
    let known: Vec<_> = Interface::ALL.iter().map(|interface| interface.path()).collect();
    let diagnostic = Diagnostic::error(
        Code::ConstraintViolation,
        format!("`{found}` is not an interface that a node can have"),
    )
    .primary(at, "not a processing interface")
    .note(listed("allowed", &known));
    let short = found
        .split('@')
        .next()
        .unwrap_or(found)
        .rsplit('/')
        .next()
        .unwrap_or(found);
    match known.iter().find(|path| path.rsplit('/').next() == Some(short)) {
        Some(path) => diagnostic.meant(path, at, format!("\"{path}\"")),
        None => with_suggestion(diagnostic, found, &known, at, |path| format!("\"{path}\"")),
    }
}

/// Adds the word that was probably meant, if there is one; `written` formats it for the manifest.
fn with_suggestion(
    diagnostic: Diagnostic,
    found: &str,
    known: &[&str],
    at: Span,
    written: impl FnOnce(&str) -> String,
) -> Diagnostic {
    match suggest(found, known) {
        Some(near) => diagnostic.meant(&near, at, written(&near)),
        None => diagnostic,
    }
}
