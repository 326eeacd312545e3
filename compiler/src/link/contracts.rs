//! Checks of contracts: the two components of an edge must agree, and each component must agree with the runtime.

use std::collections::BTreeSet;

use crate::contract::ContractSet;
use crate::contract::compat::Difference;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{ComponentId, Implementation, NodeId, ResolvedEdge, ResolvedFlow, ResolvedProject};
use crate::source::Span;

/// Most differences in one diagnostic that get labels on both sides.
const MOST_SHOWN: usize = 4;

/// Checks every edge between two components, then compares with the runtime each component that no reported edge names.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let mut blamed: BTreeSet<usize> = BTreeSet::new();
    for flow in project.flows() {
        for edge in &flow.edges {
            let (Some(from), Some(to)) = (component(flow, edge.from), component(flow, edge.to)) else {
                continue;
            };
            let reference = |id: ComponentId| &project.component(id).reference;
            let differences = contracts.differences_between(reference(from), reference(to));
            if differences.is_empty() || blamed.contains(&from.position()) && blamed.contains(&to.position()) {
                continue;
            }
            blamed.extend([from.position(), to.position()]);
            diags.error(ContractError::edge(flow, edge, differences));
        }
    }
    for (component, used) in super::used_components(project) {
        let position = project
            .components()
            .iter()
            .position(|other| other.name == component.name);
        let differences = contracts.deviations(&component.reference);
        if !differences.is_empty() && !position.is_some_and(|position| blamed.contains(&position)) {
            diags.error(ContractError::Runtime {
                component: component.reference.to_string(),
                used,
                differences: differences.to_vec(),
            });
        }
    }
}

fn component(flow: &ResolvedFlow, node: NodeId) -> Option<ComponentId> {
    match flow.node(node).implementation?.value {
        Implementation::Component(id) => Some(id),
        Implementation::Builtin(_) => None,
    }
}

enum ContractError {
    Edge {
        from: String,
        to: String,
        edge: Span,
        differences: Vec<Difference>,
    },
    Runtime {
        component: String,
        used: Span,
        differences: Vec<Difference>,
    },
}

impl ContractError {
    fn edge(flow: &ResolvedFlow, edge: &ResolvedEdge, differences: Vec<Difference>) -> Self {
        let name = |node| flow.node(node).name.value.clone();
        ContractError::Edge {
            from: name(edge.from),
            to: name(edge.to),
            edge: edge.to_span,
            differences,
        }
    }
}

impl From<ContractError> for Diagnostic {
    fn from(error: ContractError) -> Self {
        match error {
            ContractError::Edge {
                from,
                to,
                edge,
                differences,
            } => {
                let message = format!("`{to}` does not accept the elements that `{from}` emits");
                let diagnostic = Diagnostic::error(Code::InterfaceIncompatible, message).primary(edge, "on this edge");
                shown(diagnostic, &differences, (&built(&from), &built(&to)))
                    .help("build both components against the same contracts")
            }
            ContractError::Runtime {
                component,
                used,
                differences,
            } => {
                let message =
                    format!("component `{component}` was built against contracts that differ from the runtime's");
                let diagnostic =
                    Diagnostic::error(Code::InterfaceIncompatible, message).primary(used, "can't be instantiated");
                shown(diagnostic, &differences, (&built(&component), "the runtime has this"))
                    .help("build it against the contracts that `torvync init` puts into `wit/deps`")
            }
        }
    }
}

fn built(component: &str) -> String {
    format!("`{component}` was built against this")
}

/// Adds a note about every difference, and labels on both sides of the first [`MOST_SHOWN`].
fn shown(mut diagnostic: Diagnostic, differences: &[Difference], labels: (&str, &str)) -> Diagnostic {
    for difference in differences.iter().take(MOST_SHOWN) {
        for (span, label) in [(difference.old, labels.0), (difference.new, labels.1)] {
            if let Some(span) = span {
                diagnostic = diagnostic.secondary(span, label);
            }
        }
    }
    for difference in differences {
        diagnostic = diagnostic.note(format!("`{}`: {}", difference.within, difference.what));
    }
    diagnostic
}
