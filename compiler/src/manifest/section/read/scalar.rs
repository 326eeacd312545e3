//! Reads single values: strings with their rules, numbers, words, references.

use std::path::Path;

use ::toml::de::DeInteger;
use torvyn_codegen::ir::Builtin;

use super::super::Value;
use super::super::entry::NAME_RULE;
use super::super::error::SectionError;
use super::Reader;
use crate::diag::Checked;
use crate::interface::{Interface, InterfaceName};
use crate::manifest::reference::{BuiltinRef, ComponentRef, InterfaceRef};
use crate::manifest::schema::{ACTIONS, Kind};
use crate::manifest::value;
use crate::source::Span;
use crate::source::file_url::{FileUrl, is_file_url};

impl Reader<'_, '_> {
    /// Reads a string; `None` if the key takes none.
    pub(super) fn string(&mut self, kind: Kind, text: &str, span: Span, path: &str) -> Option<Checked<Value>> {
        let read = match kind {
            Kind::Text | Kind::Config => Ok(Value::Text(text.to_owned())),
            Kind::ProjectName => {
                let read = value::is_project_name(text).then(|| Value::Text(text.to_owned()));
                self.check(text, span, path, &format!("lower-case {NAME_RULE}"), read)
            }
            Kind::Name => {
                let read = value::is_name(text).then(|| Value::Text(text.to_owned()));
                self.check(text, span, path, NAME_RULE, read)
            }
            Kind::Version => {
                let read = text.parse().ok().map(Value::Version);
                self.check(text, span, path, "a semantic version, such as `0.1.0`", read)
            }
            Kind::Size(min, max) => {
                let example = max.min(64 << 20);
                let rule = format!(
                    "a size of whole bytes from {} to {}, such as `{}`",
                    value::written_size(min),
                    value::written_size(max),
                    value::written_size(example)
                );
                let read = value::size(text)
                    .filter(|n| (min..=max).contains(n))
                    .map(Value::Integer);
                self.check(text, span, path, &rule, read)
            }
            Kind::Duration => {
                let read = value::duration(text).filter(|ms| *ms > 0).map(Value::Integer);
                self.check(
                    text,
                    span,
                    path,
                    "a duration of whole milliseconds above zero, such as `30s` or `250ms`",
                    read,
                )
            }
            Kind::Choice(words) => self.choice(words, text, span, path),
            Kind::Action(_) => self.choice(ACTIONS, text, span, path),
            Kind::Component => self.component(text, span),
            Kind::Interface => self.interface(text, span),
            Kind::Flag
            | Kind::Integer(..)
            | Kind::Ratio(_)
            | Kind::Texts
            | Kind::Flags
            | Kind::Table(_)
            | Kind::Tables(_)
            | Kind::Named(_) => return None,
        };
        Some(read)
    }

    /// Reads an integer; `None` if the key takes none.
    pub(super) fn number(
        &mut self,
        kind: Kind,
        number: &DeInteger<'_>,
        span: Span,
        path: &str,
    ) -> Option<Checked<Value>> {
        if let Kind::Ratio(below_one) = kind {
            return Some(self.ratio(number.as_str(), below_one, span, path));
        }
        let Kind::Integer(min, max) = kind else { return None };
        let rule = format!("a whole number from {min} to {max}");
        let read = u64::from_str_radix(number.as_str(), number.radix()).ok();
        let read = read.filter(|n| (min..=max).contains(n)).map(Value::Integer);
        let written = &self.document.text[span.start..span.end];
        Some(self.check(written, span, path, &rule, read))
    }

    /// Reads a float; `None` if the key takes none.
    pub(super) fn float(&mut self, kind: Kind, number: &str, span: Span, path: &str) -> Option<Checked<Value>> {
        if let Kind::Ratio(below_one) = kind {
            Some(self.ratio(number, below_one, span, path))
        } else {
            None
        }
    }

    fn ratio(&mut self, text: &str, below_one: bool, at: Span, path: &str) -> Checked<Value> {
        let number = text.parse::<f64>().ok();
        let (rule, allowed) = if below_one {
            ("a number from 0 to below 1", number.filter(|n| (0.0..1.0).contains(n)))
        } else {
            ("a number from 0 to 1", number.filter(|n| (0.0..=1.0).contains(n)))
        };
        self.check(text, at, path, rule, allowed.map(Value::Number))
    }

    fn choice(&mut self, words: &'static [&'static str], text: &str, at: Span, path: &str) -> Checked<Value> {
        if words.contains(&text) {
            return Ok(Value::Text(text.to_owned()));
        }
        Err(self.diags.error(SectionError::UnknownWord {
            path: path.to_owned(),
            found: text.to_owned(),
            at,
            words: words.to_vec(),
        }))
    }

    fn component(&mut self, text: &str, at: Span) -> Checked<Value> {
        let component = if let Some(name) = text.strip_prefix("builtin:") {
            let known = Builtin::parse(name);
            let unknown = || {
                self.diags.error(SectionError::UnknownBuiltin {
                    name: name.to_owned(),
                    at,
                })
            };
            ComponentRef::Builtin(BuiltinRef(known.ok_or_else(unknown)?))
        } else if is_file_url(text) {
            let path = FileUrl::parse(text).map(|url| url.written_path());
            let read = path.filter(|path| !path.is_empty()).map(ComponentRef::File);
            self.check(text, at, "component", "a path after `file://`", read)?
        } else if text.starts_with("oci://") {
            return Err(self.diags.error(SectionError::Unsupported {
                what: "a component from a registry".into(),
                at,
                instead: vec!["file://PATH"],
            }));
        } else if is_wasm(text) {
            ComponentRef::File(text.to_owned())
        } else if value::is_name(text) {
            ComponentRef::Declared(text.to_owned())
        } else {
            return Err(self.diags.error(SectionError::Component {
                found: text.to_owned(),
                at,
            }));
        };
        Ok(Value::Component(component))
    }

    fn interface(&mut self, text: &str, at: Span) -> Checked<Value> {
        let name = text.parse::<InterfaceName>().ok();
        match name.as_ref().and_then(Interface::find).zip(name.clone()) {
            Some((interface, name)) => Ok(Value::Interface(InterfaceRef { interface, name })),
            None => Err(self.diags.error(SectionError::UnknownInterface {
                found: text.to_owned(),
                at,
            })),
        }
    }

    /// Returns `read`, or else reports that `found` violates the rule.
    fn check<T>(&mut self, found: &str, at: Span, path: &str, rule: &str, read: Option<T>) -> Checked<T> {
        read.ok_or_else(|| {
            self.report(&(at.start..at.end), |at| SectionError::Constraint {
                path: path.to_owned(),
                found: found.to_owned(),
                rule: rule.to_owned(),
                at,
            });
            self.reported()
        })
    }
}

fn is_wasm(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "wasm")
}
