//! Chains of stages downstream of a source, each stage with its own store: elements need not wait in the streams
//! between them.

use crate::ir::{ERROR_PORT, FlowIr, NodeIdx, OverflowPolicy, Role, Stream};

/// A source, and the stages downstream of it up to the first branch.
pub(super) struct Row {
    /// The nodes, upstream first; at least two.
    pub(super) nodes: Vec<NodeIdx>,
}

impl Row {
    pub(super) fn first(&self) -> NodeIdx {
        self.nodes[0]
    }
}

/// The chains of a flow that start at a source. Stages of fused shells are excluded: their shell passes the elements.
pub(super) fn rows(flow: &FlowIr) -> Vec<Row> {
    let sources = (0..flow.nodes.len())
        .map(NodeIdx::new)
        .filter(|node| flow.nodes[node.position()].role == Role::Source && !is_fused(flow, *node));
    let rows = sources.map(|source| Row {
        nodes: std::iter::successors(Some(source), |node| next(flow, *node)).collect(),
    });
    rows.filter(|row| row.nodes.len() > 1).collect()
}

fn is_fused(flow: &FlowIr, node: NodeIdx) -> bool {
    flow.shells.iter().any(|shell| shell.members.contains(&node))
}

/// The only consumer of `node`, if nothing but their order connects the two.
fn next(flow: &FlowIr, node: NodeIdx) -> Option<NodeIdx> {
    let outputs = &flow.nodes[node.position()].outputs;
    let mut ports = outputs.iter().filter(|port| port.name != ERROR_PORT);
    let port = ports.next().filter(|_| ports.next().is_none())?;
    let [stream] = port.streams.as_slice() else {
        return None;
    };
    let stream = &flow.streams[stream.position()];
    let next = &flow.nodes[stream.to.position()];
    let is_only = next.inputs.len() == 1 && next.role != Role::Router && !is_fused(flow, stream.to);
    (is_only && !is_seen(stream)).then_some(stream.to)
}

/// Whether an observer could see that an element waits in the stream, if only for a moment.
fn is_seen(stream: &Stream) -> bool {
    let has_pace = match stream.policy {
        OverflowPolicy::RateLimit { .. } => true,
        OverflowPolicy::Block | OverflowPolicy::DropOldest | OverflowPolicy::DropNewest | OverflowPolicy::Error => {
            false
        }
    };
    has_pace || stream.depth == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::sample;

    #[test]
    fn a_row_ends_before_a_router_and_before_a_stage_with_two_inputs() {
        let flow = &sample::program().flows[0];
        assert!(rows(flow).is_empty(), "both sources lead to a router");
    }

    #[test]
    fn a_row_is_as_long_as_there_is_one_way() {
        let mut flow = sample::program().flows.remove(0);
        // With one source left, the router becomes a filter with one port.
        flow.nodes[2].role = Role::Filter;
        flow.nodes[2].inputs.truncate(1);
        flow.nodes[2].outputs.retain(|port| port.name != "error");
        let row = |flow: &FlowIr| {
            let rows = rows(flow).into_iter();
            rows.map(|row| row.nodes.iter().map(|node| node.position()).collect())
                .collect::<Vec<Vec<usize>>>()
        };
        assert_eq!(row(&flow), [vec![0, 2, 3], vec![1, 2, 3]]);
        flow.streams[0].depth = 1;
        assert_eq!(row(&flow), [vec![1, 2, 3]], "a stream that one element fills");
        flow.streams[3].policy = OverflowPolicy::RateLimit { per_second: 9 };
        assert_eq!(row(&flow), [vec![1, 2]], "a stream with a pace");
    }
}
