//! Completion of values, by the kind of their key in the schema.

use std::ops::Range;

use torvync_compiler::builtin_table::Builtin;
use torvync_compiler::contract::canonical;
use torvync_compiler::interface::Interface;
use torvync_compiler::manifest::ast::ComponentRef;
use torvync_compiler::manifest::schema::{ACTIONS, Key, Kind};

use super::{Item, ItemKind};
use crate::builtin;
use crate::capability::{self, capabilities};
use crate::names;
use crate::place::{Meaning, meaning};
use crate::syntax::{Entry, Step, ValueKind, is_like};
use crate::view::View;

/// Returns proposals for an entry's value.
pub(super) fn items(view: View<'_>, entry: &Entry, offset: usize) -> Vec<Item> {
    let Some(key) = value_key(&entry.path) else {
        return Vec::new();
    };
    let written = Written::of(entry, offset);
    let texts = texts(view, key, &entry.path).into_iter();
    let texts = texts.map(|text| text.item(&written, true));
    texts
        .chain(bare(key).into_iter().map(|text| text.item(&written, false)))
        .collect()
}

/// Returns proposals for a new item of a list.
pub(super) fn new_items(view: View<'_>, list: &Entry, at: usize) -> Vec<Item> {
    let Some(key) = value_key(&list.path) else {
        return Vec::new();
    };
    let written = Written {
        range: at..at,
        open: "\"",
        close: "\"",
    };
    texts(view, key, &list.path)
        .into_iter()
        .map(|text| text.item(&written, true))
        .collect()
}

fn value_key(path: &[Step]) -> Option<&'static Key> {
    match meaning(path) {
        Meaning::Value(key) => Some(key),
        // `on_error = "skip"`, which may also be a table.
        Meaning::Keys(_, Some(key)) if matches!(key.kind, Kind::Action(_)) => Some(key),
        // Other tables have no value.
        Meaning::Unknown | Meaning::Keys(..) | Meaning::Names(_) => None,
    }
}

/// The range to replace, and the quotes that a string needs there.
struct Written {
    range: Range<usize>,
    open: &'static str,
    close: &'static str,
}

impl Written {
    fn of(entry: &Entry, offset: usize) -> Self {
        match &entry.value.kind {
            ValueKind::Text {
                inner, closed: true, ..
            } => Self {
                range: inner.clone(),
                open: "",
                close: "",
            },
            ValueKind::Text { inner, .. } => Self {
                range: inner.start..offset.max(inner.start),
                open: "",
                close: "\"",
            },
            ValueKind::Word => Self {
                range: entry.value.span.clone(),
                open: "\"",
                close: "\"",
            },
            ValueKind::Missing | ValueKind::Table | ValueKind::Array => {
                let open = if entry.value.span.start == offset { " \"" } else { "\"" };
                Self {
                    range: offset..offset,
                    open,
                    close: "\"",
                }
            }
        }
    }
}

/// A proposal for a value.
struct Text {
    text: String,
    kind: ItemKind,
    detail: String,
    doc: String,
}

impl Text {
    fn new(text: impl Into<String>, kind: ItemKind, detail: impl Into<String>, doc: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind,
            detail: detail.into(),
            doc: doc.into(),
        }
    }

    fn item(self, written: &Written, quoted: bool) -> Item {
        let insert = if quoted {
            format!("{}{}{}", written.open, self.text, written.close)
        } else {
            format!("{}{}", written.open.trim_end_matches('"'), self.text)
        };
        Item {
            label: self.text,
            kind: self.kind,
            detail: self.detail,
            doc: self.doc,
            insert,
            range: written.range.clone(),
        }
    }
}

/// Returns the strings to propose for a key.
fn texts(view: View<'_>, key: &Key, path: &[Step]) -> Vec<Text> {
    let word = |word: &str| Text::new(word, ItemKind::Word, "", key.doc);
    match key.kind {
        Kind::Choice(words) => words.iter().copied().map(word).collect(),
        Kind::Action(_) => ACTIONS.iter().copied().map(word).collect(),
        Kind::Component => components(view),
        Kind::Interface => interfaces(view, path),
        Kind::Version if key.name == "contract_version" => vec![word(&canonical::version().to_string())],
        Kind::Size(..) if key.default.is_value() => vec![word(key.default.to_string().trim_matches('"'))],
        Kind::Texts
            if is_like(path, "security.grants.*.capabilities") || is_like(path, "security.grants.*.capabilities.#") =>
        {
            let entries = capabilities().iter();
            entries
                .map(|entry| Text::new(entry.grant, ItemKind::Capability, "capability", capability::doc(entry)))
                .collect()
        }
        Kind::Text => names_of(view, path),
        Kind::Version
        | Kind::Size(..)
        | Kind::Duration
        | Kind::ProjectName
        | Kind::Name
        | Kind::Flag
        | Kind::Integer(..)
        | Kind::Ratio(_)
        | Kind::Texts
        | Kind::Config
        | Kind::Flags
        | Kind::Table(_)
        | Kind::Tables(_)
        | Kind::Named(_) => Vec::new(),
    }
}

/// Returns the values to propose for a key that are not strings.
fn bare(key: &Key) -> Vec<Text> {
    let word = |word: &str| Text::new(word, ItemKind::Word, "", key.doc);
    if matches!(key.kind, Kind::Flag | Kind::Flags) {
        vec![word("true"), word("false")]
    } else if key.default.is_value() && matches!(key.kind, Kind::Integer(..) | Kind::Ratio(_)) {
        vec![word(&key.default.to_string())]
    } else {
        Vec::new()
    }
}

fn components(view: View<'_>) -> Vec<Text> {
    let declared = names::components(view.syntax).into_iter();
    let declared = declared.map(|name| Text::new(name, ItemKind::Component, "component", ""));
    let builtins = Builtin::ALL.iter();
    let builtins = builtins.map(|one| {
        Text::new(
            format!("builtin:{}", one.as_str()),
            ItemKind::Component,
            "built-in",
            one.doc(),
        )
    });
    let file = Text::new(
        "file://",
        ItemKind::Component,
        "binary",
        "A component's binary, relative to Torvyn.toml.",
    );
    declared.chain(builtins).chain([file]).collect()
}

/// Returns all interfaces; those that the node's component exports come first.
fn interfaces(view: View<'_>, path: &[Step]) -> Vec<Text> {
    let component = path
        .split_last()
        .and_then(|(_, node)| view.syntax.text_of(node, "component"));
    let reference = component.map(|(name, _)| ComponentRef::Declared(name.to_owned()));
    let signature = reference.and_then(|reference| view.contracts.signature(&reference));
    let exported = signature
        .map(|signature| signature.interfaces.clone())
        .unwrap_or_default();
    let others = Interface::ALL
        .into_iter()
        .filter(|interface| !exported.contains(interface));
    let item = |interface: Interface| {
        let detail = if exported.contains(&interface) {
            "exported by the component"
        } else {
            ""
        };
        Text::new(
            interface.path(),
            ItemKind::Interface,
            detail,
            builtin::interface_doc(interface),
        )
    };
    exported.iter().copied().chain(others).map(item).collect()
}

/// Returns the names of nodes or ports for an edge, or of routers for `replicas_by`.
fn names_of(view: View<'_>, path: &[Step]) -> Vec<Text> {
    let flow = path.get(1).and_then(Step::key).unwrap_or_default();
    let node = |name: String| {
        let detail = view
            .interface(flow, &name)
            .map_or("node", |interface| interface.role().as_str());
        Text::new(name, ItemKind::Node, detail, "")
    };
    if is_like(path, "flow.*.edges.#.from.node") || is_like(path, "flow.*.edges.#.to.node") {
        names::nodes(view.syntax, flow).into_iter().map(node).collect()
    } else if is_like(path, "flow.*.replicas_by") {
        let nodes = names::nodes(view.syntax, flow).into_iter();
        nodes
            .filter(|name| view.interface(flow, name) == Some(Interface::Router))
            .map(node)
            .collect()
    } else if is_like(path, "flow.*.edges.#.to.port") || is_like(path, "flow.*.edges.#.from.port") {
        let node = view
            .syntax
            .text_of(&path[..path.len() - 1], "node")
            .map(|(name, _)| name);
        let is_output = path[path.len() - 2].key() == Some("from");
        let ports = ports(view, flow, node.unwrap_or_default(), is_output).into_iter();
        ports
            .map(|(port, doc)| Text::new(port, ItemKind::Port, "port", doc))
            .collect()
    } else {
        Vec::new()
    }
}

/// Returns the ports of a node, each with its description.
fn ports(view: View<'_>, flow: &str, node: &str, is_output: bool) -> Vec<(String, &'static str)> {
    let input = || vec![("input".to_owned(), "What the stage takes.")];
    let letters = || ("error".to_owned(), "Dead letters: elements that could not be handled.");
    let output = || ("output".to_owned(), "What the stage emits.");
    if !is_output {
        return input();
    }
    match view.interface(flow, node) {
        Some(Interface::Source) => vec![output()],
        Some(Interface::Sink) => vec![letters()],
        Some(Interface::Router) => {
            let edges = names::edges(view.syntax).into_iter();
            let own = edges.filter(|edge| edge.flow == flow && edge.from.0 == node && !edge.from.1.is_empty());
            let used = own.map(|edge| (edge.from.1, "What the router sends there."));
            used.chain([letters()]).collect()
        }
        Some(Interface::Processor | Interface::Filter | Interface::Aggregator) | None => vec![output(), letters()],
    }
}
