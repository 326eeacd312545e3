//! Positions of nodes in the IR, the schedule and the quantum of a flow.

use torvyn_codegen::ir;

use crate::link::LinkedFlow;
use crate::manifest::ast::Priority;
use crate::manifest::defaults;
use crate::resolve::NodeId;

/// The position of each node in the IR, in order of declaration.
pub(super) struct Schedule(Vec<ir::NodeIdx>);

impl Schedule {
    /// Numbers the nodes of a linked flow in topological order.
    pub(super) fn new(flow: &LinkedFlow) -> Self {
        let mut positions = vec![ir::NodeIdx::new(0); flow.nodes().len()];
        for (position, node) in flow.order().iter().enumerate() {
            positions[node.position()] = ir::NodeIdx::new(position);
        }
        Self(positions)
    }

    /// The order in which the driver looks for a stage that is ready (design section 6): reverse topological, ties by
    /// declaration.
    pub(super) fn turns(&self, flow: &LinkedFlow) -> Vec<ir::NodeIdx> {
        let mut left: Vec<NodeId> = flow.order().to_vec();
        left.sort();
        let mut turns = Vec::new();
        while !left.is_empty() {
            let feeds_one_left = |node: &NodeId| {
                flow.edges()
                    .iter()
                    .any(|edge| edge.from == *node && left.contains(&edge.to))
            };
            let next = left.iter().position(|node| !feeds_one_left(node));
            let next = left.remove(next.expect("invariant: a linked flow has no cycle"));
            turns.push(self.node(next));
        }
        turns
    }

    /// The position of a node.
    pub(super) fn node(&self, node: NodeId) -> ir::NodeIdx {
        self.0[node.position()]
    }
}

/// The quantum of a flow, in elements.
pub(super) fn quantum(priority: Option<Priority>) -> u32 {
    match priority.unwrap_or(defaults::PRIORITY) {
        Priority::Critical => 128,
        Priority::High => 64,
        Priority::Normal => 32,
        Priority::Background => 8,
    }
}
