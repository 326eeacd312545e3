//! The graph as JSON.

use serde_json::{Map, Value, json};
use torvyn_codegen::ir::Role;

use super::model::{Edge, Flow, Graph, Node};
use crate::interface::Interface;
use crate::manifest::ast::Language;

/// Returns the project's name and its flows with nodes and edges; edges refer to nodes by name.
#[must_use]
pub fn json(graph: &Graph) -> Map<String, Value> {
    let flows: Vec<Value> = graph.flows.iter().map(of_flow).collect();
    let fields = [
        ("project", Value::from(graph.project.as_str())),
        ("flows", flows.into()),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn of_flow(flow: &Flow) -> Value {
    json!({
        "name": flow.name,
        "description": flow.description,
        "replicas": flow.replicas,
        "nodes": flow.nodes.iter().map(of_node).collect::<Vec<_>>(),
        "edges": flow.edges.iter().map(|edge| of_edge(flow, edge)).collect::<Vec<_>>(),
    })
}

fn of_node(node: &Node) -> Value {
    json!({
        "name": node.name,
        "role": node.role.map(Role::as_str),
        "component": node.worker,
        "language": node.language.map(Language::as_str),
    })
}

fn of_edge(flow: &Flow, edge: &Edge) -> Value {
    let end = |node: usize, port: &str, interface: Option<Interface>| {
        json!({
            "node": flow.nodes[node].name,
            "port": port,
            "interface": interface.map(Interface::path),
        })
    };
    json!({
        "from": end(edge.from, &edge.from_port, edge.interfaces.0),
        "to": end(edge.to, &edge.to_port, edge.interfaces.1),
        "element": edge.element,
        "queue_depth": edge.depth,
        "policy": edge.policy.as_str(),
        "max_elements_per_second": edge.policy.per_second(),
        "priority": edge.priority,
        "max_element_bytes": edge.max_element_bytes,
        "dead_letter": edge.is_dead_letter(),
    })
}
