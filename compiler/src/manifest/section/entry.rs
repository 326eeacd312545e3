//! Entries of a TOML table: their order, their paths, the rule for names.

use std::borrow::Cow;

use ::toml::de::{DeTable, DeValue};

/// A value with its place.
pub(super) type TomlValue<'d> = ::toml::Spanned<DeValue<'d>>;

/// A key and its value.
pub(super) type TomlEntry<'t, 'd> = (&'t ::toml::Spanned<Cow<'d, str>>, &'t TomlValue<'d>);

/// The entries in the order they are written; the map itself is sorted by key.
pub(super) fn in_order<'t, 'd>(table: &'t DeTable<'d>) -> Vec<TomlEntry<'t, 'd>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The path of an entry in the table at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// The rule for names, in words.
pub(super) const NAME_RULE: &str = "letters, digits, `-` and `_`, starting with a letter";
