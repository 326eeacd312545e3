//! Places of keys. A header or a dotted key names several keys at once, and many of them can name one table.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::Document;
use crate::source::Span;

/// Limit on nesting; no table of the schema is deeper.
const DEEPEST: usize = 8;

const BLANKS: [char; 2] = [' ', '\t'];

impl Document<'_> {
    /// Every place that names this key: the headers of its table and of tables in it, and dotted keys.
    pub(in crate::manifest) fn places(&self, key: &Spanned<Cow<'_, str>>, value: &Spanned<DeValue<'_>>) -> Vec<Span> {
        let mut found = Vec::new();
        self.add_places(value, 0, &mut found);
        found.retain(|place| self.unquoted(place) == key.get_ref());
        found.push(key.span());
        let places: BTreeMap<_, _> = found.into_iter().map(|place| (place.start, place)).collect();
        places.into_values().map(|place| self.span(place)).collect()
    }

    /// Adds candidates for a key whose value is `below` levels above `value`: in headers and dotted keys, that many
    /// other keys are between it and each key in `value`.
    fn add_places(&self, value: &Spanned<DeValue<'_>>, below: usize, found: &mut Vec<Range<usize>>) {
        if below == DEEPEST {
            return;
        }
        if let DeValue::Table(table) = value.get_ref() {
            for (key, value) in table.iter() {
                found.extend(self.back(key.span(), below + 1));
                self.add_places(value, below + 1, found);
            }
        }
        if let DeValue::Array(list) = value.get_ref() {
            for item in list.iter() {
                let last = self.last_in_header(&item.span());
                found.extend(last.and_then(|last| self.back(last, below)));
                self.add_places(item, below, found);
            }
        }
    }

    /// The first definition of a key that is defined again in the same inline table.
    pub(super) fn same_inline_key(&self, again: &Range<usize>) -> Option<Range<usize>> {
        let mut table = self.inline_table_around(self.root.get_ref(), again.start)?;
        let mut keys = vec![again.clone()];
        while let Some(key) = keys.last().and_then(|key| self.back(key.clone(), 1)) {
            keys.push(key);
        }
        loop {
            let name = self.unquoted(&keys.pop()?);
            let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
            if keys.is_empty() {
                return Some(key.span()).filter(|first| first.start < again.start);
            }
            table = value.get_ref().as_table()?;
        }
    }

    /// The innermost inline table at `offset`.
    fn inline_table_around<'t, 'd>(&self, table: &'t DeTable<'d>, offset: usize) -> Option<&'t DeTable<'d>> {
        let mut values = table.iter().map(|(_, value)| value);
        values.find_map(|value| self.inline_table_within(value, offset))
    }

    fn inline_table_within<'t, 'd>(&self, value: &'t Spanned<DeValue<'d>>, offset: usize) -> Option<&'t DeTable<'d>> {
        if let DeValue::Array(list) = value.get_ref() {
            return list.iter().find_map(|item| self.inline_table_within(item, offset));
        }
        let table = value.get_ref().as_table()?;
        // Entries of other tables are outside of the table's own span, which is that of a header or a dotted key.
        if !self.text[value.span()].starts_with('{') {
            return self.inline_table_around(table, offset);
        }
        let inner = value.span().contains(&offset).then_some(table)?;
        self.inline_table_around(inner, offset).or(Some(inner))
    }

    /// The key `steps` keys before this one, in the same header or dotted key.
    fn back(&self, mut key: Range<usize>, steps: usize) -> Option<Range<usize>> {
        for _ in 0..steps {
            key = last_key(self.text[..key.start].trim_end_matches(BLANKS).strip_suffix('.')?)?;
        }
        Some(key)
    }

    /// The last key in the header of an array's table.
    fn last_in_header(&self, header: &Range<usize>) -> Option<Range<usize>> {
        let inside = self.text[header.clone()].strip_prefix("[[")?.strip_suffix("]]")?;
        last_key(&self.text[..header.start + "[[".len() + inside.len()])
    }

    pub(super) fn unquoted(&self, key: &Range<usize>) -> &str {
        self.text[key.clone()].trim_matches(['"', '\''])
    }
}

/// The key at the end of `text`.
fn last_key(text: &str) -> Option<Range<usize>> {
    let text = text.trim_end_matches(BLANKS);
    let start = match text.strip_suffix(['"', '\'']) {
        Some(inside) => inside.rfind(&text[inside.len()..])?,
        None => {
            let is_bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            text.trim_end_matches(is_bare).len()
        }
    };
    (start < text.len()).then_some(start..text.len())
}
