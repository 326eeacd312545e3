//! Invariants of every IR that reaches code generation, as assertions: a violation is a bug of `lower`.

mod path;

use std::cmp::Reverse;

use super::{
    ErrorAction, FlowIr, Implementation, Merge, Node, NodeIdx, OverflowPolicy, ProgramIr, Role, Stream, StreamIdx,
};

/// Checks the invariants of the IR.
///
/// # Panics
/// When one is violated; the message names it.
pub fn verify(program: &ProgramIr) {
    assert!(!program.flows.is_empty(), "a program has a flow");
    for flow in &program.flows {
        verify_streams(flow);
        verify_schedule(flow);
        for (position, node) in flow.nodes.iter().enumerate() {
            verify_node(program, flow, NodeIdx::new(position), node);
        }
        assert!(
            flow.pools
                .windows(2)
                .all(|pair| pair[0].slot_bytes < pair[1].slot_bytes),
            "flow `{}`: tiers grow",
            flow.name
        );
        assert!(
            flow.quantum > 0,
            "flow `{}`: the driver makes progress between two looks at the clock",
            flow.name
        );
        assert!(flow.replicas > 0, "flow `{}`: it runs", flow.name);
    }
    path::verify(program);
}

fn verify_schedule(flow: &FlowIr) {
    let turn = |node: NodeIdx| flow.schedule.iter().position(|other| *other == node);
    assert_eq!(
        flow.schedule.len(),
        flow.nodes.len(),
        "flow `{}`: every node has one turn",
        flow.name
    );
    for stream in &flow.streams {
        assert!(
            turn(stream.to) < turn(stream.from),
            "flow `{}`: consumers come before producers",
            flow.name
        );
        assert!(turn(stream.to).is_some(), "flow `{}`: every node has a turn", flow.name);
    }
}

fn verify_streams(flow: &FlowIr) {
    for stream in &flow.streams {
        assert!(
            stream.from < stream.to,
            "flow `{}`: nodes are in topological order",
            flow.name
        );
        assert!(
            stream.to.position() < flow.nodes.len(),
            "flow `{}`: streams end at nodes",
            flow.name
        );
        assert!(stream.depth >= 1, "flow `{}`: a stream holds an element", flow.name);
        assert!(
            stream.low_watermark < stream.depth,
            "flow `{}`: a full stream can be relieved",
            flow.name
        );
        assert_ne!(
            stream.policy,
            OverflowPolicy::RateLimit { per_second: 0 },
            "flow `{}`: elements pass a rate limit",
            flow.name
        );
    }
}

fn verify_node(program: &ProgramIr, flow: &FlowIr, idx: NodeIdx, node: &Node) {
    let name = format!("{}.{}", flow.name, node.name);
    verify_inputs(flow, idx, node, &name);
    verify_outputs(flow, idx, node, &name);
    verify_policies(node, &name);
    verify_implementation(program, node, &name);
    assert!(
        node.limits.max_buffer_bytes <= flow.max_buffer_bytes,
        "`{name}`: no buffer is larger than the flow's largest"
    );
    assert!(
        node.capabilities.windows(2).all(|pair| pair[0] < pair[1]),
        "`{name}`: capabilities are sorted"
    );
    assert!(
        node.own_thread.is_none() || node.role == Role::Source,
        "`{name}`: only sources have threads of their own"
    );
}

fn verify_inputs(flow: &FlowIr, idx: NodeIdx, node: &Node, name: &str) {
    assert_eq!(
        node.role == Role::Source,
        node.inputs.is_empty(),
        "`{name}`: only sources have no input"
    );
    for input in &node.inputs {
        assert_eq!(stream(flow, *input).to, idx, "`{name}`: inputs end here");
    }
    let order = |input: &StreamIdx| match node.policies.merge {
        Merge::RoundRobin => (Reverse(0), *input),
        Merge::Priority => (Reverse(stream(flow, *input).priority), *input),
    };
    assert!(
        node.inputs.is_sorted_by_key(order),
        "`{name}`: inputs are in the order they are taken from"
    );
}

fn verify_outputs(flow: &FlowIr, idx: NodeIdx, node: &Node, name: &str) {
    let ports = node.ports().count();
    let fits = match node.role {
        Role::Source | Role::Processor | Role::Filter | Role::Aggregator => ports == 1,
        Role::Router => ports >= 1,
        Role::Sink => ports == 0,
    };
    assert!(fits, "`{name}`: {ports} output ports fit its role");
    for port in &node.outputs {
        assert!(!port.streams.is_empty(), "`{name}`: port `{}` is connected", port.name);
        for output in &port.streams {
            let stream = stream(flow, *output);
            assert_eq!(
                (stream.from, &stream.from_port),
                (idx, &port.name),
                "`{name}`: outputs start here"
            );
        }
    }
}

fn verify_policies(node: &Node, name: &str) {
    assert_eq!(
        node.policies.on_error.dead_letters(),
        !node.dead_letters().is_empty(),
        "`{name}`: dead letters have a way out, and the way out has dead letters"
    );
    assert!(
        node.role != Role::Source || !node.policies.on_error.dead_letters(),
        "`{name}`: a source has no input that could be a dead letter"
    );
    for (category, action) in node.policies.on_error.by_category() {
        assert!(
            !matches!(action, ErrorAction::Retry { max: 0, .. }),
            "`{name}`: a retry for `{category}` tries again"
        );
    }
}

fn verify_implementation(program: &ProgramIr, node: &Node, name: &str) {
    match &node.implementation {
        Implementation::Component { component, .. } => assert!(
            component.position() < program.components.len(),
            "`{name}`: the component exists"
        ),
        Implementation::Builtin(builtin) => {
            assert_eq!(builtin.role(), node.role, "`{name}`: a built-in plays its own role");
        }
    }
}

fn stream(flow: &FlowIr, idx: StreamIdx) -> &Stream {
    &flow.streams[idx.position()]
}

#[cfg(test)]
mod tests {
    use super::super::{ErrorPolicies, LastResort, sample};
    use super::*;

    /// Verifies the sample after a change to its flow.
    fn verify_changed(change: impl FnOnce(&mut FlowIr)) {
        let mut program = sample::program();
        change(&mut program.flows[0]);
        verify(&program);
    }

    #[test]
    fn a_router_with_dead_letters_is_fine() {
        verify(&sample::program());
    }

    #[test]
    #[should_panic(expected = "dead letters have a way out")]
    fn dead_letters_need_a_stream() {
        verify_changed(|flow| {
            flow.nodes[3].policies.on_error = ErrorPolicies::all(ErrorAction::Now(LastResort::DeadLetter))
        });
    }

    #[test]
    #[should_panic(expected = "the way out has dead letters")]
    fn the_error_port_needs_dead_letters() {
        verify_changed(|flow| flow.nodes[2].policies.on_error = ErrorPolicies::TERMINATE);
    }

    #[test]
    #[should_panic(expected = "inputs are in the order they are taken from")]
    fn inputs_are_ordered_by_rank() {
        verify_changed(|flow| flow.nodes[2].inputs.reverse());
    }

    #[test]
    #[should_panic(expected = "elements pass a rate limit")]
    fn a_rate_is_above_zero() {
        verify_changed(|flow| flow.streams[3].policy = OverflowPolicy::RateLimit { per_second: 0 });
    }

    #[test]
    #[should_panic(expected = "0 output ports fit its role")]
    fn a_router_has_a_port_of_its_own() {
        verify_changed(|flow| {
            flow.nodes[2].outputs.pop();
        });
    }
}
