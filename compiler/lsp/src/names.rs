//! The names of nodes and components in a manifest that is being typed, where they are declared and where used.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::syntax::{Segment, Step, Syntax, is_like};

/// An occurrence of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) what: Name,
    /// The name alone, without quotes.
    pub(crate) span: Range<usize>,
    /// Whether this occurrence is the declaration.
    pub(crate) is_declaration: bool,
}

/// A name, by what it is the name of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A node of a flow.
    Node { flow: String, name: String },
    /// A `[[component]]`.
    Component(String),
}

/// An edge as written; what is missing is empty.
#[derive(Clone, Debug)]
pub(crate) struct WrittenEdge {
    /// The path of its table.
    pub(crate) path: Vec<Step>,
    pub(crate) flow: String,
    /// Node and port.
    pub(crate) from: (String, String),
    pub(crate) to: (String, String),
}

/// Returns every occurrence of a name, in the order of the text.
pub(crate) fn all(syntax: &Syntax) -> Vec<Named> {
    let mut found = Vec::new();
    let mut declared = BTreeSet::new();
    let headers = syntax.tables.iter().map(|table| &table.path);
    let dotted = syntax.entries.iter().map(|entry| &entry.path);
    for path in headers.chain(dotted) {
        found.extend(node_in_path(path, &mut declared));
        found.extend(grant_in_path(path));
    }
    for entry in &syntax.entries {
        let Some((text, span)) = entry.text() else { continue };
        let named = |what: Name, is_declaration: bool| Named {
            what,
            span: span.clone(),
            is_declaration,
        };
        let flow = || entry.path.get(1).and_then(Step::key).unwrap_or_default().to_owned();
        let is = |pattern: &str| is_like(&entry.path, pattern);
        if is("flow.*.edges.#.from.node") || is("flow.*.edges.#.to.node") || is("flow.*.replicas_by") {
            found.push(named(
                Name::Node {
                    flow: flow(),
                    name: text.to_owned(),
                },
                false,
            ));
        } else if is("flow.*.nodes.*.component") && !text.contains([':', '/']) {
            found.push(named(Name::Component(text.to_owned()), false));
        } else if is("component.#.name") {
            found.push(named(Name::Component(text.to_owned()), true));
        }
    }
    found.sort_by_key(|named| named.span.start);
    found.dedup_by(|one, other| one.span == other.span);
    found
}

/// Returns the `NODE` of `flow.FLOW.nodes.NODE`; its first occurrence is the declaration.
fn node_in_path(path: &[Step], declared: &mut BTreeSet<Name>) -> Option<Named> {
    let [Step::Key(flow), Step::Key(name), Step::Key(nodes), Step::Key(node), ..] = path else {
        return None;
    };
    if flow.name != "flow" || nodes.name != "nodes" || node.name.is_empty() {
        return None;
    }
    let what = Name::Node {
        flow: name.name.clone(),
        name: node.name.clone(),
    };
    Some(Named {
        is_declaration: declared.insert(what.clone()),
        what,
        span: node.span.clone(),
    })
}

/// Returns the `COMPONENT` of `security.grants.COMPONENT`.
fn grant_in_path(path: &[Step]) -> Option<Named> {
    let [Step::Key(security), Step::Key(grants), Step::Key(component), ..] = path else {
        return None;
    };
    let is_grant = security.name == "security" && grants.name == "grants" && !component.name.is_empty();
    is_grant.then(|| Named {
        what: Name::Component(component.name.clone()),
        span: component.span.clone(),
        is_declaration: false,
    })
}

/// Returns the name at an offset.
pub(crate) fn at(syntax: &Syntax, offset: usize) -> Option<Named> {
    all(syntax)
        .into_iter()
        .find(|named| named.span.start <= offset && offset <= named.span.end)
}

/// Returns the names of a flow's nodes, in order of declaration.
pub(crate) fn nodes(syntax: &Syntax, wanted: &str) -> Vec<String> {
    let declared = all(syntax).into_iter().filter(|named| named.is_declaration);
    let nodes = declared.filter_map(|named| match named.what {
        Name::Node { flow, name } => (flow == wanted).then_some(name),
        Name::Component(_) => None,
    });
    nodes.collect()
}

/// Returns the names of the declared components, in order.
pub(crate) fn components(syntax: &Syntax) -> Vec<String> {
    let names = syntax.like("component.#.name").filter_map(|entry| entry.text());
    names.map(|(text, _)| text.to_owned()).collect()
}

/// Returns the names of the flows, in order.
pub(crate) fn flows(syntax: &Syntax) -> Vec<String> {
    let mut flows: Vec<String> = Vec::new();
    for path in syntax.tables.iter().map(|table| &table.path) {
        if let [Step::Key(Segment { name: flow, .. }), Step::Key(name), ..] = path.as_slice()
            && flow == "flow"
            && !name.name.is_empty()
            && !flows.contains(&name.name)
        {
            flows.push(name.name.clone());
        }
    }
    flows
}

/// Returns the edges, those with headers first.
pub(crate) fn edges(syntax: &Syntax) -> Vec<WrittenEdge> {
    let mut edges: Vec<WrittenEdge> = Vec::new();
    let tables = syntax.tables.iter().map(|table| &table.path);
    let inline = syntax.entries.iter().map(|entry| &entry.path);
    for path in tables.chain(inline).filter(|path| is_like(path, "flow.*.edges.#")) {
        let end = |side: &str| {
            let mut table = path.clone();
            table.push(Step::Key(Segment {
                name: side.to_owned(),
                span: 0..0,
            }));
            let text = |key: &str| syntax.text_of(&table, key).map(|(text, _)| text.to_owned());
            (text("node").unwrap_or_default(), text("port").unwrap_or_default())
        };
        edges.push(WrittenEdge {
            flow: path[1].key().unwrap_or_default().to_owned(),
            from: end("from"),
            to: end("to"),
            path: path.clone(),
        });
    }
    edges
}
