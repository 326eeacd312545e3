//! The outline of a file: the tables of a manifest, the declarations of a contract.

use std::ops::Range;

use crate::names;
use crate::syntax::{Step, Syntax, Table, is_like, starts_with};
use crate::wit;

/// A line of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) detail: String,
    pub(crate) kind: SymbolKind,
    /// The whole table or declaration.
    pub(crate) range: Range<usize>,
    /// Its header or name.
    pub(crate) selection: Range<usize>,
    pub(crate) children: Vec<Symbol>,
}

/// Kind of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    Table,
    Component,
    Flow,
    Node,
    Edge,
    Package,
    Interface,
    World,
    Type,
    Function,
    Field,
}

/// Returns the outline of a manifest.
pub(crate) fn manifest(syntax: &Syntax, text: &str) -> Vec<Symbol> {
    let mut roots: Vec<Symbol> = Vec::new();
    for table in &syntax.tables {
        let symbol = of_table(syntax, text, table);
        let flow = table
            .path
            .get(1)
            .and_then(Step::segment)
            .filter(|_| table.path[0].key() == Some("flow"));
        match flow {
            Some(flow) => {
                let known = roots
                    .iter()
                    .position(|root| root.kind == SymbolKind::Flow && root.name == flow.name);
                let root = known.unwrap_or_else(|| {
                    roots.push(of_flow(&flow.name, flow.span.clone(), &symbol));
                    roots.len() - 1
                });
                roots[root].range =
                    roots[root].range.start.min(symbol.range.start)..roots[root].range.end.max(symbol.range.end);
                if table.path.len() > 2 {
                    roots[root].children.push(symbol);
                }
            }
            None => roots.push(symbol),
        }
    }
    roots
}

fn of_flow(name: &str, selection: Range<usize>, first: &Symbol) -> Symbol {
    Symbol {
        name: name.to_owned(),
        detail: "flow".to_owned(),
        kind: SymbolKind::Flow,
        range: first.range.clone(),
        selection,
        children: Vec::new(),
    }
}

fn of_table(syntax: &Syntax, text: &str, table: &Table) -> Symbol {
    let value = |key: &str| syntax.text_of(&table.path, key).map(|(text, _)| text.to_owned());
    let keys: Vec<&str> = table.path.iter().filter_map(Step::key).collect();
    let (name, detail, kind) = if is_like(&table.path, "component.#") {
        (
            value("name").unwrap_or_default(),
            "component".to_owned(),
            SymbolKind::Component,
        )
    } else if is_like(&table.path, "flow.*.nodes.*") {
        (
            keys[3].to_owned(),
            value("component").unwrap_or_default(),
            SymbolKind::Node,
        )
    } else if is_like(&table.path, "flow.*.edges.#") {
        let mut edges = names::edges(syntax).into_iter();
        let own = edges.find(|edge| starts_with(&edge.path, &table.path));
        let name = own.map(|edge| format!("{} → {}", edge.from.0, edge.to.0));
        (name.unwrap_or_default(), "edge".to_owned(), SymbolKind::Edge)
    } else if keys.len() > 2 && keys[0] == "flow" {
        (keys[2..].join("."), String::new(), SymbolKind::Table)
    } else {
        (keys.join("."), String::new(), SymbolKind::Table)
    };
    let end = table.header.end + text[table.header.end..table.body.end].trim_end().len();
    Symbol {
        // The header takes the place of a missing name.
        name: if name.trim().is_empty() {
            text[table.header.clone()].to_owned()
        } else {
            name
        },
        detail,
        kind,
        range: table.header.start..end,
        selection: table.header.clone(),
        children: Vec::new(),
    }
}

/// Returns the outline of a contract.
pub(crate) fn contract(text: &str) -> Vec<Symbol> {
    let outline = wit::outline(text);
    children(&outline, None)
}

fn children(outline: &wit::Outline, parent: Option<usize>) -> Vec<Symbol> {
    let own = outline
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.parent == parent && !item.name.is_empty());
    own.map(|(at, item)| Symbol {
        name: item.name.clone(),
        detail: String::new(),
        kind: match item.kind {
            wit::Kind::Package => SymbolKind::Package,
            wit::Kind::Interface => SymbolKind::Interface,
            wit::Kind::World => SymbolKind::World,
            wit::Kind::Type => SymbolKind::Type,
            wit::Kind::Function => SymbolKind::Function,
            wit::Kind::Field => SymbolKind::Field,
        },
        range: item.range.clone(),
        selection: item.span.clone(),
        children: children(outline, Some(at)),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::fixture::{FLOW, WORLD};

    fn shown(symbols: &[Symbol], depth: usize) -> String {
        let lines = symbols.iter().map(|symbol| {
            assert!(
                symbol.range.start <= symbol.selection.start && symbol.selection.end <= symbol.range.end,
                "{symbol:?}"
            );
            let detail = if symbol.detail.is_empty() {
                String::new()
            } else {
                format!(" ({})", symbol.detail)
            };
            format!(
                "{}{}{detail}\n{}",
                "  ".repeat(depth),
                symbol.name,
                shown(&symbol.children, depth + 1)
            )
        });
        lines.collect()
    }

    #[test]
    fn a_manifest_has_components_and_flows_with_nodes_and_edges() {
        let expected = "torvyn\nupper (component)\nmain (flow)\n  numbers (builtin:generator)\n  shout (upper)\n  \
                        out (builtin:console)\n  numbers → shout (edge)\n  shout → out (edge)\n";
        assert_eq!(shown(&manifest(&Syntax::of(FLOW), FLOW), 0), expected);
    }

    #[test]
    fn a_broken_manifest_has_what_there_is() {
        let text = "[flow.main.nodes.\n[[flow.main.edges]]\nfrom = { node = \"a\"\n[runtime";
        assert_eq!(
            shown(&manifest(&Syntax::of(text), text), 0),
            "main (flow)\n  [flow.main.nodes.\n  a →  (edge)\nruntime\n"
        );
    }

    #[test]
    fn a_contract_has_worlds_and_interfaces() {
        assert_eq!(shown(&contract(WORLD), 0), "demo:upper\nstage\n");
        let text = "interface x { record r { a: u8, b: list<tuple<u8, u8>> } f: func(); resource h { g: func(); } }";
        assert_eq!(shown(&contract(text), 0), "x\n  r\n    a\n    b\n  f\n  h\n    g\n");
    }
}
