//! What holds of every IR that reaches code generation, as assertions: a failure is a bug of `lower`.

use super::{CallPath, FlowIr, Implementation, Node, NodeIdx, ProgramIr, Role};

/// Checks the invariants of the IR.
///
/// # Panics
/// When one does not hold; the message names it.
pub fn verify(program: &ProgramIr) {
    assert!(!program.flows.is_empty(), "a program has a flow");
    for artifact in &program.artifacts {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        assert!(
            artifact.name.chars().all(plain),
            "artifact `{}`: its name can be a file's",
            artifact.name
        );
    }
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
    }
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
    }
}

fn verify_node(program: &ProgramIr, flow: &FlowIr, idx: NodeIdx, node: &Node) {
    let (flow_name, name) = (&flow.name, &node.name);
    assert_eq!(
        node.role == Role::Source,
        node.inputs.is_empty(),
        "`{flow_name}.{name}`: only sources have no input"
    );
    assert_eq!(
        node.role == Role::Sink,
        node.outputs.is_empty(),
        "`{flow_name}.{name}`: only sinks have no output"
    );
    for input in &node.inputs {
        assert_eq!(
            flow.streams[input.position()].to,
            idx,
            "`{flow_name}.{name}`: inputs end here"
        );
    }
    for port in &node.outputs {
        assert!(
            !port.streams.is_empty(),
            "`{flow_name}.{name}`: port `{}` is connected",
            port.name
        );
        for output in &port.streams {
            let stream = &flow.streams[output.position()];
            assert_eq!(
                (stream.from, &stream.from_port),
                (idx, &port.name),
                "`{flow_name}.{name}`: outputs start here"
            );
        }
    }
    match &node.implementation {
        Implementation::Component { artifact, .. } => {
            assert!(
                artifact.position() < program.artifacts.len(),
                "`{flow_name}.{name}`: the artifact exists"
            );
            assert_ne!(
                node.path,
                CallPath::Builtin,
                "`{flow_name}.{name}`: a component is called as one"
            );
        }
        Implementation::Builtin(builtin) => {
            assert_eq!(
                builtin.role(),
                node.role,
                "`{flow_name}.{name}`: a built-in plays its own role"
            );
            assert_eq!(
                node.path,
                CallPath::Builtin,
                "`{flow_name}.{name}`: a built-in is not a component"
            );
        }
    }
}
