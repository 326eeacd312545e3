//! Errors in WIT, and their diagnostics.

use super::related::{self, Related};
use crate::contract::canonical;
use crate::diag::{Code, Diagnostic};
use crate::source::{NotUtf8, Span};

/// A mistake in the WIT of a component.
pub(super) enum WitError {
    Syntax {
        message: String,
        at: Option<Span>,
        related: Box<Related>,
    },
    Unresolved {
        message: String,
        at: Option<Span>,
        related: Box<Related>,
        hint: Option<String>,
        /// The name that was probably meant.
        meant: Option<String>,
    },
    Unreadable {
        path: String,
        reason: String,
        at: Option<Span>,
    },
    NotUtf8 {
        path: String,
        not_utf8: NotUtf8,
    },
    Duplicate {
        name: String,
        again: Option<Span>,
        first: Option<Span>,
    },
    NoWorld {
        last: Option<(String, Span, Vec<String>)>,
        owner: Option<Span>,
    },
    /// Each of these worlds could be the component's.
    SeveralWorlds {
        component: String,
        worlds: Vec<(String, Span)>,
    },
}

fn with_related(mut diagnostic: Diagnostic, related: Related) -> Diagnostic {
    for (place, text) in related.places {
        diagnostic = diagnostic.secondary(place, text);
    }
    diagnostic.help.extend(related.help.map(str::to_owned));
    match related.change {
        Some(change) => diagnostic.fix(format!("Change it to `{}`", change.text), vec![change]),
        None => diagnostic,
    }
}

impl WitError {
    /// A syntax error without related places.
    pub(super) fn syntax(message: String, at: Option<Span>) -> Self {
        WitError::Syntax {
            message,
            at,
            related: Box::default(),
        }
    }

    /// The place of the error, if known.
    pub(super) fn place(&self) -> Option<Span> {
        match self {
            WitError::Syntax { at, .. } | WitError::Unresolved { at, .. } => *at,
            WitError::NoWorld { last, .. } => last.as_ref().map(|(_, span, _)| *span),
            WitError::Unreadable { at, .. } => *at,
            WitError::NotUtf8 { not_utf8, .. } => Some(not_utf8.at),
            WitError::Duplicate { again, .. } => *again,
            WitError::SeveralWorlds { worlds, .. } => worlds.first().map(|(_, span)| *span),
        }
    }

    /// Places the error at `owner` if it has no place of its own.
    pub(super) fn or_at(mut self, owner: Option<Span>) -> Self {
        match &mut self {
            WitError::Syntax { at, .. } | WitError::Unresolved { at, .. } | WitError::Unreadable { at, .. } => {
                *at = at.or(owner);
            }
            WitError::NoWorld { owner: at, .. } => *at = at.or(owner),
            WitError::Duplicate { again: at, .. } => *at = at.or(owner),
            WitError::NotUtf8 { .. } | WitError::SeveralWorlds { .. } => {}
        }
        self
    }
}

impl From<WitError> for Diagnostic {
    fn from(error: WitError) -> Self {
        let labelled = |diagnostic: Diagnostic, at: Option<Span>, text: &str| match at {
            Some(span) => diagnostic.primary(span, text),
            None => diagnostic,
        };
        match error {
            WitError::Syntax { message, at, related } => {
                let no_package = message.starts_with("no `package` header");
                let message = related::plain(related.message.as_ref().unwrap_or(&message));
                let label = related.label.unwrap_or("not valid WIT");
                let diagnostic = Diagnostic::error(Code::WitSyntaxError, message);
                let diagnostic = labelled(diagnostic, related.shown.or(at), label);
                let diagnostic = with_related(diagnostic, *related);
                if no_package {
                    return diagnostic.help("add `package NAMESPACE:NAME;`");
                }
                diagnostic
            }
            WitError::Unresolved {
                message,
                at,
                related,
                hint,
                meant,
            } => {
                let message = related::plain(&message);
                let diagnostic = labelled(Diagnostic::error(Code::WitResolutionError, message), at, "not resolved");
                let mut diagnostic = with_related(diagnostic, *related);
                diagnostic.help.extend(hint);
                match meant.zip(at) {
                    Some((near, at)) => diagnostic.meant(&near, at, near.as_str()),
                    None => diagnostic,
                }
            }
            WitError::Unreadable { path, reason, at } => {
                let diagnostic = Diagnostic::error(Code::IoFailed, format!("`{path}` can't be read: {reason}"));
                labelled(diagnostic, at, "its contract can't be read")
            }
            WitError::Duplicate { name, again, first } => {
                let message = format!("package `{name}` exists twice");
                let diagnostic = labelled(
                    Diagnostic::error(Code::WitResolutionError, message),
                    again,
                    "second package",
                );
                let diagnostic = match first {
                    Some(first) => diagnostic.secondary(first, "first package"),
                    None => diagnostic,
                };
                diagnostic.help("keep one of them")
            }
            WitError::NotUtf8 { path, not_utf8 } => {
                Diagnostic::error(Code::WitSyntaxError, format!("`{path}` is not UTF-8 text")).not_utf8(not_utf8)
            }
            WitError::NoWorld {
                last: Some((name, span, exports)),
                ..
            } => Diagnostic::error(
                Code::WorldIncomplete,
                format!("world `{name}` exports no interface that processes elements"),
            )
            .primary(span, "can't be a stage of a flow")
            .note(crate::diag::listed("exports", &exports))
            .help(format!("add one of: {}", canonical::stage_exports())),
            WitError::NoWorld { last: None, owner } => {
                let diagnostic = Diagnostic::error(Code::WorldIncomplete, "the component's contract declares no world");
                labelled(diagnostic, owner, "can't be a stage of a flow")
                    .help(format!("declare a world with one of: {}", canonical::stage_exports()))
            }
            WitError::SeveralWorlds { component, worlds } => {
                let names: Vec<String> = worlds.iter().map(|(name, _)| format!("`{name}`")).collect();
                let message = format!("component `{component}` has several worlds: {}", names.join(", "));
                let mut diagnostic = Diagnostic::error(Code::WorldAmbiguous, message);
                for (_, span) in &worlds {
                    diagnostic = diagnostic.primary(*span, "can be a stage of a flow");
                }
                diagnostic.help(format!(
                    "give one of them the component's name, `world {component}`, or move the others to another package"
                ))
            }
        }
    }
}
