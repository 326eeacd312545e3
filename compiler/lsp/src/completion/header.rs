//! Completion of headers, a segment at a time.

use torvync_compiler::manifest::schema::{Key, Kind};

use super::{Item, ItemKind};
use crate::names;
use crate::place::{Meaning, meaning};
use crate::syntax::{Step, Table};
use crate::view::View;

/// Returns proposals for the segment at position `at` of a header.
pub(super) fn items(view: View<'_>, table: &Table, at: usize) -> Vec<Item> {
    let Some(step) = table.path.iter().position(|step| step.segment() == segment(table, at)) else {
        return Vec::new();
    };
    let before = &table.path[..step];
    let Some(range) = table.path[step].segment().map(|segment| segment.span.clone()) else {
        return Vec::new();
    };
    let item = |label: String, detail: &str, doc: &str| Item {
        insert: label.clone(),
        label,
        kind: ItemKind::Table,
        detail: detail.to_owned(),
        doc: doc.to_owned(),
        range: range.clone(),
    };
    match meaning(before) {
        Meaning::Keys(keys, _) => {
            let tables = keys.iter().filter(|key| has_header(key));
            tables
                .map(|key| item(key.name.to_owned(), key.kind.expected(), key.doc))
                .collect()
        }
        Meaning::Names(key) => {
            let typed = range.clone();
            let names = names_of(view, before).into_iter();
            names
                .filter(|name| view.text[typed.clone()] != **name || !typed.is_empty())
                .map(|name| item(name, "", key.doc))
                .collect()
        }
        Meaning::Value(_) | Meaning::Unknown => Vec::new(),
    }
}

fn segment(table: &Table, at: usize) -> Option<&crate::syntax::Segment> {
    table.path.iter().filter_map(Step::segment).nth(at)
}

/// Whether a key is usually written as a table of its own.
fn has_header(key: &Key) -> bool {
    matches!(
        key.kind,
        Kind::Table(_) | Kind::Tables(_) | Kind::Named(_) | Kind::Flags | Kind::Action(_) | Kind::Config
    )
}

/// Returns names that the user has given, or is likely to give.
fn names_of(view: View<'_>, path: &[Step]) -> Vec<String> {
    let keys: Vec<&str> = path.iter().filter_map(Step::key).collect();
    match keys.as_slice() {
        ["flow"] => names::flows(view.syntax),
        // A node often has the name of its component.
        ["flow", flow, "nodes"] => {
            let nodes = names::nodes(view.syntax, flow);
            let components = names::components(view.syntax);
            components.into_iter().filter(|name| !nodes.contains(name)).collect()
        }
        ["security", "grants"] => names::components(view.syntax),
        _ => Vec::new(),
    }
}
