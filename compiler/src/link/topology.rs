//! Checks of a flow's graph: a DAG from sources to sinks, in which every node is connected.

mod connect;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use torvyn_codegen::ir::{ERROR_PORT, Role};

use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::resolve::{NodeId, ResolvedEdge, ResolvedFlow};
use crate::source::{Span, Spanned};

/// Checks the shape and returns the nodes in topological order, ties by declaration.
///
/// Nodes of unknown role (`None`) are checked as far as possible.
pub(super) fn check(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) -> Checked<Vec<NodeId>> {
    let before = diags.errors();
    if flow.nodes.is_empty() {
        return Err(diags.error(TopologyError::Empty {
            flow: flow.name.value.clone(),
            at: flow.name.span,
        }));
    }
    check_edges(diags, flow, roles);
    check_presence(diags, flow, roles);
    if diags.errors() == before {
        check_connections(diags, flow, roles);
    }
    if diags.errors() > before {
        diags.barrier()?;
    }
    Ok(order(flow))
}

/// Checks that no edge enters a source, leaves a sink or closes a cycle, whatever else the flow contains.
pub(super) fn check_edges(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) {
    check_ends(diags, flow, roles);
    check_cycles(diags, flow, roles);
}

/// Reports edges into sources and out of sinks.
fn check_ends(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) {
    for edge in &flow.edges {
        if roles[edge.to.position()] == Some(Role::Source) {
            let node = &flow.node(edge.to).name;
            diags.error(TopologyError::SourceWithInput {
                name: node.value.clone(),
                node: node.span,
                edge: edge.to_span,
            });
        }
        if leaves_sink(edge, roles) {
            let node = &flow.node(edge.from).name;
            diags.error(TopologyError::SinkWithOutput {
                name: node.value.clone(),
                node: node.span,
                edge: edge.from_span,
            });
        }
    }
}

/// Reports a flow without a source or without a sink, if all roles are known.
fn check_presence(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) {
    for role in [Role::Source, Role::Sink] {
        if roles.iter().all(|known| known.is_some_and(|known| known != role)) {
            diags.error(TopologyError::Without {
                role,
                flow: flow.name.value.clone(),
                at: flow.name.span,
            });
        }
    }
}

/// Reports each cycle once, with all its edges.
fn check_cycles(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) {
    let graph = graph(flow, roles);
    let mut cycles: Vec<BTreeSet<NodeId>> = tarjan_scc(&graph)
        .into_iter()
        .map(|component| component.into_iter().map(|node| graph[node]).collect())
        .collect();
    cycles.sort();
    for nodes in cycles {
        let inside = flow
            .edges
            .iter()
            .filter(|edge| nodes.contains(&edge.from) && nodes.contains(&edge.to));
        let edges: Vec<_> = inside
            .map(|edge| CycleEdge {
                from: flow.node(edge.from).name.value.clone(),
                to: flow.node(edge.to).name.value.clone(),
                span: edge.to_span,
            })
            .collect();
        if !edges.is_empty() {
            diags.error(TopologyError::Cycle { edges });
        }
    }
}

/// Reports nodes without the edges that their role needs.
fn check_connections(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) {
    let gaps = connect::gaps(flow, roles);
    for gap in &gaps {
        let (from, to) = (&flow.node(gap.from).name, &flow.node(gap.to).name);
        let error = Diagnostic::from(TopologyError::Gap {
            from: from.clone(),
            to: to.clone(),
        });
        let fixes = connect::edge(flow, gap.from, gap.to).into_iter().collect();
        diags.error(Diagnostic { fixes, ..error });
    }
    let is_reported = |id: NodeId| gaps.iter().any(|gap| gap.from == id || gap.to == id);
    for id in flow.node_ids().filter(|id| !is_reported(*id)) {
        let Some(role) = roles[id.position()] else { continue };
        let fed = role == Role::Source || flow.edges.iter().any(|edge| edge.to == id);
        let takes = |edge: &ResolvedEdge| edge.from == id && edge.from_port.value != ERROR_PORT;
        let drained = role == Role::Sink || flow.edges.iter().any(takes);
        if fed && drained {
            continue;
        }
        let name = &flow.node(id).name;
        let open = match (fed, drained) {
            (true, _) if flow.edges.iter().any(|edge| edge.from == id) => Open::AllButDeadLetters,
            (true, _) => Open::Output,
            (false, true) => Open::Input,
            (false, false) => Open::Both,
        };
        let fixes = connect::fixes(flow, roles, id, fed, drained);
        let error = Diagnostic::from(TopologyError::Unconnected {
            name: name.value.clone(),
            at: name.span,
            role,
            open,
        });
        diags.error(Diagnostic { fixes, ..error });
    }
}

/// Returns the flow without edges that `check_ends` reports: a cycle with such an edge is a consequence.
fn graph(flow: &ResolvedFlow, roles: &[Option<Role>]) -> DiGraph<NodeId, ()> {
    let mut graph = DiGraph::new();
    let nodes: Vec<_> = flow.node_ids().map(|id| graph.add_node(id)).collect();
    let is_reported =
        |edge: &&ResolvedEdge| roles[edge.to.position()] == Some(Role::Source) || leaves_sink(edge, roles);
    for edge in flow.edges.iter().filter(|edge| !is_reported(edge)) {
        graph.add_edge(nodes[edge.from.position()], nodes[edge.to.position()], ());
    }
    graph
}

/// Whether the edge leaves a sink, which only dead letters may do.
fn leaves_sink(edge: &ResolvedEdge, roles: &[Option<Role>]) -> bool {
    roles[edge.from.position()] == Some(Role::Sink) && edge.from_port.value != ERROR_PORT
}

/// Returns the nodes in topological order, ties by declaration, by Kahn's algorithm: petgraph's `toposort` leaves ties
/// to its traversal. Nodes on a cycle, or downstream of one, are left out.
fn order(flow: &ResolvedFlow) -> Vec<NodeId> {
    let mut waiting = vec![0_usize; flow.nodes.len()];
    for edge in &flow.edges {
        waiting[edge.to.position()] += 1;
    }
    let mut ready: BinaryHeap<_> = flow
        .node_ids()
        .filter(|id| waiting[id.position()] == 0)
        .map(Reverse)
        .collect();
    let mut order = Vec::new();
    while let Some(Reverse(next)) = ready.pop() {
        order.push(next);
        for edge in flow.edges.iter().filter(|edge| edge.from == next) {
            waiting[edge.to.position()] -= 1;
            if waiting[edge.to.position()] == 0 {
                ready.push(Reverse(edge.to));
            }
        }
    }
    order
}

struct CycleEdge {
    from: String,
    to: String,
    span: Span,
}

#[derive(Clone, Copy)]
enum Open {
    Input,
    Output,
    /// The output: only dead letters leave.
    AllButDeadLetters,
    Both,
}

enum TopologyError {
    Empty {
        flow: String,
        at: Span,
    },
    Without {
        role: Role,
        flow: String,
        at: Span,
    },
    SourceWithInput {
        name: String,
        node: Span,
        edge: Span,
    },
    SinkWithOutput {
        name: String,
        node: Span,
        edge: Span,
    },
    Cycle {
        edges: Vec<CycleEdge>,
    },
    Gap {
        from: Spanned<String>,
        to: Spanned<String>,
    },
    Unconnected {
        name: String,
        at: Span,
        role: Role,
        open: Open,
    },
}

impl From<TopologyError> for Diagnostic {
    fn from(error: TopologyError) -> Self {
        let diagnostic = |message: String| Diagnostic::error(Code::TopologyInvalid, message);
        match error {
            TopologyError::Empty { flow, at } => {
                diagnostic(format!("flow `{flow}` has no nodes")).primary(at, "nothing to run")
            }
            TopologyError::Without { role, flow, at } => {
                let builtins = match role {
                    Role::Source => "`builtin:generator`, `builtin:lines`",
                    Role::Sink => "`builtin:console`, `builtin:file`",
                    Role::Processor | Role::Filter | Role::Router | Role::Aggregator => {
                        unreachable!("invariant: a flow needs only its two ends")
                    }
                };
                diagnostic(format!("flow `{flow}` has no {}", role.as_str()))
                    .primary(at, format!("needs a {}", role.as_str()))
                    .help(format!("the runtime has built-in ones: {builtins}"))
            }
            TopologyError::SourceWithInput { name, node, edge } => diagnostic(format!("source `{name}` has an input"))
                .primary(edge, "an edge into a source")
                .secondary(node, "a source takes no elements"),
            TopologyError::SinkWithOutput { name, node, edge } => diagnostic(format!("sink `{name}` has an output"))
                .primary(edge, "an edge out of a sink")
                .secondary(node, "a sink emits no elements")
                .help(format!("dead letters leave a sink through port `{ERROR_PORT}`")),
            TopologyError::Cycle { edges } => cycle_diagnostic(&edges),
            TopologyError::Gap { from, to } => {
                diagnostic(format!("no edge leads from `{}` to `{}`", from.value, to.value))
                    .primary(from.span, "nothing consumes its output")
                    .secondary(to.span, "nothing feeds it")
                    .help("add the edge, or remove the nodes")
            }
            TopologyError::Unconnected { name, at, role, open } => {
                let role = role.as_str();
                let (message, label) = match open {
                    Open::Both => (format!("node `{name}` is not connected"), "no edge starts or ends here"),
                    Open::Input => (format!("nothing feeds {role} `{name}`"), "no edge ends here"),
                    Open::Output => (
                        format!("nothing consumes the output of {role} `{name}`"),
                        "no edge starts here",
                    ),
                    Open::AllButDeadLetters => (
                        format!("nothing consumes the output of {role} `{name}`"),
                        "only dead letters leave here",
                    ),
                };
                diagnostic(message)
                    .primary(at, label)
                    .help("add an edge, or remove the node")
            }
        }
    }
}

fn cycle_diagnostic(edges: &[CycleEdge]) -> Diagnostic {
    let message = match edges {
        [only] => format!("node `{}` feeds itself", only.from),
        several => format!("a cycle of {} edges", several.len()),
    };
    let diagnostic = Diagnostic::error(Code::TopologyInvalid, message);
    let labelled = edges.iter().enumerate().fold(diagnostic, |diagnostic, (at, edge)| {
        let text = format!("`{}` feeds `{}`", edge.from, edge.to);
        if at == 0 {
            diagnostic.primary(edge.span, text)
        } else {
            diagnostic.secondary(edge.span, text)
        }
    });
    labelled.help("a flow is a directed acyclic graph: remove one of these edges")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::contract::ContractSet;
    use crate::source::SourceMap;
    use crate::{manifest, resolve};

    /// A flow of nodes `a` to `f`, whose components are not known, with these edges.
    fn flow(edges: &[(&str, &str)]) -> ResolvedFlow {
        let mut text = String::from("[torvyn]\nname = \"t\"\nversion = \"0.1.0\"\ncontract_version = \"0.1.0\"\n");
        for name in ["a", "b", "c", "d", "e", "f"] {
            text += &format!("[flow.main.nodes.{name}]\ncomponent = \"file://{name}.wasm\"\n");
        }
        for (from, to) in edges {
            text += &format!(
                "[[flow.main.edges]]\nfrom = {{ node = \"{from}\", port = \"output\" }}\nto = {{ node = \"{to}\", port = \"input\" }}\n"
            );
        }
        let (mut diags, mut sources) = (Diagnostics::new(), SourceMap::new());
        let id = sources.add(Path::new("Torvyn.toml"), text);
        let manifest = manifest::parse(&mut diags, &sources, id);
        let project = resolve::resolve(&mut diags, &manifest, &ContractSet::default(), None);
        assert!(diags.is_empty());
        project.flows()[0].clone()
    }

    fn names(flow: &ResolvedFlow) -> Vec<String> {
        order(flow)
            .into_iter()
            .map(|id| flow.node(id).name.value.clone())
            .collect()
    }

    #[test]
    fn ties_are_broken_by_declaration() {
        assert_eq!(names(&flow(&[])), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(names(&flow(&[("f", "a"), ("f", "b")])), ["c", "d", "e", "f", "a", "b"]);
    }

    #[test]
    fn a_diamond_joins_after_both_branches() {
        let diamond = [("e", "c"), ("e", "d"), ("c", "a"), ("d", "a"), ("a", "b"), ("a", "f")];
        assert_eq!(names(&flow(&diamond)), ["e", "c", "d", "a", "b", "f"]);
    }

    #[test]
    fn nodes_on_a_cycle_have_no_place_in_the_order() {
        assert_eq!(
            names(&flow(&[("a", "b"), ("b", "c"), ("c", "b")])),
            ["a", "d", "e", "f"]
        );
    }

    #[test]
    fn every_cycle_is_reported_once() {
        let flow = flow(&[
            ("a", "b"),
            ("b", "a"),
            ("c", "d"),
            ("d", "e"),
            ("e", "c"),
            ("f", "f"),
            ("a", "c"),
        ]);
        let mut diags = Diagnostics::new();
        assert!(check(&mut diags, &flow, &[None; 6]).is_err());
        let edges: Vec<_> = diags.iter().map(|diagnostic| diagnostic.labels.len()).collect();
        assert_eq!(edges, [2, 3, 1]);
    }
}
