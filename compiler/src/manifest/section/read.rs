//! Reads a TOML table by the schema: the only place where keys, types and ranges are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use ::toml::de::{DeArray, DeInteger, DeTable, DeValue};
use torvyn_codegen::ir::Builtin;
use torvyn_runtime_core::setting::Setting;

use super::entry::{NAME_RULE, TomlEntry, TomlValue, in_order, join};
use super::error::{Expected, SectionError};
use super::{ConfigEntry, Section, Value, json};
use crate::diag::{Checked, Diagnostics, ErrorReported, suggest};
use crate::interface::{Interface, InterfaceName};
use crate::manifest::reference::{BuiltinRef, ComponentRef, InterfaceRef};
use crate::manifest::schema::{ACTIONS, Effect, Key, Kind};
use crate::manifest::toml::Document;
use crate::manifest::value;
use crate::source::file_url::{FileUrl, is_file_url};
use crate::source::{Span, Spanned};

/// Reads the whole document.
pub(in crate::manifest) fn read(diags: &mut Diagnostics, document: &Document<'_>, keys: &'static [Key]) -> Section {
    let mut reader = Reader {
        diags,
        document,
        settings: None,
    };
    let start = document.span(0..0);
    reader.table(document.root.get_ref(), start, keys, "")
}

struct Reader<'a, 'd> {
    diags: &'a mut Diagnostics,
    document: &'a Document<'d>,
    /// What the `config` of the node that is being read may hold, where it is a built-in.
    settings: Option<&'static [Setting]>,
}

impl Reader<'_, '_> {
    fn table(&mut self, table: &DeTable<'_>, span: Span, keys: &'static [Key], path: &str) -> Section {
        let mut section = Section {
            span,
            values: BTreeMap::new(),
            partial: BTreeSet::new(),
            lost: false,
        };
        if keys.iter().any(|key| matches!(key.kind, Kind::Config)) {
            self.settings = settings(table);
        }
        let mut unknown = Vec::new();
        for (name, value) in in_order(table) {
            let Some(key) = keys.iter().find(|key| key.name == name.get_ref().as_ref()) else {
                unknown.push(name.get_ref().as_ref());
                section.lost = true;
                section.partial.extend(meant(name.get_ref(), keys));
                let places = self.document.places(name, value);
                self.report(&name.span(), |at| SectionError::UnknownKey {
                    name: name.get_ref().to_string(),
                    at,
                    places,
                    path: path.to_owned(),
                    keys,
                });
                continue;
            };
            match self.entry(key, &name.span(), value, path) {
                Some(read) => {
                    if item_count(&read.value).is_some_and(|count| Some(count) != items(value.get_ref())) {
                        section.partial.insert(key.name);
                    }
                    section.values.insert(key.name, read);
                }
                None => {
                    section.partial.extend(has_items(key).then_some(key.name));
                    section.lost = true;
                }
            }
        }
        self.check_required(table, span, keys, path, &unknown);
        section
    }

    /// Reports required keys that are not there, unless an unknown key or a broken line looks like them.
    fn check_required(&mut self, table: &DeTable<'_>, span: Span, keys: &'static [Key], path: &str, unknown: &[&str]) {
        let misspelt = |key: &Key| unknown.iter().any(|name| suggest(name, &[key.name]).is_some());
        for key in keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            if !self.document.is_broken() && !misspelt(key) {
                self.diags.error(SectionError::Missing {
                    key,
                    path: path.to_owned(),
                    table: span,
                });
            }
        }
    }

    fn entry(
        &mut self,
        key: &'static Key,
        name: &Range<usize>,
        value: &TomlValue<'_>,
        path: &str,
    ) -> Option<Spanned<Value>> {
        let path = join(path, key.name);
        let at = self.document.span(name.clone());
        let read = self.value(key, value, &path);
        match key.effect {
            Effect::Now => {}
            Effect::Later if read.is_err() || self.document.is_doubtful(name) => {}
            Effect::Later => self.diags.warn(SectionError::NoEffect { path, at }),
        }
        read.ok()
    }

    fn value(&mut self, key: &'static Key, value: &TomlValue<'_>, path: &str) -> Checked<Spanned<Value>> {
        let span = self.document.span(value.span());
        let read = match value.get_ref() {
            DeValue::String(text) => self.string(key.kind, text, span, path),
            DeValue::Array(list) => self.array(key.kind, list, path).map(Ok),
            DeValue::Table(table) => self.inner_table(key.kind, table, span, path),
            DeValue::Integer(number) => self.number(key.kind, number, span, path),
            DeValue::Float(number) => self.float(key.kind, number.as_str(), span, path),
            DeValue::Boolean(_) => matches!(key.kind, Kind::Flag).then_some(Ok(Value::Flag)),
            DeValue::Datetime(_) => None,
        };
        let read = read.unwrap_or_else(|| {
            self.wrong_type(value, Expected::of(key), path);
            Err(self.reported())
        });
        Ok(Spanned::new(read?, span))
    }

    /// Proof that what could not be read was reported, here or as a mistake in the TOML.
    fn reported(&self) -> ErrorReported {
        let barrier = self.diags.barrier();
        barrier.expect_err("invariant: what can't be read is an error")
    }

    /// The value of a key that takes a string; `None` for other keys.
    fn string(&mut self, kind: Kind, text: &str, span: Span, path: &str) -> Option<Checked<Value>> {
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

    /// The value of a key that takes a number; `None` for other keys.
    fn number(&mut self, kind: Kind, number: &DeInteger<'_>, span: Span, path: &str) -> Option<Checked<Value>> {
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

    /// The value of a key that takes a fraction; `None` for other keys.
    fn float(&mut self, kind: Kind, number: &str, span: Span, path: &str) -> Option<Checked<Value>> {
        if let Kind::Ratio(below_one) = kind {
            Some(self.ratio(number, below_one, span, path))
        } else {
            None
        }
    }

    /// The value of a key that takes a list; `None` for other keys.
    fn array(&mut self, kind: Kind, list: &DeArray<'_>, path: &str) -> Option<Value> {
        if matches!(kind, Kind::Texts) {
            return Some(Value::Texts(self.texts(list, path)));
        }
        let Kind::Tables(keys) = kind else { return None };
        let mut sections = Vec::new();
        for item in list.iter() {
            if let DeValue::Table(table) = item.get_ref() {
                let span = self.document.span(item.span());
                sections.push(self.table(table, span, keys, path));
            } else {
                self.wrong_type(item, Expected::plain("a table"), path);
            }
        }
        Some(Value::Sections(sections))
    }

    /// The value of a key that takes a table; `None` for other keys.
    fn inner_table(&mut self, kind: Kind, table: &DeTable<'_>, span: Span, path: &str) -> Option<Checked<Value>> {
        if let Kind::Table(keys) | Kind::Action(keys) = kind {
            return Some(Ok(Value::Section(self.table(table, span, keys, path))));
        }
        if let Kind::Named(keys) = kind {
            return Some(Ok(Value::Named(self.named(table, keys, path))));
        }
        if matches!(kind, Kind::Config) {
            return Some(self.config(table, path));
        }
        if matches!(kind, Kind::Flags) {
            return Some(Ok(Value::Flags(self.flags(table, path))));
        }
        None
    }

    fn config(&mut self, table: &DeTable<'_>, path: &str) -> Checked<Value> {
        match json::object(table, path) {
            Ok(object) => Ok(Value::Config(object.to_string(), self.config_entries(table))),
            Err(unfit) => {
                for json::Unfit { path, at, reason } in unfit {
                    let found = self.document.text[at.clone()].to_owned();
                    let taker = json::Taker::of(self.settings, &path);
                    self.report(&at, |at| SectionError::NotJson {
                        path,
                        found,
                        reason,
                        taker,
                        at,
                    });
                }
                Err(self.reported())
            }
        }
    }

    fn config_entries(&self, table: &DeTable<'_>) -> Vec<ConfigEntry> {
        let entry = |(name, value): TomlEntry<'_, '_>| {
            let key = Spanned::new(name.get_ref().to_string(), self.document.span(name.span()));
            (key, self.document.span(value.span()))
        };
        in_order(table).into_iter().map(entry).collect()
    }

    fn flags(&mut self, table: &DeTable<'_>, path: &str) -> Vec<(Spanned<String>, Spanned<bool>)> {
        let mut flags = Vec::new();
        for (name, item) in in_order(table) {
            let at = self.document.span(name.span());
            match item.get_ref().as_bool() {
                Some(flag) => flags.push((
                    Spanned::new(name.get_ref().to_string(), at),
                    Spanned::new(flag, self.document.span(item.span())),
                )),
                None => self.wrong_type(item, Expected::plain("true or false"), path),
            }
        }
        flags
    }

    fn texts(&mut self, list: &DeArray<'_>, path: &str) -> Vec<Spanned<String>> {
        let mut texts = Vec::new();
        for item in list.iter() {
            match item.get_ref().as_str() {
                Some(text) => texts.push(Spanned::new(text.to_owned(), self.document.span(item.span()))),
                None => self.wrong_type(item, Expected::plain("a string"), path),
            }
        }
        texts
    }

    fn named(&mut self, table: &DeTable<'_>, keys: &'static [Key], path: &str) -> Vec<(Spanned<String>, Section)> {
        let mut named = Vec::new();
        for (name, value) in in_order(table) {
            let at = self.document.span(name.span());
            let DeValue::Table(inner) = value.get_ref() else {
                let path = join(path, name.get_ref());
                let one = Kind::Table(keys);
                self.wrong_type(
                    value,
                    Expected {
                        words: "a table",
                        kind: Some(one),
                    },
                    &path,
                );
                continue;
            };
            if value::is_name(name.get_ref()) {
                let section = self.table(inner, at, keys, &join(path, name.get_ref()));
                named.push((Spanned::new(name.get_ref().to_string(), at), section));
            } else {
                self.diags.error(SectionError::Name {
                    name: name.get_ref().to_string(),
                    path: path.to_owned(),
                    at,
                });
            }
        }
        named
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

    /// `read`, or the report that `found` breaks the rule.
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

    fn wrong_type(&mut self, value: &TomlValue<'_>, expected: Expected, path: &str) {
        let found = with_article(value.get_ref().type_str());
        let written = self.document.text[value.span()].to_owned();
        self.report(&value.span(), |at| SectionError::WrongType {
            path: path.to_owned(),
            expected,
            found,
            written,
            at,
        });
    }

    /// Reports unless the text at `range` may be the TOML parser's guess about a broken line.
    fn report(&mut self, range: &Range<usize>, error: impl FnOnce(Span) -> SectionError) {
        if !self.document.is_doubtful(range) {
            self.diags.error(error(self.document.span(range.clone())));
        }
    }
}

/// The configuration that a node takes, where its table names a built-in.
fn settings(node: &DeTable<'_>) -> Option<&'static [Setting]> {
    let component = node.get("component")?.get_ref().as_str()?;
    Builtin::of(component).map(Builtin::settings)
}

fn has_items(key: &Key) -> bool {
    matches!(key.kind, Kind::Tables(_) | Kind::Named(_))
}

/// The list or table whose items stand under the key `name`, if that is a misspelling.
fn meant(name: &str, keys: &'static [Key]) -> Option<&'static str> {
    let names: Vec<_> = keys.iter().map(|key| key.name).collect();
    let near = suggest(name, &names)?;
    let meant = keys.iter().find(|key| key.name == near && has_items(key));
    meant.map(|key| key.name)
}

/// How many items were read, where there can be several.
fn item_count(value: &Value) -> Option<usize> {
    match value {
        Value::Sections(list) => Some(list.len()),
        Value::Named(list) => Some(list.len()),
        Value::Text(_)
        | Value::Config(..)
        | Value::Flag
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Version(_)
        | Value::Texts(_)
        | Value::Flags(_)
        | Value::Component(_)
        | Value::Interface(_)
        | Value::Section(_) => None,
    }
}

/// How many items were written.
fn items(value: &DeValue<'_>) -> Option<usize> {
    value
        .as_array()
        .map(|list| list.len())
        .or_else(|| value.as_table().map(|table| table.len()))
}

fn is_wasm(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "wasm")
}

fn with_article(noun: &'static str) -> &'static str {
    match noun {
        "string" => "a string",
        "integer" => "an integer",
        "float" => "a float",
        "boolean" => "a boolean",
        "datetime" => "a date or time",
        "array" => "an array",
        "table" => "a table",
        other => other,
    }
}
