//! Checks of replicas that divide the ports of a router. Each replica processes all elements upstream of the router, so
//! a sink would receive elements that bypass the router once per replica.

use std::collections::BTreeSet;

use torvyn_codegen::ir::{ERROR_PORT, Role};
use torvyn_runtime_core::words;

use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::resolve::{NodeId, ResolvedFlow};
use crate::source::{Span, Spanned};

/// Checks the router and its ports, and that no sink can be reached around the router.
pub(super) fn check(
    diags: &mut Diagnostics,
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
    router: Spanned<NodeId>,
) -> Checked<()> {
    let before = diags.errors();
    let name = &flow.node(router.value).name;
    let error = |mistake| PortsError {
        mistake,
        router: name.value.clone(),
        at: router.span,
    };
    let replicas = flow.settings.replicas.filter(|replicas| replicas.value > 1);
    let role = roles[router.value.position()];
    let ports = ports(flow, router.value);
    match (replicas, role) {
        (None, _) => {
            diags.error(error(Mistake::Alone));
        }
        (Some(_), Some(role)) if role != Role::Router => {
            diags.error(error(Mistake::NoRouter { role, node: name.span }));
        }
        (Some(replicas), _) if (ports.len() as u64) < u64::from(replicas.value) => {
            diags.error(error(Mistake::FewPorts {
                ports: ports.len(),
                count: replicas.value,
                replicas: replicas.span,
            }));
        }
        (Some(_), _) => {
            for (sink, span) in past(flow, roles, router.value) {
                diags.error(error(Mistake::Past { sink, span }));
            }
        }
    }
    if diags.errors() > before {
        diags.barrier()
    } else {
        Ok(())
    }
}

/// The connected ports to which a router sends elements itself: all but [`ERROR_PORT`].
fn ports(flow: &ResolvedFlow, router: NodeId) -> BTreeSet<&str> {
    let edges = flow.edges.iter().filter(|edge| edge.from == router);
    let ports = edges.map(|edge| edge.from_port.value.as_str());
    ports.filter(|port| *port != ERROR_PORT).collect()
}

/// Finds sinks that elements can reach without passing through a port of the router, with the places of their names.
fn past(flow: &ResolvedFlow, roles: &[Option<Role>], router: NodeId) -> Vec<(String, Span)> {
    let is = |node: NodeId, role| roles[node.position()] == Some(role);
    let all = (0..flow.nodes.len()).map(NodeId::new);
    let mut reached: BTreeSet<NodeId> = all.filter(|node| is(*node, Role::Source)).collect();
    let mut next: Vec<NodeId> = reached.iter().copied().collect();
    while let Some(node) = next.pop() {
        let leaving = flow.edges.iter().filter(|edge| edge.from == node);
        let past = leaving.filter(|edge| node != router || edge.from_port.value == ERROR_PORT);
        next.extend(past.map(|edge| edge.to).filter(|to| reached.insert(*to)));
    }
    let sinks = reached.into_iter().filter(|node| is(*node, Role::Sink));
    let named = sinks.map(|sink| &flow.node(sink).name);
    named.map(|name| (name.value.clone(), name.span)).collect()
}

struct PortsError {
    mistake: Mistake,
    router: String,
    /// Where the flow names the router.
    at: Span,
}

enum Mistake {
    /// There is one replica.
    Alone,
    NoRouter {
        role: Role,
        node: Span,
    },
    FewPorts {
        ports: usize,
        count: u32,
        replicas: Span,
    },
    Past {
        sink: String,
        span: Span,
    },
}

impl From<PortsError> for Diagnostic {
    fn from(error: PortsError) -> Self {
        let (router, at) = (error.router, error.at);
        let new = |message| Diagnostic::error(Code::ConstraintViolation, message);
        match error.mistake {
            Mistake::Alone => new(format!("there are no replicas to divide the ports of `{router}` among"))
                .primary(at, "needs `replicas`")
                .help("set the number of replicas, such as `replicas = 2`, or remove `replicas_by`"),
            Mistake::NoRouter { role, node } => new(format!("`{router}` has no ports to divide among replicas"))
                .primary(at, "needs a router")
                .secondary(node, format!("a {}", role.as_str()))
                .help(
                    "name a router of the flow, or remove `replicas_by`: the elements of the sources are then divided",
                ),
            Mistake::FewPorts { ports, count, replicas } => {
                new(format!("router `{router}` has fewer ports than there are replicas"))
                    .primary(at, format!("connected ports: {ports}"))
                    .secondary(
                        replicas,
                        format!("{} of these would have nothing to do", u64::from(count) - ports as u64),
                    )
                    .help(format!("ask for at most {}", words::count(ports, "replica")))
            }
            Mistake::Past { sink, span } => new(format!(
                "sink `{sink}` would receive elements that bypass `{router}` once per replica"
            ))
            .primary(span, format!("can be reached without a port of `{router}`"))
            .secondary(at, "its ports are divided among the replicas here")
            .note("upstream of the router, every replica gets every element; downstream, only those for its own ports")
            .help(format!(
                "route every path to `{sink}` through ports of `{router}` other than `{ERROR_PORT}`"
            )),
        }
    }
}
