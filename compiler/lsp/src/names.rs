//! What the manifest names, as it is being typed: nodes and components, where they are declared and where used.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::syntax::{Segment, Step, Syntax, is_like};

/// A place where a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) what: Name,
    /// The name alone.
    pub(crate) span: Range<usize>,
    /// Whether it stands in the header that declares it.
    pub(crate) is_declaration: bool,
}

/// A name and what it is a name of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A node of a flow.
    Node { flow: String, name: String },
    /// A `[[component]]`.
    Component(String),
}

/// An edge as written, as far as it goes.
#[derive(Clone, Debug)]
pub(crate) struct WrittenEdge {
    /// The path of its table.
    pub(crate) path: Vec<Step>,
    pub(crate) flow: String,
    /// Node and port.
    pub(crate) from: (String, String),
    pub(crate) to: (String, String),
}

/// Every place of a name, in the order of the text.
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

/// The `NODE` of `flow.FLOW.nodes.NODE`; the first one declares it.
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

/// The `COMPONENT` of `security.grants.COMPONENT`.
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

/// The name at an offset.
pub(crate) fn at(syntax: &Syntax, offset: usize) -> Option<Named> {
    all(syntax)
        .into_iter()
        .find(|named| named.span.start <= offset && offset <= named.span.end)
}

/// The names of a flow's nodes, in order of declaration.
pub(crate) fn nodes(syntax: &Syntax, wanted: &str) -> Vec<String> {
    let declared = all(syntax).into_iter().filter(|named| named.is_declaration);
    let nodes = declared.filter_map(|named| match named.what {
        Name::Node { flow, name } => (flow == wanted).then_some(name),
        Name::Component(_) => None,
    });
    nodes.collect()
}

/// The names of the declared components, in order.
pub(crate) fn components(syntax: &Syntax) -> Vec<String> {
    let names = syntax.like("component.#.name").filter_map(|entry| entry.text());
    names.map(|(text, _)| text.to_owned()).collect()
}

/// The names of the flows, in order.
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

/// The edges, in order.
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
