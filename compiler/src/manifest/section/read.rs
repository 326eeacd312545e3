//! Reads a TOML table by the schema: the only place where keys, types and ranges are checked.

mod nested;
mod scalar;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use ::toml::de::{DeTable, DeValue};
use torvyn_codegen::ir::Builtin;
use torvyn_runtime_core::setting::Setting;

use super::entry::{TomlValue, in_order, join};
use super::error::{Expected, SectionError};
use super::{Section, Value};
use crate::diag::{Checked, Diagnostics, ErrorReported, suggest};
use crate::manifest::schema::{Effect, Key, Kind};
use crate::manifest::toml::Document;
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
    /// Settings in the `config` of the current node; `None` if it is not a built-in.
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

    /// Reports missing required keys, unless an unknown key or a broken line looks like them.
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

    /// Returns the proof that a value that could not be read was reported, here or as a mistake in the TOML.
    fn reported(&self) -> ErrorReported {
        let barrier = self.diags.barrier();
        barrier.expect_err("invariant: what can't be read is an error")
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

/// Returns the settings of the built-in that a node's table names.
fn settings(node: &DeTable<'_>) -> Option<&'static [Setting]> {
    let component = node.get("component")?.get_ref().as_str()?;
    Builtin::of(component).map(Builtin::settings)
}

fn has_items(key: &Key) -> bool {
    matches!(key.kind, Kind::Tables(_) | Kind::Named(_))
}

/// Returns the key of a list or of named tables that `name` misspells.
fn meant(name: &str, keys: &'static [Key]) -> Option<&'static str> {
    let names: Vec<_> = keys.iter().map(|key| key.name).collect();
    let near = suggest(name, &names)?;
    let meant = keys.iter().find(|key| key.name == near && has_items(key));
    meant.map(|key| key.name)
}

/// Returns the number of items that were read; `None` for a value without items.
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

/// Returns the number of items in the text; `None` for a value without items.
fn items(value: &DeValue<'_>) -> Option<usize> {
    value
        .as_array()
        .map(|list| list.len())
        .or_else(|| value.as_table().map(|table| table.len()))
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
