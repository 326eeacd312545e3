//! Completes flows so that a single stage can be tried: adds a built-in generator upstream and a built-in console
//! downstream.

use torvyn_codegen::ir::{Builtin, ERROR_PORT, Role};

use crate::contract::ContractSet;
use crate::manifest::ast::{ComponentRef, EdgeSettings, FlowSettings, Manifest, NodeSettings};
use crate::resolve::components::Components;
use crate::resolve::{Implementation, NodeId, ResolvedEdge, ResolvedFlow, ResolvedNode};
use crate::source::{Span, Spanned};

/// Returns the flow `main` of a project without flows and with a single component; `None` for other numbers of
/// components, and for a router or an unknown role.
pub(super) fn implied_flow(
    manifest: &Manifest,
    contracts: &ContractSet,
    components: &mut Components,
) -> Option<ResolvedFlow> {
    let [only] = manifest.components.as_slice() else {
        return None;
    };
    let reference = ComponentRef::Declared(only.name.value.clone());
    let role = sole_role(contracts, &reference)?;
    let component = Implementation::Component(components.id(&reference));
    let mut flow = ResolvedFlow {
        name: Spanned::new("main".into(), only.name.span),
        description: String::new(),
        settings: FlowSettings::default(),
        replicas_by: None,
        nodes: vec![node(only.name.value.clone(), component, only.name.span)],
        edges: Vec::new(),
        further_edge: None,
        complete: true,
    };
    match role {
        Role::Source => add_sink(&mut flow, &[NodeId::new(0)]),
        Role::Sink => add_source(&mut flow, &[NodeId::new(0)]),
        Role::Processor | Role::Filter | Role::Aggregator => {}
        // The names of its ports are not known.
        Role::Router => return None,
    }
    Some(flow)
}

/// Adds a source and a sink to a flow in which every node has a known role and is neither.
pub(super) fn complete(flow: &mut ResolvedFlow, components: &Components, contracts: &ContractSet) {
    let role = |node: &ResolvedNode| role(node, components, contracts);
    let inner = |node: &ResolvedNode| match role(node) {
        Some(Role::Processor | Role::Filter | Role::Router | Role::Aggregator) => true,
        Some(Role::Source | Role::Sink) | None => false,
    };
    if !flow.complete || flow.nodes.is_empty() || !flow.nodes.iter().all(inner) {
        return;
    }
    let heads: Vec<_> = flow
        .node_ids()
        .filter(|id| flow.edges.iter().all(|edge| edge.to != *id))
        .collect();
    let tails: Vec<_> = flow
        .node_ids()
        .filter(|id| {
            !flow
                .edges
                .iter()
                .any(|edge| edge.from == *id && edge.from_port.value != ERROR_PORT)
        })
        .collect();
    let open_router = tails.iter().any(|id| role(flow.node(*id)) == Some(Role::Router));
    if heads.is_empty() || tails.is_empty() || open_router {
        return;
    }
    add_source(flow, &heads);
    add_sink(flow, &tails);
}

fn role(node: &ResolvedNode, components: &Components, contracts: &ContractSet) -> Option<Role> {
    if let Some(written) = &node.interface {
        return Some(written.value.interface.role());
    }
    match node.implementation?.value {
        Implementation::Builtin(builtin) => Some(builtin.role()),
        Implementation::Component(id) => sole_role(contracts, components.reference(id)),
    }
}

fn sole_role(contracts: &ContractSet, component: &ComponentRef) -> Option<Role> {
    match contracts.signature(component)?.interfaces.as_slice() {
        [interface] => Some(interface.role()),
        _ => None,
    }
}

fn add_source(flow: &mut ResolvedFlow, heads: &[NodeId]) {
    let source = add(flow, Builtin::Generator);
    for head in heads {
        connect(flow, source, *head);
    }
}

fn add_sink(flow: &mut ResolvedFlow, tails: &[NodeId]) {
    let sink = add(flow, Builtin::Console);
    for tail in tails {
        connect(flow, *tail, sink);
    }
}

fn add(flow: &mut ResolvedFlow, builtin: Builtin) -> NodeId {
    let taken = |name: &str| flow.nodes.iter().any(|node| node.name.value == name);
    let mut name = builtin.as_str().to_owned();
    while taken(&name) {
        name.push('-');
        name.push_str("builtin");
    }
    let id = NodeId::new(flow.nodes.len());
    flow.nodes
        .push(node(name, Implementation::Builtin(builtin), flow.name.span));
    id
}

fn node(name: String, implementation: Implementation, span: Span) -> ResolvedNode {
    ResolvedNode {
        name: Spanned::new(name, span),
        implementation: Some(Spanned::new(implementation, span)),
        interface: None,
        settings: NodeSettings::default(),
        complete: true,
    }
}

fn connect(flow: &mut ResolvedFlow, from: NodeId, to: NodeId) {
    let span = flow.name.span;
    flow.edges.push(ResolvedEdge {
        from,
        from_port: Spanned::new("output".into(), span),
        to,
        to_port: Spanned::new("input".into(), span),
        settings: EdgeSettings::default(),
        from_span: span,
        to_span: span,
        span,
    });
}
