//! The place of the cursor in terms of the manifest: in a header, at a key, in a value.

use std::ops::Range;

use torvync_compiler::manifest::schema::{Key, Kind, ROOT};

use crate::syntax::{Entry, Segment, Step, Syntax, Table, ValueKind};

/// What is at an offset.
#[derive(Debug)]
pub(crate) enum Place<'s> {
    /// In a header, at the segment at position `at`.
    Header { table: &'s Table, at: usize },
    /// At a key, or where one could be written; `entry` has that key, if it is there.
    Key {
        container: Vec<Step>,
        typed: Range<usize>,
        entry: Option<&'s Entry>,
    },
    /// In a value, or where one could be written.
    Value { entry: &'s Entry },
    /// In an array, where an item could be written.
    NewItem { list: &'s Entry, at: usize },
    /// In a comment.
    Nothing,
}

/// Returns what is at `offset`.
pub(crate) fn place<'s>(syntax: &'s Syntax, offset: usize) -> Place<'s> {
    if syntax.is_comment(offset) {
        return Place::Nothing;
    }
    let table = syntax.table_at(offset);
    if let Some(table) = table.filter(|table| table.header.start < offset && offset <= table.header.end) {
        let segments = || table.path.iter().filter_map(Step::segment);
        let at = segments().position(|segment| offset <= segment.span.end);
        return Place::Header {
            table,
            at: at.unwrap_or(segments().count().saturating_sub(1)),
        };
    }
    let blank = |container: &[Step]| Place::Key {
        container: container.to_vec(),
        typed: offset..offset,
        entry: None,
    };
    match syntax.entry_at(offset) {
        Some(entry) if entry.own > 0 && offset <= entry.key.end => Place::Key {
            container: own_container(entry, offset).to_vec(),
            typed: typed(entry, offset),
            entry: Some(entry),
        },
        Some(entry) => match entry.value.kind {
            ValueKind::Table => blank(&entry.path),
            ValueKind::Array => Place::NewItem {
                list: entry,
                at: offset,
            },
            ValueKind::Text { .. } | ValueKind::Word | ValueKind::Missing => Place::Value { entry },
        },
        None => blank(table.map_or(&[], |table| &table.path)),
    }
}

/// Returns the path of the table that holds the key at `offset`; it includes the earlier keys of a dotted key.
fn own_container(entry: &Entry, offset: usize) -> &[Step] {
    let before = entry.path.len() - entry.own;
    let after = entry.path[before..]
        .iter()
        .filter_map(Step::segment)
        .take_while(|segment| segment.span.end < offset)
        .count();
    &entry.path[..(before + after).min(entry.path.len() - 1)]
}

fn typed(entry: &Entry, offset: usize) -> Range<usize> {
    let segment = entry.path.iter().filter_map(Step::segment);
    let own: Vec<&Segment> = segment.collect();
    let own = &own[own.len().saturating_sub(entry.own)..];
    let found = own.iter().find(|segment| offset <= segment.span.end);
    found.map_or(entry.key.clone(), |segment| segment.span.clone())
}

/// The meaning of a path in the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meaning {
    /// The document, or a table with known keys, and the key that the table belongs to.
    Keys(&'static [Key], Option<&'static Key>),
    /// A table whose keys are names that the user gives.
    Names(&'static Key),
    /// A value.
    Value(&'static Key),
    /// Not in the schema.
    Unknown,
}

/// Follows a path through the schema.
pub(crate) fn meaning(path: &[Step]) -> Meaning {
    let mut meaning = Meaning::Keys(ROOT, None);
    for step in path {
        meaning = match (meaning, step) {
            (Meaning::Keys(keys, _), Step::Key(segment)) => keys
                .iter()
                .find(|key| key.name == segment.name)
                .map_or(Meaning::Unknown, of_key),
            (Meaning::Keys(keys, key), Step::Item(_)) => Meaning::Keys(keys, key),
            (Meaning::Names(key), Step::Key(_)) => {
                if let Kind::Named(keys) = key.kind {
                    Meaning::Keys(keys, Some(key))
                } else {
                    Meaning::Value(key)
                }
            }
            (Meaning::Value(key), Step::Item(_)) => Meaning::Value(key),
            (Meaning::Names(_), Step::Item(_)) | (Meaning::Value(_), Step::Key(_)) | (Meaning::Unknown, _) => {
                Meaning::Unknown
            }
        };
    }
    meaning
}

fn of_key(key: &'static Key) -> Meaning {
    match key.kind.keys() {
        _ if matches!(key.kind, Kind::Named(_) | Kind::Flags) => Meaning::Names(key),
        [] => Meaning::Value(key),
        keys => Meaning::Keys(keys, Some(key)),
    }
}

/// Returns the schema's key that the last step of a path names.
pub(crate) fn key_of(path: &[Step]) -> Option<&'static Key> {
    match meaning(path) {
        Meaning::Keys(_, key) => key.filter(|key| path.last().and_then(Step::key) == Some(key.name)),
        Meaning::Value(key) | Meaning::Names(key) => Some(key),
        Meaning::Unknown => None,
    }
}
