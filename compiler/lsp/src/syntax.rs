//! `Torvyn.toml` as it is being typed. In: its text, however broken. Out: every table header and every entry, with
//! their places.
//!
//! The compiler's manifest holds what was understood. [`Syntax`] holds what is written, including lines without a value
//! and strings that were never closed. It reports no mistakes.

mod scan;

use std::ops::Range;

/// The headers and entries of a document, in the order of the text; contents follow their container.
#[derive(Clone, Debug, Default)]
pub(crate) struct Syntax {
    pub(crate) tables: Vec<Table>,
    pub(crate) entries: Vec<Entry>,
    comments: Vec<Range<usize>>,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A key, with its place.
    Key(Segment),
    /// An item of an array.
    Item(usize),
}

/// A key as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) name: String,
    /// Without quotes.
    pub(crate) span: Range<usize>,
}

/// `[a.b]` or `[[a.b]]`.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) path: Vec<Step>,
    /// From the first bracket to the end of the last one.
    pub(crate) header: Range<usize>,
    /// From the end of the header to the next header.
    pub(crate) body: Range<usize>,
}

/// A key and its value, or an item of an array.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// From the root of the document.
    pub(crate) path: Vec<Step>,
    /// How many of the path's last steps are written here; 0 for an item of an array.
    pub(crate) own: usize,
    /// What is written left of `=`; empty for an item of an array.
    pub(crate) key: Range<usize>,
    /// Whether there is a `=`.
    pub(crate) has_equals: bool,
    pub(crate) value: Value,
}

/// A value, after `=` or in an array.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    /// With quotes or brackets; from `=` to the next token when there is no value.
    pub(crate) span: Range<usize>,
    pub(crate) kind: ValueKind,
}

/// Kind of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// A string; `inner` is the range between its quotes.
    Text {
        text: String,
        inner: Range<usize>,
        closed: bool,
    },
    /// An inline table.
    Table,
    /// An array.
    Array,
    /// Anything else.
    Word,
    /// Nothing yet.
    Missing,
}

impl Syntax {
    /// Scans a text.
    pub(crate) fn of(text: &str) -> Self {
        scan::scan(text)
    }

    /// Whether the offset lies inside a comment.
    pub(crate) fn is_comment(&self, offset: usize) -> bool {
        self.comments
            .iter()
            .any(|comment| comment.start < offset && offset <= comment.end)
    }

    /// Returns the table whose header or body contains the offset.
    pub(crate) fn table_at(&self, offset: usize) -> Option<&Table> {
        self.tables.iter().rev().find(|table| table.header.start <= offset)
    }

    /// Returns the entries whose path matches `pattern`: `*` is any key, `#` any item.
    pub(crate) fn like(&self, pattern: &str) -> impl Iterator<Item = &Entry> {
        let pattern = pattern.to_owned();
        self.entries.iter().filter(move |entry| is_like(&entry.path, &pattern))
    }

    /// Returns the string `key` of the table with this path, and its place between the quotes.
    pub(crate) fn text_of(&self, path: &[Step], key: &str) -> Option<(&str, &Range<usize>)> {
        self.entry(path, key)?.text()
    }

    /// Returns the entry `key` of the table with this path.
    pub(crate) fn entry(&self, path: &[Step], key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            entry.path.len() == path.len() + 1 && is_same(&entry.path[..path.len()], path) && entry.name() == Some(key)
        })
    }

    /// Returns the innermost entry around the offset.
    pub(crate) fn entry_at(&self, offset: usize) -> Option<&Entry> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.key.start <= offset && offset <= entry.value.span.end && entry.touches(offset))
    }
}

impl Entry {
    /// Returns the last key of its path.
    pub(crate) fn name(&self) -> Option<&str> {
        self.path.last().and_then(Step::key)
    }

    /// Returns the value and its place between the quotes, if it is a string.
    pub(crate) fn text(&self) -> Option<(&str, &Range<usize>)> {
        match &self.value.kind {
            ValueKind::Text { text, inner, .. } => Some((text, inner)),
            ValueKind::Table | ValueKind::Array | ValueKind::Word | ValueKind::Missing => None,
        }
    }

    /// Returns the path of the table that it is in.
    pub(crate) fn container(&self) -> &[Step] {
        &self.path[..self.path.len() - self.own]
    }

    /// Whether the offset, which is in the entry's range, belongs to the entry: it does after a string or a word, but
    /// not after a closing bracket.
    fn touches(&self, offset: usize) -> bool {
        match self.value.kind {
            ValueKind::Table | ValueKind::Array => offset < self.value.span.end || offset <= self.key.end,
            ValueKind::Text { .. } | ValueKind::Word | ValueKind::Missing => true,
        }
    }
}

impl Step {
    /// Returns the key; `None` for an item.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Step::Key(segment) => Some(&segment.name),
            Step::Item(_) => None,
        }
    }

    /// Returns the key with its place; `None` for an item.
    pub(crate) fn segment(&self) -> Option<&Segment> {
        match self {
            Step::Key(segment) => Some(segment),
            Step::Item(_) => None,
        }
    }
}

/// Whether two paths have the same keys and items, wherever they are written.
pub(crate) fn is_same(one: &[Step], other: &[Step]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| match (one, other) {
            (Step::Key(one), Step::Key(other)) => one.name == other.name,
            (Step::Item(one), Step::Item(other)) => one == other,
            (Step::Key(_), Step::Item(_)) | (Step::Item(_), Step::Key(_)) => false,
        })
}

/// Whether `path` starts with `start`.
pub(crate) fn starts_with(path: &[Step], start: &[Step]) -> bool {
    path.len() >= start.len() && is_same(&path[..start.len()], start)
}

/// Whether a path matches `pattern`, such as `flow.*.edges.#.from`.
pub(crate) fn is_like(path: &[Step], pattern: &str) -> bool {
    let mut parts = pattern.split('.').filter(|part| !part.is_empty());
    let matches = path.iter().all(|step| match (step, parts.next()) {
        (Step::Key(_), Some("*")) | (Step::Item(_), Some("#")) => true,
        (Step::Key(segment), Some(part)) => segment.name == part,
        (Step::Key(_) | Step::Item(_), None) | (Step::Item(_), Some(_)) => false,
    });
    matches && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let syntax = Syntax::of(text);
        let path = |path: &[Step]| -> String {
            let steps = path.iter().map(|step| match step {
                Step::Key(segment) => {
                    assert_eq!(segment.name, text[segment.span.clone()].replace("\\\"", "\""));
                    segment.name.clone()
                }
                Step::Item(at) => at.to_string(),
            });
            steps.collect::<Vec<_>>().join(".")
        };
        let tables = syntax
            .tables
            .iter()
            .map(|table| (table.header.start, format!("[{}]", path(&table.path))));
        let entries = syntax.entries.iter().map(|entry| {
            let value = match &entry.value.kind {
                ValueKind::Text { text, .. } => format!("{text:?}"),
                ValueKind::Table => "{}".into(),
                ValueKind::Array => "[]".into(),
                ValueKind::Word => text[entry.value.span.clone()].to_owned(),
                ValueKind::Missing => "?".into(),
            };
            (entry.key.start, format!("{} {value}", path(&entry.path)))
        });
        let mut all: Vec<_> = tables.chain(entries).collect();
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, shown)| shown).collect()
    }

    #[test]
    fn tables_arrays_and_inline_tables_have_paths() {
        let text = "a.b = 1 # c\n[[x]]\nn = 'q'\n[x.y]\nz = { k = [\"s\", { t = true }], \"l\" = 2 }\n[[x]]\n[x.y]\n";
        let expected = [
            "a.b 1",
            "[x.0]",
            "x.0.n \"q\"",
            "[x.0.y]",
            "x.0.y.z {}",
            "x.0.y.z.k []",
            "x.0.y.z.k.0 \"s\"",
            "x.0.y.z.k.1 {}",
            "x.0.y.z.k.1.t true",
            "x.0.y.z.l 2",
            "[x.1]",
            "[x.1.y]",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn what_is_being_typed_is_kept() {
        for (text, expected) in [
            ("[flow.", vec!["[flow.]"]),
            ("[flow.\n[x]\n", vec!["[flow.]", "[x]"]),
            ("poli", vec!["poli ?"]),
            ("policy = \nb = 1", vec!["policy ?", "b 1"]),
            ("policy = \"bl\nb = 1", vec!["policy \"bl\"", "b 1"]),
            (
                "to = { node = \n[[e]]\nf = 1",
                vec!["to {}", "to.node ?", "[e.0]", "e.0.f 1"],
            ),
            (
                "to = { node = \"a\", po }\nb = 1",
                vec!["to {}", "to.node \"a\"", "to.po ?", "b 1"],
            ),
            ("l = [\"a\", \n[t]\n", vec!["l []", "l.0 \"a\"", "[t]"]),
            ("= 3\n]]}\nb = 1", vec!["b 1"]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn the_entry_at_an_offset_is_the_innermost() {
        let text = "to = { node = \"a\" }\n";
        let syntax = Syntax::of(text);
        let name = |offset: usize| syntax.entry_at(offset).and_then(Entry::name);
        assert_eq!(
            (name(1), name(6), name(9), name(16), name(18)),
            (Some("to"), Some("to"), Some("node"), Some("node"), Some("to"))
        );
    }

    #[test]
    fn no_text_is_too_deep() {
        let text = "a = ".to_owned() + &"[".repeat(100_000) + &"{".repeat(100_000);
        assert!(!Syntax::of(&text).entries.is_empty());
    }
}
