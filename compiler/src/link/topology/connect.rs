//! Edges that connect an open port with the only open port that matches it.

use torvyn_codegen::ir::{ERROR_PORT, Role};

use crate::diag::{Edit, Fix};
use crate::resolve::{NodeId, ResolvedFlow};

/// Returns fixes for a node whose input (`!fed`) or output (`!drained`) is open: the edges that would connect it.
pub(super) fn fixes(flow: &ResolvedFlow, roles: &[Option<Role>], id: NodeId, fed: bool, drained: bool) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if !fed && let [from] = free(flow, roles, id, is_undrained)[..] {
        fixes.extend(edge(flow, from, id));
    }
    // The names of a router's ports are not known.
    let has_port = roles[id.position()] != Some(Role::Router);
    if !drained
        && has_port
        && let [to] = free(flow, roles, id, is_unfed)[..]
    {
        fixes.extend(edge(flow, id, to));
    }
    fixes
}

/// A missing edge.
pub(super) struct Gap {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
}

/// Finds missing edges without an alternative: each of the two nodes has one open port, which matches only the other's.
pub(super) fn gaps(flow: &ResolvedFlow, roles: &[Option<Role>]) -> Vec<Gap> {
    let gap = |from: NodeId| {
        let role = roles[from.position()]?;
        let [to] = free(flow, roles, from, is_unfed)[..] else {
            return None;
        };
        let other = roles[to.position()]?;
        let is_open_once = is_undrained(flow, role, from)
            && !is_unfed(flow, role, from)
            && is_drained(flow, other, to)
            && free(flow, roles, to, is_undrained) == [from];
        is_open_once.then_some(Gap { from, to })
    };
    flow.node_ids().filter_map(gap).collect()
}

/// Finds the nodes with a matching open port that are neither upstream nor downstream of `id`, so that an edge closes
/// no cycle.
fn free(
    flow: &ResolvedFlow,
    roles: &[Option<Role>],
    id: NodeId,
    is_open: fn(&ResolvedFlow, Role, NodeId) -> bool,
) -> Vec<NodeId> {
    let fits = |other: &NodeId| {
        let role = roles[other.position()];
        *other != id && role.is_some_and(|role| is_open(flow, role, *other))
    };
    let apart = |other: &NodeId| !reaches(flow, id, *other) && !reaches(flow, *other, id);
    flow.node_ids().filter(fits).filter(apart).collect()
}

fn is_unfed(flow: &ResolvedFlow, role: Role, id: NodeId) -> bool {
    role != Role::Source && flow.edges.iter().all(|edge| edge.to != id)
}

fn is_undrained(flow: &ResolvedFlow, role: Role, id: NodeId) -> bool {
    let has_port = role != Role::Sink && role != Role::Router;
    has_port
        && flow
            .edges
            .iter()
            .all(|edge| edge.from != id || edge.from_port.value == ERROR_PORT)
}

fn is_drained(flow: &ResolvedFlow, role: Role, id: NodeId) -> bool {
    role == Role::Sink || (role != Role::Router && !is_undrained(flow, role, id))
}

fn reaches(flow: &ResolvedFlow, from: NodeId, to: NodeId) -> bool {
    let (mut seen, mut at) = (vec![from], 0);
    while let Some(node) = seen.get(at).copied() {
        at += 1;
        for next in flow.edges.iter().filter(|edge| edge.from == node).map(|edge| edge.to) {
            if !seen.contains(&next) {
                seen.push(next);
            }
        }
    }
    seen.contains(&to)
}

pub(super) fn edge(flow: &ResolvedFlow, from: NodeId, to: NodeId) -> Option<Fix> {
    let (from, to) = (&flow.node(from).name.value, &flow.node(to).name.value);
    let text = format!(
        "\n\n[[flow.{}.edges]]\nfrom = {{ node = \"{from}\", port = \"output\" }}\nto = {{ node = \"{to}\", port = \"input\" }}",
        flow.name.value
    );
    let edit = Edit {
        span: flow.further_edge?,
        text,
    };
    Some(Fix {
        title: format!("Connect `{from}.output` with `{to}.input`"),
        edits: vec![edit],
    })
}
