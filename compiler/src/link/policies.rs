//! Checks of policies and streams: dead letters need an edge, policies need an effect, and the elements that a flow can
//! hold need buffers.

use std::collections::BTreeMap;

use torvyn_codegen::ir::{ERROR_PORT, FanOut, Merge, OverflowPolicy, Role};
use torvyn_runtime_core::bounds;

use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::manifest::ast::RuntimeDecl;
use crate::resolve::{NodeId, ResolvedEdge, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::{Span, Spanned};

/// Checks the streams of a flow, and each node that was read completely. Its role may be unknown (`None`).
pub(super) fn check(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
) -> Checked<()> {
    let before = diags.errors();
    for id in flow.node_ids().filter(|id| flow.node(*id).complete) {
        check_dead_letters(diags, flow, id, roles[id.position()]);
        check_fan_out(diags, project.runtime(), flow, id);
        check_ranks(diags, flow, id);
    }
    check_depths(diags, project.runtime(), flow);
    check_letter_sizes(diags, flow);
    if diags.errors() > before {
        diags.barrier()
    } else {
        Ok(())
    }
}

/// Checks that a node has an edge from port `error` if and only if its `on_error` has `dead-letter`.
fn check_dead_letters(diags: &mut Diagnostics, flow: &ResolvedFlow, id: NodeId, role: Option<Role>) {
    let node = flow.node(id);
    let name = node.name.value.clone();
    let written = node.settings.on_error.dead_letter();
    let written = written.filter(|_| node.settings.on_error.policies().dead_letters());
    let edge = flow
        .edges
        .iter()
        .find(|edge| edge.from == id && edge.from_port.value == ERROR_PORT);
    match (role, written, edge) {
        (Some(Role::Source), Some(at), _) => {
            diags.error(PolicyError::SourceDeadLetter { name, at });
        }
        (_, Some(at), None) => {
            diags.error(PolicyError::DeadLetterWithoutEdge { name, at });
        }
        // `ports` reports an edge from port `error` of a source.
        (Some(Role::Source), None, _) | (_, Some(_), Some(_)) | (_, None, None) => {}
        (_, None, Some(edge)) => {
            diags.error(PolicyError::EdgeWithoutDeadLetter {
                name,
                node: node.name.span,
                port: edge.from_port.span,
                is_router: role == Some(Role::Router),
            });
        }
    }
}

/// Warns of policies for full streams in a fan-out whose streams wait for each other: none gets an element while it is
/// full.
fn check_fan_out(diags: &mut Diagnostics, runtime: &RuntimeDecl, flow: &ResolvedFlow, id: NodeId) {
    let node = flow.node(id);
    if node
        .settings
        .fan_out
        .is_some_and(|fan_out| fan_out.value == FanOut::Independent)
    {
        return;
    }
    for (port, edges) in ports(flow, id).into_iter().filter(|(_, edges)| edges.len() > 1) {
        let mut seen = Vec::new();
        for policy in edges
            .iter()
            .filter_map(|edge| edge.settings.policy.or(runtime.default_policy))
        {
            if policy.value.waits() || seen.contains(&policy.span) {
                continue;
            }
            seen.push(policy.span);
            diags.warn(PolicyError::NeverFull {
                policy,
                port: format!("{}.{port}", node.name.value),
                edges: edges.len(),
                node: node.name.span,
            });
        }
    }
}

/// The edges out of a node, by port.
fn ports(flow: &ResolvedFlow, id: NodeId) -> BTreeMap<&str, Vec<&ResolvedEdge>> {
    let mut ports: BTreeMap<&str, Vec<&ResolvedEdge>> = BTreeMap::new();
    for edge in flow.edges.iter().filter(|edge| edge.from == id) {
        ports.entry(&edge.from_port.value).or_default().push(edge);
    }
    ports
}

/// Warns of size limits on streams of dead letters: these elements have already entered the node, so no limit applies.
fn check_letter_sizes(diags: &mut Diagnostics, flow: &ResolvedFlow) {
    let letters = flow.edges.iter().filter(|edge| edge.from_port.value == ERROR_PORT);
    for edge in letters.filter(|edge| edge.settings.max_element_bytes.is_some()) {
        diags.warn(PolicyError::UnusedSize {
            edge: edge.span,
            port: edge.from_port.span,
        });
    }
}

/// Checks that the streams and stages of a flow together can't hold more elements than a flow has buffers.
fn check_depths(diags: &mut Diagnostics, runtime: &RuntimeDecl, flow: &ResolvedFlow) {
    let depth = |edge: &ResolvedEdge| u64::from(runtime.queue_depth(&edge.settings, &flow.settings));
    let held = flow.edges.iter().map(depth).sum::<u64>() + bounds::IN_HAND * flow.nodes.len() as u64;
    if let Some(deepest) = flow.edges.iter().max_by_key(|edge| depth(edge))
        && held > bounds::BUFFERS
    {
        diags.error(PolicyError::TooDeep {
            flow: flow.name.value.clone(),
            held,
            depth: depth(deepest),
            edge: deepest.span,
        });
    }
}

/// Warns of priorities of edges into a node with one input, or whose `merge` is not `priority`.
fn check_ranks(diags: &mut Diagnostics, flow: &ResolvedFlow, id: NodeId) {
    let ResolvedNode { name, settings, .. } = flow.node(id);
    let inputs = || flow.edges.iter().filter(|edge| edge.to == id);
    let is_alone = inputs().count() < 2;
    if !is_alone && settings.merge.is_some_and(|merge| merge.value == Merge::Priority) {
        return;
    }
    for rank in inputs().filter_map(|edge| edge.settings.priority) {
        let (name, node, at) = (name.value.clone(), name.span, rank.span);
        diags.warn(match is_alone {
            true => PolicyError::LoneRank { name, node, at },
            false => PolicyError::UnusedRank { name, node, at },
        });
    }
}

enum PolicyError {
    TooDeep {
        flow: String,
        held: u64,
        depth: u64,
        edge: Span,
    },
    SourceDeadLetter {
        name: String,
        at: Span,
    },
    DeadLetterWithoutEdge {
        name: String,
        at: Span,
    },
    EdgeWithoutDeadLetter {
        name: String,
        node: Span,
        port: Span,
        is_router: bool,
    },
    NeverFull {
        policy: Spanned<OverflowPolicy>,
        port: String,
        edges: usize,
        node: Span,
    },
    UnusedSize {
        edge: Span,
        port: Span,
    },
    UnusedRank {
        name: String,
        node: Span,
        at: Span,
    },
    LoneRank {
        name: String,
        node: Span,
        at: Span,
    },
}

impl From<PolicyError> for Diagnostic {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::TooDeep {
                flow,
                held,
                depth,
                edge,
            } => Diagnostic::error(
                Code::ConstraintViolation,
                format!(
                    "flow `{flow}` can hold {held} elements at once, but the limit is {}",
                    bounds::BUFFERS
                ),
            )
            .primary(edge, format!("the deepest of its streams holds {depth}"))
            .note(format!(
                "streams hold `queue_depth` elements, stages up to {} each",
                bounds::IN_HAND
            ))
            .help("lower `queue_depth`: a deep queue delays backpressure, it does not make a consumer faster"),
            PolicyError::SourceDeadLetter { name, at } => Diagnostic::error(
                Code::ConstraintViolation,
                format!("source `{name}` can't have dead letters"),
            )
            .primary(at, "a source has no input element to send there")
            .help("a source can have `terminate`, `skip` or `retry`"),
            PolicyError::DeadLetterWithoutEdge { name, at } => Diagnostic::error(
                Code::TopologyInvalid,
                format!("dead letters of `{name}` have nowhere to go"),
            )
            .primary(at, format!("no edge leaves port `{ERROR_PORT}`"))
            .help(format!(
                "add an edge with `from = {{ node = \"{name}\", port = \"{ERROR_PORT}\" }}`"
            )),
            PolicyError::EdgeWithoutDeadLetter {
                name,
                node,
                port,
                is_router,
            } => {
                let diagnostic = Diagnostic::error(
                    Code::TopologyInvalid,
                    format!("no element ever leaves port `{ERROR_PORT}` of `{name}`"),
                )
                .primary(port, "the port of dead letters")
                .secondary(node, "its `on_error` has no `dead-letter`")
                .help("set `on_error = \"dead-letter\"`, or remove the edge");
                if is_router {
                    diagnostic.note(format!("a router's own ports can have any name but `{ERROR_PORT}`"))
                } else {
                    diagnostic
                }
            }
            PolicyError::NeverFull {
                policy,
                port,
                edges,
                node,
            } => Diagnostic::warning(
                Code::SettingIneffective,
                format!(
                    "policy `{}` never applies: the {edges} streams of `{port}` wait for each other",
                    policy.value.as_str()
                ),
            )
            .primary(policy.span, "no element arrives while the stream is full")
            .secondary(node, "emits an element only when all of them have room")
            .help("set `fan_out = \"independent\"` on the node, or the policy `block`"),
            PolicyError::UnusedSize { edge, port } => Diagnostic::warning(
                Code::SettingIneffective,
                "`max_element_size` has no effect on dead letters".to_owned(),
            )
            .primary(edge, "a stream of dead letters")
            .secondary(port, "these elements have already entered the node")
            .help("set it on the edges into the node"),
            PolicyError::UnusedRank { name, node, at } => Diagnostic::warning(
                Code::SettingIneffective,
                format!("`priority` has no effect: `{name}` takes from its inputs in turn"),
            )
            .primary(at, "a rank among the inputs")
            .secondary(node, "needs `merge = \"priority\"`")
            .help("set `merge = \"priority\"` on the node, or remove the rank"),
            PolicyError::LoneRank { name, node, at } => Diagnostic::warning(
                Code::SettingIneffective,
                format!("`priority` has no effect: `{name}` has only one input"),
            )
            .primary(at, "a rank among several inputs")
            .secondary(node, "no other edge leads here")
            .help("remove it"),
        }
    }
}
