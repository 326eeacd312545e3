//! The contents of a picture of a project, in any format.

use torvyn_codegen::ir::{ERROR_PORT, OverflowPolicy, Role};

use crate::contract::ContractSet;
use crate::interface::Interface;
use crate::link;
use crate::manifest::ast::{Language, RuntimeDecl};
use crate::resolve::{Implementation, ResolvedEdge, ResolvedFlow, ResolvedNode, ResolvedProject};

/// A project.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Its name; empty after an error.
    pub project: String,
    /// Its flows, in order of declaration.
    pub flows: Vec<Flow>,
}

/// A flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Name.
    pub name: String,
    /// Description, possibly empty.
    pub description: String,
    /// Number of replicas.
    pub replicas: u32,
    /// In order of declaration.
    pub nodes: Vec<Node>,
    /// In order of declaration.
    pub edges: Vec<Edge>,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name.
    pub name: String,
    /// Its role; `None` when neither the manifest nor contracts determine it.
    pub role: Option<Role>,
    /// Name of the component, `builtin:NAME`, or empty after an error.
    pub worker: String,
    /// Language of the component, if the manifest has it.
    pub language: Option<Language>,
}

/// An edge, with the settings of its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Position of the producer.
    pub from: usize,
    /// Its output port.
    pub from_port: String,
    /// Position of the consumer.
    pub to: usize,
    /// Its input port.
    pub to_port: String,
    /// Type of the elements, as the consumer takes them.
    pub element: &'static str,
    /// The interfaces at both ends, as far as roles are known.
    pub interfaces: (Option<Interface>, Option<Interface>),
    /// Capacity in elements.
    pub depth: u32,
    /// What happens when the stream is full.
    pub policy: OverflowPolicy,
    /// Rank among the inputs of the consumer.
    pub priority: u8,
    /// Longest payload, in bytes, when limited.
    pub max_element_bytes: Option<u64>,
}

/// The type of all elements: the interface of every consumer takes this record of `torvyn:streaming/types`.
const ELEMENT: &str = "stream-element";

/// Builds the graph of a project, as far as the project is known.
#[must_use]
pub fn graph(project: &ResolvedProject, contracts: &ContractSet) -> Graph {
    Graph {
        project: project.name().to_owned(),
        flows: project
            .flows()
            .iter()
            .map(|flow| of_flow(project, contracts, flow))
            .collect(),
    }
}

fn of_flow(project: &ResolvedProject, contracts: &ContractSet, flow: &ResolvedFlow) -> Flow {
    let roles = link::roles(project, contracts, flow);
    let nodes = flow.nodes.iter().zip(&roles);
    Flow {
        name: flow.name.value.clone(),
        description: flow.description.clone(),
        replicas: flow.settings.replicas(),
        nodes: nodes.map(|(node, role)| of_node(project, node, *role)).collect(),
        edges: flow
            .edges
            .iter()
            .map(|edge| of_edge(project.runtime(), flow, &roles, edge))
            .collect(),
    }
}

fn of_node(project: &ResolvedProject, node: &ResolvedNode, role: Option<Role>) -> Node {
    let worker = node.implementation.map(|implementation| match implementation.value {
        Implementation::Component(id) => project.component(id).reference.to_string(),
        Implementation::Builtin(builtin) => format!("builtin:{}", builtin.as_str()),
    });
    let component = node.implementation.and_then(|found| match found.value {
        Implementation::Component(id) => Some(project.component(id)),
        Implementation::Builtin(_) => None,
    });
    Node {
        name: node.name.value.clone(),
        role,
        worker: worker.unwrap_or_default(),
        language: component.and_then(|component| component.language),
    }
}

fn of_edge(runtime: &RuntimeDecl, flow: &ResolvedFlow, roles: &[Option<Role>], edge: &ResolvedEdge) -> Edge {
    let (from, to) = (edge.from.position(), edge.to.position());
    Edge {
        from,
        from_port: edge.from_port.value.clone(),
        to,
        to_port: edge.to_port.value.clone(),
        element: ELEMENT,
        interfaces: (roles[from].map(Interface::of_role), roles[to].map(Interface::of_role)),
        depth: runtime.queue_depth(&edge.settings, &flow.settings),
        policy: runtime.overflow_policy(&edge.settings),
        priority: edge.settings.priority(),
        max_element_bytes: edge.settings.max_element_bytes.map(|limit| limit.value),
    }
}

impl Flow {
    /// Returns its name, with the number of replicas if there are several.
    #[must_use]
    pub(super) fn title(&self) -> String {
        match self.replicas {
            1 => self.name.clone(),
            replicas => format!("{} × {replicas}", self.name),
        }
    }
}

impl Node {
    /// Returns the name of its role, or `role unknown`.
    #[must_use]
    pub fn role_name(&self) -> &'static str {
        self.role.map_or("role unknown", Role::as_str)
    }
}

impl Edge {
    /// Whether it starts at an error port, so that it carries dead letters only.
    #[must_use]
    pub fn is_dead_letter(&self) -> bool {
        self.from_port == ERROR_PORT
    }

    /// Returns the lines beside the edge in a picture: ports other than the default ones, the type, and the stream's
    /// settings.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match (self.from_port.as_str(), self.to_port.as_str()) {
            ("output", "input") => {}
            (from, "input") => lines.push(from.to_owned()),
            (from, to) => lines.push(format!("{from} → {to}")),
        }
        lines.push(self.element.to_owned());
        let mut stream = format!("{} · {}", self.depth, self.policy.as_str());
        if let Some(per_second) = self.policy.per_second() {
            stream.push_str(&format!(" {per_second}/s"));
        }
        if self.priority > 0 {
            stream.push_str(&format!(" · priority {}", self.priority));
        }
        lines.push(stream);
        lines
    }
}

/// Returns an identifier for a flow, such as `f0`.
pub(super) fn flow_id(flow: usize) -> String {
    format!("f{flow}")
}

/// Returns an identifier for a node of a flow, such as `f0n2`.
pub(super) fn node_id(flow: usize, node: usize) -> String {
    format!("f{flow}n{node}")
}
