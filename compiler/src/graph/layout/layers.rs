//! The layer of each node: the length of the longest path from a source. Sources are as near to their consumers as
//! possible.

use std::collections::BTreeSet;

use super::Link;

/// The rank of each node, and, for each edge, whether it was reversed to break a cycle.
pub(super) struct Ranks {
    pub(super) ranks: Vec<usize>,
    pub(super) reversed: Vec<bool>,
}

/// Ranks `nodes` nodes. An edge that closes a cycle counts as reversed.
pub(super) fn ranks(nodes: usize, links: &[Link]) -> Ranks {
    let mut reversed = vec![false; links.len()];
    let order = sorted(nodes, links, &mut reversed);
    let ends = |edge: usize| {
        let link = &links[edge];
        if reversed[edge] {
            (link.to, link.from)
        } else {
            (link.from, link.to)
        }
    };
    let mut leaving = vec![Vec::new(); nodes];
    let mut has_input = vec![false; nodes];
    for (from, to) in (0..links.len()).map(ends).filter(|(from, to)| from != to) {
        leaving[from].push(to);
        has_input[to] = true;
    }
    let mut ranks = vec![0; nodes];
    for from in &order {
        for to in &leaving[*from] {
            ranks[*to] = ranks[*to].max(ranks[*from] + 1);
        }
    }
    for node in (0..nodes).filter(|node| !has_input[*node]) {
        if let Some(nearest) = leaving[node].iter().map(|to| ranks[*to]).min() {
            ranks[node] = nearest - 1;
        }
    }
    Ranks { ranks, reversed }
}

/// Sorts the nodes topologically. When a cycle leaves no node ready, the first remaining node is next, and its edges
/// from other remaining nodes are marked as reversed.
fn sorted(nodes: usize, links: &[Link], reversed: &mut [bool]) -> Vec<usize> {
    let mut entering = vec![Vec::new(); nodes];
    let mut leaving = vec![Vec::new(); nodes];
    for (edge, link) in links.iter().enumerate().filter(|(_, link)| link.from != link.to) {
        entering[link.to].push(edge);
        leaving[link.from].push(edge);
    }
    let mut missing: Vec<usize> = entering.iter().map(Vec::len).collect();
    let mut waiting: BTreeSet<usize> = (0..nodes).collect();
    let mut ready: BTreeSet<usize> = waiting.iter().copied().filter(|node| missing[*node] == 0).collect();
    let mut order = Vec::new();
    while let Some(node) = ready.pop_first().or_else(|| waiting.first().copied()) {
        waiting.remove(&node);
        order.push(node);
        for edge in &entering[node] {
            reversed[*edge] |= waiting.contains(&links[*edge].from);
        }
        for edge in leaving[node].iter().filter(|edge| waiting.contains(&links[**edge].to)) {
            let to = links[*edge].to;
            missing[to] -= 1;
            if missing[to] == 0 {
                ready.insert(to);
            }
        }
    }
    order
}
