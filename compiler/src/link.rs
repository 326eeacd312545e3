//! Connects nodes by their ports. In: a resolved project and its contracts. Out: [`LinkedFlow`]s, which no other module
//! creates.
//!
//! A linked flow is acyclic; every node has a role that its component exports, and the edges that this role needs.

mod capabilities;
mod contracts;
mod deprecations;
mod imports;
mod policies;
mod ports;
mod replicas;
mod roles;
mod routers;
mod settings;
mod topology;
mod worlds;

use torvyn_codegen::ir::{Builtin, Role};

use crate::contract::ContractSet;
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::interface::Interface;
use crate::manifest::ast::{EdgeSettings, FlowSettings, NodeSettings};
use crate::resolve::{
    ComponentId, Implementation, NodeId, ResolvedComponent, ResolvedEdge, ResolvedFlow, ResolvedNode, ResolvedProject,
};
use crate::source::Span;

/// A flow that can be built.
#[derive(Clone, Debug)]
pub struct LinkedFlow {
    name: String,
    description: String,
    nodes: Vec<LinkedNode>,
    order: Vec<NodeId>,
    edges: Vec<LinkedEdge>,
    settings: FlowSettings,
    replicas_by: Option<NodeId>,
}

/// A node of a linked flow.
#[derive(Clone, Debug)]
pub struct LinkedNode {
    /// Name in the manifest.
    pub name: String,
    /// Role of the node.
    pub role: Role,
    /// The component or built-in that implements it.
    pub implementation: LinkedImplementation,
    /// Grants of its component, sorted; none for a built-in.
    pub capabilities: Vec<String>,
    /// Settings.
    pub settings: NodeSettings,
}

/// Implementation of a linked node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkedImplementation {
    /// A component.
    Component {
        /// Its id.
        component: ComponentId,
        /// Whether it exports `torvyn:streaming/lifecycle`.
        lifecycle: bool,
    },
    /// A part of the runtime.
    Builtin(Builtin),
}

/// An edge of a linked flow.
#[derive(Clone, Debug)]
pub struct LinkedEdge {
    /// Producer.
    pub from: NodeId,
    /// Output port of the producer.
    pub from_port: String,
    /// Consumer.
    pub to: NodeId,
    /// Input port of the consumer.
    pub to_port: String,
    /// Settings.
    pub settings: EdgeSettings,
}

impl LinkedFlow {
    /// Name in the manifest.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Description, possibly empty.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The nodes, in order of declaration.
    #[must_use]
    pub fn nodes(&self) -> &[LinkedNode] {
        &self.nodes
    }

    /// The node with this id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &LinkedNode {
        &self.nodes[id.position()]
    }

    /// The nodes in topological order, ties by declaration.
    #[must_use]
    pub fn order(&self) -> &[NodeId] {
        &self.order
    }

    /// The edges, in order of declaration.
    #[must_use]
    pub fn edges(&self) -> &[LinkedEdge] {
        &self.edges
    }

    /// Settings.
    #[must_use]
    pub fn settings(&self) -> &FlowSettings {
        &self.settings
    }

    /// The router whose ports the replicas divide; `None` if the manifest names none.
    #[must_use]
    pub fn replicas_by(&self) -> Option<NodeId> {
        self.replicas_by
    }
}

/// Checks components and flows by the contracts that are known; binaries may be missing.
pub fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    check_components(diags, project, contracts);
    for flow in project.flows() {
        let roles = roles::check(diags, project, contracts, flow);
        let _reported = check_shape(diags, project, contracts, flow, &roles);
    }
    settings::check(diags, project, contracts);
}

/// Returns the role of each node of a flow, in order of declaration; `None` if it is unknown. Reports nothing.
#[must_use]
pub fn roles(project: &ResolvedProject, contracts: &ContractSet, flow: &ResolvedFlow) -> Vec<Option<Role>> {
    let found = roles::check(&mut Diagnostics::new(), project, contracts, flow);
    found
        .into_iter()
        .map(|interface| interface.map(Interface::role))
        .collect()
}

/// Links every flow against the binaries in `contracts`, and returns the flows that link.
pub fn link(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) -> Vec<LinkedFlow> {
    if project.flows().is_empty() && !diags.has_errors() {
        diags.error(LinkError::NoFlow {
            project: project.header(),
        });
    }
    check_components(diags, project, contracts);
    let flows = project.flows().iter();
    let linked = flows.filter_map(|flow| link_flow(diags, project, contracts, flow).ok());
    let linked = linked.collect();
    settings::check(diags, project, contracts);
    linked
}

/// Checks components, whatever the shape of the flows.
fn check_components(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    imports::check(diags, project, contracts);
    worlds::check(diags, project, contracts);
    contracts::check(diags, project, contracts);
    capabilities::check(diags, project, contracts);
    deprecations::check(diags, project, contracts);
}

fn link_flow(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
) -> Checked<LinkedFlow> {
    let found = roles::check(diags, project, contracts, flow);
    let order = check_shape(diags, project, contracts, flow, &found);
    let stages = roles::require(diags, flow, &found);
    let (order, stages) = (order?, stages?);
    diags.barrier()?;
    let nodes = flow.nodes.iter().zip(stages);
    Ok(LinkedFlow {
        name: flow.name.value.clone(),
        description: flow.description.clone(),
        nodes: nodes
            .map(|(node, (done_by, role))| linked_node(project, contracts, node, done_by, role))
            .collect(),
        order,
        edges: flow.edges.iter().map(linked_edge).collect(),
        settings: flow.settings.clone(),
        replicas_by: flow.replicas_by.map(|router| router.value),
    })
}

/// Checks the graph and returns the nodes in topological order. In an incomplete flow, which has been reported, checks
/// only what the missing parts can't change: the ends of edges, and cycles.
fn check_shape(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
    roles: &[Option<Interface>],
) -> Checked<Vec<NodeId>> {
    let roles: Vec<_> = roles.iter().map(|interface| interface.map(Interface::role)).collect();
    if !flow.complete {
        let _reported = ports::check(diags, flow, &roles);
        topology::check_edges(diags, flow, &roles);
        diags.barrier()?;
    }
    let ports = ports::check(diags, flow, &roles);
    routers::check(diags, project, contracts, flow, &roles);
    let order = topology::check(diags, flow, &roles);
    let policies = policies::check(diags, project, flow, &roles);
    let replicas = replicas::check(diags, project, contracts, flow, &roles);
    ports.and(policies).and(replicas).and(order)
}

fn linked_node(
    project: &ResolvedProject,
    contracts: &ContractSet,
    node: &ResolvedNode,
    implementation: Implementation,
    role: Role,
) -> LinkedNode {
    let (implementation, capabilities) = match implementation {
        Implementation::Builtin(builtin) => (LinkedImplementation::Builtin(builtin), Vec::new()),
        Implementation::Component(component) => {
            let resolved = project.component(component);
            let signature = contracts.signature(&resolved.reference);
            let lifecycle = signature.is_some_and(|signature| signature.lifecycle);
            let implementation = LinkedImplementation::Component { component, lifecycle };
            (implementation, project.granted(resolved))
        }
    };
    LinkedNode {
        name: node.name.value.clone(),
        role,
        implementation,
        capabilities,
        settings: node.settings.clone(),
    }
}

fn linked_edge(edge: &ResolvedEdge) -> LinkedEdge {
    LinkedEdge {
        from: edge.from,
        from_port: edge.from_port.value.clone(),
        to: edge.to,
        to_port: edge.to_port.value.clone(),
        settings: edge.settings.clone(),
    }
}

/// The components that nodes use, each with the place of its first use.
fn used_components(project: &ResolvedProject) -> Vec<(&ResolvedComponent, Span)> {
    let nodes = project.flows().iter().flat_map(|flow| &flow.nodes);
    let mut used: Vec<Option<Span>> = vec![None; project.components().len()];
    for implementation in nodes.filter_map(|node| node.implementation) {
        match implementation.value {
            Implementation::Component(id) => {
                used[id.position()].get_or_insert(implementation.span);
            }
            Implementation::Builtin(_) => {}
        }
    }
    let components = project.components().iter().zip(used);
    components
        .filter_map(|(component, used)| Some((component, used?)))
        .collect()
}

enum LinkError {
    NoFlow { project: Span },
}

impl From<LinkError> for Diagnostic {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::NoFlow { project } => Diagnostic::error(Code::TopologyInvalid, "the project has no flow")
                .primary(project, "nothing to link in this project")
                .help("declare a flow: `[flow.main.nodes.NAME]` tables and `[[flow.main.edges]]`"),
        }
    }
}
