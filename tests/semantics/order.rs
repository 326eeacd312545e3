//! The two orders of a flow's nodes.

use crate::shape::{Role, Shape};

/// Topological order, ties by declaration.
pub(crate) fn topological(shape: &Shape) -> Vec<usize> {
    in_turn(shape, |node, left| {
        shape
            .edges
            .iter()
            .all(|edge| edge.to != node || !left.contains(&edge.from))
    })
}

/// The order in which a ready node is searched: consumers before producers, ties by declaration.
pub(crate) fn schedule(shape: &Shape) -> Vec<usize> {
    in_turn(shape, |node, left| {
        shape
            .edges
            .iter()
            .all(|edge| edge.from != node || !left.contains(&edge.to))
    })
}

/// Repeatedly takes the first node by declaration that `may_go` before those left.
fn in_turn(shape: &Shape, may_go: impl Fn(usize, &[usize]) -> bool) -> Vec<usize> {
    let mut left: Vec<usize> = (0..shape.nodes.len()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let next = left.iter().position(|node| may_go(*node, &left));
        order.push(left.remove(next.expect("a flow has no cycle")));
    }
    order
}

/// The sources upstream of `node`, in topological order; `node` itself, if it is one.
pub(crate) fn sources_above(shape: &Shape, node: usize) -> Vec<usize> {
    let order = topological(shape);
    let mut above = vec![node];
    for at in order.iter().rev() {
        if shape
            .edges
            .iter()
            .any(|edge| edge.from == *at && above.contains(&edge.to))
        {
            above.push(*at);
        }
    }
    let is_source = |at: &usize| shape.nodes[*at].role == Role::Source && above.contains(at);
    order.into_iter().filter(is_source).collect()
}
