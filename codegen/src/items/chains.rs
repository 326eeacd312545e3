//! Chains of stages downstream of a source. Elements pass through a chain without waiting in the streams between its
//! stages.

use crate::ir::{CallPath, ERROR_PORT, FlowIr, NodeIdx, Role, ShellIdx};

/// A source, and the stages downstream of it up to the first branch.
pub(super) struct Chain {
    /// The links, upstream first; at least two. The first one is the source, or begins with it.
    pub(super) links: Vec<Link>,
}

/// A part of a chain to which elements pass from the part upstream.
pub(super) struct Link {
    /// The shell of the nodes; `None` if it is a single node with a stage of its own.
    pub(super) shell: Option<ShellIdx>,
    /// The nodes, upstream first.
    pub(super) nodes: Vec<NodeIdx>,
}

impl Chain {
    pub(super) fn first(&self) -> NodeIdx {
        self.links[0].nodes[0]
    }
}

/// Returns the chains of a flow. A shell that is followed by no other link is no chain: it passes the elements itself.
pub(super) fn chains(flow: &FlowIr) -> Vec<Chain> {
    let sources = (0..flow.nodes.len())
        .map(NodeIdx::new)
        .filter(|node| flow.nodes[node.position()].role == Role::Source);
    let chains = sources.map(|source| chain(flow, source));
    chains.filter(|chain| chain.links.len() > 1).collect()
}

fn chain(flow: &FlowIr, source: NodeIdx) -> Chain {
    let mut links: Vec<Link> = Vec::new();
    for node in std::iter::successors(Some(source), |node| next(flow, *node)) {
        let shell = shell(flow, node);
        match links.last_mut() {
            Some(link) if shell.is_some() && link.shell == shell => link.nodes.push(node),
            Some(_) | None => links.push(Link {
                shell,
                nodes: vec![node],
            }),
        }
    }
    Chain { links }
}

fn shell(flow: &FlowIr, node: NodeIdx) -> Option<ShellIdx> {
    match flow.nodes[node.position()].path {
        CallPath::Fused { shell, .. } => Some(shell),
        CallPath::Builtin | CallPath::Component { .. } | CallPath::Direct { .. } => None,
    }
}

/// Returns the only consumer of `node` if it can take the elements directly: it has no other input, it is no router,
/// and no observer can tell that elements skip the stream.
fn next(flow: &FlowIr, node: NodeIdx) -> Option<NodeIdx> {
    let outputs = &flow.nodes[node.position()].outputs;
    let mut ports = outputs.iter().filter(|port| port.name != ERROR_PORT);
    let port = ports.next().filter(|_| ports.next().is_none())?;
    let [stream] = port.streams.as_slice() else {
        return None;
    };
    let stream = &flow.streams[stream.position()];
    let next = &flow.nodes[stream.to.position()];
    let is_only = next.inputs.len() == 1 && next.role != Role::Router;
    (is_only && stream.is_transparent()).then_some(stream.to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{OverflowPolicy, sample};

    #[test]
    fn a_chain_ends_before_a_router_and_before_a_stage_with_two_inputs() {
        let flow = &sample::program().flows[0];
        assert!(chains(flow).is_empty(), "both sources lead to a router");
    }

    #[test]
    fn a_chain_is_as_long_as_there_is_one_way() {
        let mut flow = sample::program().flows.remove(0);
        // The router becomes a filter with one input and one output port.
        flow.nodes[2].role = Role::Filter;
        flow.nodes[2].inputs.truncate(1);
        flow.nodes[2].outputs.retain(|port| port.name != "error");
        let chain = |flow: &FlowIr| {
            let chains = chains(flow).into_iter();
            let nodes = |chain: Chain| chain.links.into_iter().flat_map(|link| link.nodes);
            chains
                .map(|chain| nodes(chain).map(|node| node.position()).collect())
                .collect::<Vec<Vec<usize>>>()
        };
        assert_eq!(chain(&flow), [vec![0, 2, 3], vec![1, 2, 3]]);
        flow.streams[0].depth = 1;
        assert_eq!(chain(&flow), [vec![1, 2, 3]], "a stream that one element fills");
        flow.streams[3].policy = OverflowPolicy::RateLimit { per_second: 9 };
        assert_eq!(chain(&flow), [vec![1, 2]], "a stream with a pace");
    }
}
