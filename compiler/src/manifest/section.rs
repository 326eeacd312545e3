//! A TOML table whose keys, types and ranges have been checked by the schema.

mod entry;
mod error;
mod json;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use super::reference::{ComponentRef, InterfaceRef};
use crate::source::{Span, Spanned};

pub(super) use read::read;

/// A table of valid keys and values; invalid ones are left out.
pub(super) struct Section {
    /// The table's header.
    pub(super) span: Span,
    values: BTreeMap<&'static str, Spanned<Value>>,
    /// Lists and tables in it that lost an item.
    partial: BTreeSet<&'static str>,
    /// True when something was written in it that could not be read.
    lost: bool,
}

/// A checked value.
pub(super) enum Value {
    Text(String),
    /// Its text (JSON for a table), and the entries of a table.
    Config(String, Vec<ConfigEntry>),
    Flag,
    Integer(u64),
    Number(f64),
    Version(semver::Version),
    Texts(Vec<Spanned<String>>),
    Flags(Vec<(Spanned<String>, Spanned<bool>)>),
    Component(ComponentRef),
    Interface(InterfaceRef),
    Section(Section),
    Sections(Vec<Section>),
    Named(Vec<(Spanned<String>, Section)>),
}

/// A key of a configuration, and the place of its value.
pub(super) type ConfigEntry = (Spanned<String>, Span);

impl Section {
    /// Whether every item of its lists and tables could be read.
    pub(super) fn is_whole(&self) -> bool {
        self.partial.is_empty()
    }

    /// Whether every item of this list or table could be read.
    pub(super) fn has_all(&self, key: &str) -> bool {
        !self.partial.contains(key)
    }

    /// Whether something was written in it, or in a table of it, that could not be read.
    pub(super) fn is_lossy(&self) -> bool {
        let lossy = |value: &Spanned<Value>| matches!(&value.value, Value::Section(section) if section.is_lossy());
        self.lost || self.values.values().any(lossy)
    }

    /// Start of the last readable value or header in it.
    pub(super) fn last_start(&self) -> usize {
        let inside = self.values.values().map(|value| {
            let start = value.span.start;
            if let Value::Section(section) = &value.value {
                start.max(section.last_start())
            } else {
                start
            }
        });
        inside.fold(self.span.start, usize::max)
    }

    /// Whether the key is there, and could be read.
    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(super) fn text(&self, key: &str) -> Option<Spanned<String>> {
        self.get(key, |value| {
            if let Value::Text(text) | Value::Config(text, _) = value {
                Some(text.clone())
            } else {
                None
            }
        })
    }

    /// The value of a key that takes one of an enum's words.
    pub(super) fn word<T>(&self, key: &str, parse: fn(&str) -> Option<T>) -> Option<Spanned<T>> {
        let word = self.text(key)?;
        Some(word.map(|word| parse(&word).expect("invariant: the schema has the same words")))
    }

    pub(super) fn integer(&self, key: &str) -> Option<Spanned<u64>> {
        self.get(key, |value| {
            if let Value::Integer(number) = value {
                Some(*number)
            } else {
                None
            }
        })
    }

    pub(super) fn small_integer(&self, key: &str) -> Option<Spanned<u32>> {
        let number = self.integer(key)?;
        Some(number.map(|n| u32::try_from(n).expect("invariant: the schema's bound is below 2^32")))
    }

    pub(super) fn number(&self, key: &str) -> Option<Spanned<f64>> {
        self.get(key, |value| {
            if let Value::Number(number) = value {
                Some(*number)
            } else {
                None
            }
        })
    }

    pub(super) fn version(&self, key: &str) -> Option<Spanned<semver::Version>> {
        self.get(key, |value| {
            if let Value::Version(version) = value {
                Some(version.clone())
            } else {
                None
            }
        })
    }

    pub(super) fn component(&self, key: &str) -> Option<Spanned<ComponentRef>> {
        self.get(key, |value| {
            if let Value::Component(component) = value {
                Some(component.clone())
            } else {
                None
            }
        })
    }

    pub(super) fn interface(&self, key: &str) -> Option<Spanned<InterfaceRef>> {
        self.get(key, |value| {
            if let Value::Interface(interface) = value {
                Some(interface.clone())
            } else {
                None
            }
        })
    }

    /// The strings of a list, in order; none when it is absent.
    pub(super) fn texts(&self, key: &str) -> &[Spanned<String>] {
        match self.values.get(key).map(|found| &found.value) {
            Some(Value::Texts(list)) => list,
            _ => &[],
        }
    }

    /// The names of a table of flags, in order; none when it is absent.
    pub(super) fn flags(&self, key: &str) -> &[(Spanned<String>, Spanned<bool>)] {
        match self.values.get(key).map(|found| &found.value) {
            Some(Value::Flags(list)) => list,
            _ => &[],
        }
    }

    /// The entries of a configuration that is a table, in order.
    pub(super) fn config_entries(&self, key: &str) -> &[ConfigEntry] {
        match self.values.get(key).map(|found| &found.value) {
            Some(Value::Config(_, entries)) => entries,
            _ => &[],
        }
    }

    /// Where the value of a key is written; the header of a table.
    pub(super) fn place(&self, key: &str) -> Option<Span> {
        self.values.get(key).map(|found| found.span)
    }

    pub(super) fn section(&self, key: &str) -> Option<&Section> {
        if let Value::Section(section) = &self.values.get(key)?.value {
            Some(section)
        } else {
            None
        }
    }

    /// The tables of an array, in order; none when it is absent.
    pub(super) fn sections(&self, key: &str) -> &[Section] {
        match self.values.get(key).map(|found| &found.value) {
            Some(Value::Sections(list)) => list,
            _ => &[],
        }
    }

    /// The tables of a table, in order of declaration; none when it is absent.
    pub(super) fn named(&self, key: &str) -> &[(Spanned<String>, Section)] {
        match self.values.get(key).map(|found| &found.value) {
            Some(Value::Named(list)) => list,
            _ => &[],
        }
    }

    fn get<T>(&self, key: &str, take: impl FnOnce(&Value) -> Option<T>) -> Option<Spanned<T>> {
        let found = self.values.get(key)?;
        Some(Spanned::new(take(&found.value)?, found.span))
    }
}
