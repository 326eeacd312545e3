//! Checks of routers: the ports that their code names must be the ports with edges.

use torvyn_codegen::ir::{ERROR_PORT, Role};

use crate::contract::ContractSet;
use crate::diag::{Code, Diagnostic, Diagnostics, Edit, listed, suggest};
use crate::resolve::{Implementation, ResolvedEdge, ResolvedFlow, ResolvedProject};
use crate::source::Spanned;

/// Compares the ports that the code of each router names with the edges that leave the router.
pub(super) fn check(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    contracts: &ContractSet,
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
) {
    for id in flow.node_ids().filter(|id| roles[id.position()] == Some(Role::Router)) {
        let node = flow.node(id);
        let Some(Implementation::Component(component)) = node.implementation.map(|found| found.value) else {
            continue;
        };
        let binary = contracts.binary(&project.component(component).reference);
        let Some(ports) = binary.and_then(|binary| binary.ports.as_ref()) else {
            continue;
        };
        let leaving = flow
            .edges
            .iter()
            .filter(|edge| edge.from == id && edge.from_port.value != ERROR_PORT);
        let leaving: Vec<&ResolvedEdge> = leaving.collect();
        for edge in leaving.iter().filter(|edge| !ports.contains(&edge.from_port.value)) {
            diags.error(RouterError::NeverNamed {
                node: node.name.value.clone(),
                port: edge.from_port.clone(),
                ports: ports.clone(),
            });
        }
        // A port without an edge may be the one that a reported edge misspells.
        let is_whole = flow.complete && leaving.iter().all(|edge| ports.contains(&edge.from_port.value));
        for port in ports.iter().filter(|_| is_whole) {
            if !leaving.iter().any(|edge| edge.from_port.value == *port) {
                diags.warn(RouterError::NoEdge {
                    node: node.name.clone(),
                    port: port.clone(),
                });
            }
        }
    }
}

enum RouterError {
    NeverNamed {
        node: String,
        port: Spanned<String>,
        ports: Vec<String>,
    },
    NoEdge {
        node: Spanned<String>,
        port: String,
    },
}

impl From<RouterError> for Diagnostic {
    fn from(error: RouterError) -> Self {
        match error {
            RouterError::NeverNamed { node, port, ports } => {
                let message = format!("router `{node}` never names the port `{}`", port.value);
                let diagnostic = Diagnostic::error(Code::RouterPortUnknown, message)
                    .primary(port.span, "no element will ever travel along this edge")
                    .note(listed("its ports", &ports));
                match suggest(&port.value, &ports) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                        format!("Change it to `{near}`"),
                        vec![Edit {
                            span: port.span,
                            text: format!("\"{near}\""),
                        }],
                    ),
                    None => diagnostic,
                }
            }
            RouterError::NoEdge { node, port } => Diagnostic::warning(
                Code::RouterPortUnknown,
                format!("router `{}` has a port `{port}` without an edge", node.value),
            )
            .primary(node.span, "an element sent to it fails")
            .help(format!("add an edge from port `{port}`")),
        }
    }
}
