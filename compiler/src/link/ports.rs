//! Checks of ports: every edge leads from an existing output port to an existing input port, and none is declared
//! twice.

use torvyn_codegen::ir::{ERROR_PORT, Role};

use crate::diag::{Checked, Code, Diagnostic, Diagnostics, Edit, suggest};
use crate::resolve::{ResolvedEdge, ResolvedFlow};
use crate::source::Span;

/// The input ports of a role; for an unknown role, those of any role but source.
fn inputs(role: Option<Role>) -> &'static [&'static str] {
    match role {
        Some(Role::Source) => &[],
        Some(Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink) | None => &["input"],
    }
}

/// The output ports of a role; `None` if the component names them itself, or the role is unknown.
fn outputs(role: Option<Role>) -> Option<&'static [&'static str]> {
    match role {
        Some(Role::Source) => Some(&["output"]),
        Some(Role::Processor | Role::Filter | Role::Aggregator) => Some(&["output", ERROR_PORT]),
        Some(Role::Router) | None => None,
        Some(Role::Sink) => Some(&[ERROR_PORT]),
    }
}

/// Checks both ends of every edge, and that no edge is repeated. `topology` reports edges into sources and out of
/// sinks.
pub(super) fn check(diags: &mut Diagnostics, flow: &ResolvedFlow, roles: &[Option<Role>]) -> Checked<()> {
    let before = diags.errors();
    for (at, edge) in flow.edges.iter().enumerate() {
        if roles[edge.from.position()] != Some(Role::Sink) {
            check_port(diags, flow, roles[edge.from.position()], edge, Direction::Out);
        }
        if roles[edge.to.position()] != Some(Role::Source) {
            check_port(diags, flow, roles[edge.to.position()], edge, Direction::In);
        }
        if let Some(first) = flow.edges[..at].iter().find(|earlier| is_same(earlier, edge)) {
            diags.error(PortError::Twice {
                first: first.span,
                again: edge.span,
            });
        }
    }
    if diags.errors() > before {
        diags.barrier()
    } else {
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Direction {
    In,
    Out,
}

fn check_port(
    diags: &mut Diagnostics,
    flow: &ResolvedFlow,
    role: Option<Role>,
    edge: &ResolvedEdge,
    direction: Direction,
) {
    let (port, node, known) = match direction {
        Direction::In => (&edge.to_port, edge.to, Some(inputs(role))),
        Direction::Out => (&edge.from_port, edge.from, outputs(role)),
    };
    let is_known = known.map_or(!port.value.is_empty(), |known| known.contains(&port.value.as_str()));
    if is_known {
        return;
    }
    diags.error(PortError::Unknown {
        port: port.value.clone(),
        at: port.span,
        node: flow.node(node).name.value.clone(),
        role,
        direction,
        known: known.unwrap_or_default(),
    });
}

fn is_same(a: &ResolvedEdge, b: &ResolvedEdge) -> bool {
    (a.from, &a.from_port.value, a.to, &a.to_port.value) == (b.from, &b.from_port.value, b.to, &b.to_port.value)
}

enum PortError {
    Unknown {
        port: String,
        at: Span,
        node: String,
        role: Option<Role>,
        direction: Direction,
        known: &'static [&'static str],
    },
    Twice {
        first: Span,
        again: Span,
    },
}

impl From<PortError> for Diagnostic {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unknown {
                port,
                at,
                node,
                role,
                direction,
                known,
            } => {
                let kind = match direction {
                    Direction::In => "input",
                    Direction::Out => "output",
                };
                let diagnostic =
                    Diagnostic::error(Code::PortUnknown, format!("node `{node}` has no {kind} port `{port}`"))
                        .primary(at, format!("no {kind} of this name"));
                match (suggest(&port, known), known.first()) {
                    (Some(near), _) if near == ERROR_PORT => diagnostic.meant(&near, at, format!("\"{near}\"")),
                    (_, Some(own)) => {
                        let edit = Edit {
                            span: at,
                            text: format!("\"{own}\""),
                        };
                        diagnostic
                            .help(format!(
                                "the {kind} of a {} is called `{own}`",
                                role.map_or("stage", Role::as_str)
                            ))
                            .fix(format!("Change it to `{own}`"), vec![edit])
                    }
                    (_, None) => diagnostic,
                }
            }
            PortError::Twice { first, again } => {
                Diagnostic::error(Code::DuplicateName, "the same edge is declared twice")
                    .primary(again, "second declaration")
                    .secondary(first, "first declaration")
                    .help("remove one: each element would be delivered twice")
            }
        }
    }
}
