//! Completion of keys, in the table around the cursor.

use std::ops::Range;

use torvync_compiler::manifest::schema::{DefaultValue, Effect, Key, Kind};

use super::{Item, ItemKind};
use crate::capability::{self, capabilities};
use crate::hover;
use crate::place::{Meaning, meaning};
use crate::syntax::{Entry, Step, Syntax, starts_with};
use crate::view::View;

/// Returns the keys that `container` can have and does not have yet.
pub(super) fn items(view: View<'_>, container: &[Step], typed: Range<usize>, entry: Option<&Entry>) -> Vec<Item> {
    let has_equals = entry.is_some_and(|entry| entry.has_equals);
    let assign = |value: &str| {
        if has_equals {
            String::new()
        } else {
            format!(" = {value}")
        }
    };
    let is_typed = |name: &str| entry.is_some_and(|entry| entry.key == typed && entry.name() == Some(name));
    let present = present(view.syntax, container);
    let is_open = |name: &str| is_typed(name) || !present.contains(&name);
    let (is_root, is_inline) = (
        container.is_empty(),
        !view
            .syntax
            .tables
            .iter()
            .any(|table| starts_with(&table.path, container)),
    );
    match meaning(container) {
        Meaning::Keys(keys, _) => {
            let keys = keys.iter().filter(|key| is_open(key.name));
            let keys =
                keys.filter(|key| !is_root && (is_inline || !matches!(key.kind, Kind::Tables(_) | Kind::Named(_))));
            keys.map(|key| Item {
                label: key.name.to_owned(),
                kind: ItemKind::Key,
                detail: detail(key),
                doc: hover::key_text(key),
                insert: format!("{}{}", key.name, assign(opening(key))),
                range: typed.clone(),
            })
            .collect()
        }
        Meaning::Names(key) if matches!(key.kind, Kind::Flags) => {
            let entries = capabilities().iter().filter(|entry| is_open(entry.key));
            entries
                .map(|entry| Item {
                    label: entry.key.to_owned(),
                    kind: ItemKind::Capability,
                    detail: "capability".to_owned(),
                    doc: capability::doc(entry),
                    insert: format!("{}{}", entry.key, assign("true")),
                    range: typed.clone(),
                })
                .collect()
        }
        Meaning::Names(_) | Meaning::Value(_) | Meaning::Unknown => Vec::new(),
    }
}

/// Returns the keys that a table has, as entries or as tables of their own.
fn present<'s>(syntax: &'s Syntax, container: &[Step]) -> Vec<&'s str> {
    let entries = syntax.entries.iter().map(|entry| &entry.path);
    let tables = syntax.tables.iter().map(|table| &table.path);
    let inside = entries
        .chain(tables)
        .filter(|path| path.len() > container.len() && starts_with(path, container));
    inside.filter_map(|path| path[container.len()].key()).collect()
}

/// Returns the start of a key's value.
fn opening(key: &Key) -> &'static str {
    if matches!(key.kind, Kind::Table(_)) { "{ }" } else { "" }
}

fn detail(key: &Key) -> String {
    let mut detail = key.kind.expected().to_owned();
    if key.required {
        detail += ", required";
    } else if key.default != DefaultValue::Nothing {
        detail += &format!(", default {}", key.default);
    }
    match key.effect {
        Effect::Now => detail,
        Effect::Later => detail + ", no effect yet",
    }
}
