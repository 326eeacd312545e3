//! Resolves names to ids. In: a manifest and the contracts of its components. Out: a [`ResolvedProject`].
//!
//! Later passes find nodes and components by id. Flows with errors are kept, with `complete` unset, so that the same
//! run finds further mistakes in them.

mod completion;
mod components;
mod error;
pub(crate) mod grants;
mod unused;

use std::sync::Arc;

use torvyn_codegen::index;
use torvyn_codegen::ir::{Builtin, Origin};

use components::Components;
use error::UnknownName;

use crate::contract::ContractSet;
use crate::diag::Diagnostics;
use crate::manifest::ast::{
    BuiltinRef, CapabilitiesDecl, CapabilityGrant, ComponentRef, EdgeDecl, EdgeSettings, FlowDecl, FlowSettings,
    InterfaceRef, Language, Manifest, NodeDecl, NodeSettings, RuntimeDecl,
};
use crate::source::{Span, Spanned};

index!(
    /// Identifies a [`ResolvedComponent`] of a project.
    ComponentId
);
index!(
    /// Identifies a [`ResolvedNode`] of a flow, by order of declaration.
    NodeId
);

/// A project whose names are resolved to ids.
#[derive(Clone, Debug)]
pub struct ResolvedProject {
    name: String,
    version: String,
    description: String,
    origin: Origin,
    header: Span,
    components: Vec<ResolvedComponent>,
    flows: Vec<ResolvedFlow>,
    /// Whether these are all of its flows, each complete.
    whole: bool,
    runtime: RuntimeDecl,
    capabilities: Arc<CapabilitiesDecl>,
    allows_all: bool,
}

/// A component that some flow uses.
#[derive(Clone, Debug)]
pub struct ResolvedComponent {
    /// Name, unique in the project and usable as a file name.
    pub name: String,
    /// Reference in the manifest; the key into the [`ContractSet`].
    pub reference: ComponentRef,
    /// Its grants.
    pub grants: Grants,
    /// Capabilities declared for it, in its own manifest or in the project's.
    pub declared: Arc<CapabilitiesDecl>,
    /// Language it is written in, if the manifest names one.
    pub language: Option<Language>,
}

/// Grants of a component.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// The grants, in order of declaration.
    pub list: Vec<CapabilityGrant>,
    /// Where another grant can be added; `None` when there is no list.
    pub end: Option<Span>,
}

/// A flow.
#[derive(Clone, Debug)]
pub struct ResolvedFlow {
    /// Name.
    pub name: Spanned<String>,
    /// Description, possibly empty.
    pub description: String,
    /// The router whose ports the replicas divide; `None` if the manifest names none.
    pub replicas_by: Option<Spanned<NodeId>>,
    /// Settings.
    pub settings: FlowSettings,
    /// Nodes, in order of declaration.
    pub nodes: Vec<ResolvedNode>,
    /// Edges, in order of declaration.
    pub edges: Vec<ResolvedEdge>,
    /// Where the table of another edge can be added; `None` if it can't.
    pub further_edge: Option<Span>,
    /// False when a part could not be read or resolved, which has been reported.
    pub complete: bool,
}

/// A node of a flow.
#[derive(Clone, Debug)]
pub struct ResolvedNode {
    /// Name.
    pub name: Spanned<String>,
    /// The component or built-in that implements it; `None` after an error.
    pub implementation: Option<Spanned<Implementation>>,
    /// The interface by which it is called, if the manifest names one.
    pub interface: Option<Spanned<InterfaceRef>>,
    /// Settings.
    pub settings: NodeSettings,
    /// False when a part could not be read, which has been reported.
    pub complete: bool,
}

/// Implementation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// A component.
    Component(ComponentId),
    /// A part of the runtime.
    Builtin(Builtin),
}

/// An edge of a flow.
#[derive(Clone, Debug)]
pub struct ResolvedEdge {
    /// Producer.
    pub from: NodeId,
    /// Output port of the producer.
    pub from_port: Spanned<String>,
    /// Consumer.
    pub to: NodeId,
    /// Input port of the consumer.
    pub to_port: Spanned<String>,
    /// Settings.
    pub settings: EdgeSettings,
    /// The `from` table.
    pub from_span: Span,
    /// The `to` table.
    pub to_span: Span,
    /// The header of the edge.
    pub span: Span,
}

impl ResolvedProject {
    /// Project name; empty after an error.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Project version; empty after an error.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Description, possibly empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Authors, licence and repository.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Place of the project's name, or else of the header of its table.
    pub(crate) fn header(&self) -> Span {
        self.header
    }

    /// The components that flows use, in order of first use.
    #[must_use]
    pub fn components(&self) -> &[ResolvedComponent] {
        &self.components
    }

    /// The component with this id.
    #[must_use]
    pub fn component(&self, id: ComponentId) -> &ResolvedComponent {
        &self.components[id.position()]
    }

    /// The flows, in order of declaration.
    #[must_use]
    pub fn flows(&self) -> &[ResolvedFlow] {
        &self.flows
    }

    /// Whether these are all of its flows, each complete: then an item that they don't use is unused.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// `[capabilities]` of the project.
    pub(crate) fn capabilities(&self) -> &Arc<CapabilitiesDecl> {
        &self.capabilities
    }

    /// Whether capabilities are allowed without a grant.
    pub(crate) fn allows_all(&self) -> bool {
        self.allows_all
    }

    /// `[runtime]`.
    #[must_use]
    pub fn runtime(&self) -> &RuntimeDecl {
        &self.runtime
    }
}

impl ResolvedFlow {
    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &ResolvedNode {
        &self.nodes[id.position()]
    }

    /// The ids of all nodes, in order of declaration.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId::new)
    }
}

/// Resolves names to ids, and adds missing sources and sinks (see [`completion`]).
///
/// `flow` restricts the project to one flow.
pub fn resolve(
    diags: &mut Diagnostics,
    manifest: &Manifest,
    contracts: &ContractSet,
    flow: Option<&str>,
) -> ResolvedProject {
    let mut components = Components::default();
    let mut flows = Vec::new();
    for decl in manifest
        .flows
        .iter()
        .filter(|decl| flow.is_none_or(|name| decl.name.value == name))
    {
        flows.push(resolve_flow(diags, manifest, &mut components, decl));
    }
    if manifest.flows.is_empty() {
        flows.extend(completion::implied_flow(manifest, contracts, &mut components));
    }
    if let Some(name) = flow
        && !flows.iter().any(|found| found.name.value == name)
    {
        let declared = manifest.flows.iter().map(|decl| &decl.name);
        let implied = flows
            .iter()
            .map(|flow| &flow.name)
            .filter(|_| manifest.flows.is_empty());
        let known = declared.chain(implied).map(|name| name.value.clone()).collect();
        diags.error(UnknownName::Flow {
            name: name.into(),
            known,
        });
    }
    grants::check(diags, manifest);
    unused::check(diags, manifest);
    for flow in &mut flows {
        completion::complete(flow, &components, contracts);
    }
    let project = &manifest.project;
    ResolvedProject {
        name: project.name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
        version: project
            .version
            .as_ref()
            .map(|version| version.value.to_string())
            .unwrap_or_default(),
        description: project
            .description
            .as_ref()
            .map(|text| text.value.clone())
            .unwrap_or_default(),
        origin: project.origin.clone(),
        header: project.name.as_ref().map_or(project.span, |name| name.span),
        components: components.into_list(manifest, contracts),
        whole: flow.is_none() && flows.iter().all(|flow| flow.complete),
        flows,
        runtime: manifest.runtime.clone(),
        capabilities: manifest.capabilities.clone(),
        allows_all: manifest.allows_all,
    }
}

fn resolve_flow(
    diags: &mut Diagnostics,
    manifest: &Manifest,
    components: &mut Components,
    decl: &FlowDecl,
) -> ResolvedFlow {
    let nodes: Vec<_> = decl
        .nodes
        .iter()
        .map(|node| resolve_node(diags, manifest, components, node))
        .collect();
    let mut complete = decl.complete && nodes.iter().all(|node| node.implementation.is_some());
    let mut edges = Vec::new();
    for edge in &decl.edges {
        match resolve_edge(diags, decl, edge) {
            Some(edge) => edges.push(edge),
            None => complete = false,
        }
    }
    let key = decl.replicas_by.as_ref();
    let replicas_by = key.and_then(|key| Some(Spanned::new(find_node(diags, decl, key)?, key.span)));
    complete &= replicas_by.is_some() == key.is_some();
    ResolvedFlow {
        name: decl.name.clone(),
        description: decl
            .description
            .as_ref()
            .map(|text| text.value.clone())
            .unwrap_or_default(),
        settings: decl.settings.clone(),
        replicas_by,
        nodes,
        edges,
        further_edge: decl.further_edge,
        complete,
    }
}

fn resolve_node(
    diags: &mut Diagnostics,
    manifest: &Manifest,
    components: &mut Components,
    node: &NodeDecl,
) -> ResolvedNode {
    let implementation = node.component.as_ref().and_then(|component| {
        let implementation = match &component.value {
            ComponentRef::Builtin(BuiltinRef(builtin)) => Implementation::Builtin(*builtin),
            ComponentRef::Declared(name) if manifest.component(name).is_none() => {
                if manifest.components_complete {
                    let known = manifest.components.iter().map(|decl| decl.name.value.clone()).collect();
                    diags.error(UnknownName::Component {
                        name: name.clone(),
                        used: component.span,
                        known,
                    });
                }
                return None;
            }
            ComponentRef::Declared(_) | ComponentRef::File(_) => {
                Implementation::Component(components.id(&component.value))
            }
        };
        Some(Spanned::new(implementation, component.span))
    });
    ResolvedNode {
        name: node.name.clone(),
        implementation,
        interface: node.interface.clone(),
        settings: node.settings.clone(),
        complete: node.complete,
    }
}

fn resolve_edge(diags: &mut Diagnostics, flow: &FlowDecl, edge: &EdgeDecl) -> Option<ResolvedEdge> {
    let from = find_node(diags, flow, &edge.from.node);
    let to = find_node(diags, flow, &edge.to.node);
    Some(ResolvedEdge {
        from: from?,
        from_port: edge.from.port.clone(),
        to: to?,
        to_port: edge.to.port.clone(),
        settings: edge.settings.clone(),
        from_span: edge.from.span,
        to_span: edge.to.span,
        span: edge.span,
    })
}

fn find_node(diags: &mut Diagnostics, flow: &FlowDecl, name: &Spanned<String>) -> Option<NodeId> {
    let found = flow.nodes.iter().position(|node| node.name.value == name.value);
    if found.is_none() && flow.complete {
        diags.error(UnknownName::Node {
            name: name.value.clone(),
            used: name.span,
            flow: flow.name.value.clone(),
            known: flow.nodes.iter().map(|node| node.name.value.clone()).collect(),
        });
    }
    found.map(NodeId::new)
}
