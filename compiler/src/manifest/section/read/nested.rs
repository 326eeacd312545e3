//! Reads values that contain others: lists, tables, and the configuration of a node.

use ::toml::de::{DeArray, DeTable, DeValue};

use super::super::entry::{TomlEntry, in_order, join};
use super::super::error::{Expected, SectionError};
use super::super::{ConfigEntry, Section, Value, json};
use super::Reader;
use crate::diag::Checked;
use crate::manifest::schema::{Key, Kind};
use crate::manifest::value;
use crate::source::{Span, Spanned};

impl Reader<'_, '_> {
    /// Reads a list; `None` if the key takes none.
    pub(super) fn array(&mut self, kind: Kind, list: &DeArray<'_>, path: &str) -> Option<Value> {
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

    /// Reads a table; `None` if the key takes none.
    pub(super) fn inner_table(
        &mut self,
        kind: Kind,
        table: &DeTable<'_>,
        span: Span,
        path: &str,
    ) -> Option<Checked<Value>> {
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
}
