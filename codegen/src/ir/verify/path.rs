//! Invariants of call paths, shells and artifacts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{
    ArtifactIdx, ArtifactKind, CallPath, ComponentIdx, Feature, FlowIr, Implementation, Node, NodeIdx, ProgramIr, Role,
    Shell, ShellIdx,
};
use super::stream;

/// The source of an artifact's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Component(ComponentIdx),
    Chain { flow: usize, shell: ShellIdx },
}

pub(super) fn verify(program: &ProgramIr) {
    verify_names(program);
    for flow in &program.flows {
        for (idx, node) in flow.nodes.iter().enumerate() {
            verify_node(flow, NodeIdx::new(idx), node);
        }
        for shell in &flow.shells {
            verify_shell(flow, shell);
        }
    }
    verify_artifacts(program);
    let mut nodes = program.flows.iter().flat_map(|flow| &flow.nodes);
    assert!(
        program.wasi.is_empty() || nodes.any(|node| matches!(node.path, CallPath::Component { .. })),
        "WASI packages are for stages on the component path"
    );
    assert_eq!(
        program.features.contains(&Feature::Wasi),
        !program.wasi.is_empty(),
        "the runtime has WASI when a component imports it"
    );
}

/// Checks that every artifact has one source, and the kind of code that its stages load.
fn verify_artifacts(program: &ProgramIr) {
    let mut origins = BTreeMap::new();
    for (position, flow) in program.flows.iter().enumerate() {
        for node in &flow.nodes {
            verify_origin(program, position, node, &mut origins);
        }
    }
    for (idx, artifact) in program.artifacts.iter().enumerate() {
        assert!(
            origins.contains_key(&ArtifactIdx::new(idx)),
            "artifact `{}`: some stage uses it",
            artifact.name
        );
    }
}

fn verify_names(program: &ProgramIr) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut names = BTreeSet::new();
    for artifact in &program.artifacts {
        let name = &artifact.name;
        assert!(name.chars().all(plain), "artifact `{name}`: its name can be a file's");
        assert!(names.insert(name), "artifact `{name}`: no other has its name");
    }
}

fn verify_node(flow: &FlowIr, idx: NodeIdx, node: &Node) {
    let name = format!("{}.{}", flow.name, node.name);
    let is_component = match node.implementation {
        Implementation::Component { .. } => true,
        Implementation::Builtin(_) => false,
    };
    assert_eq!(
        is_component,
        node.path != CallPath::Builtin,
        "`{name}`: a component is called as one, and nothing else is"
    );
    assert!(
        node.own_thread.is_none() || !node.path.is_core(),
        "`{name}`: shells stay on the thread of their flow"
    );
    if let CallPath::Fused { shell, member } = node.path {
        let shell = flow.shells.get(shell.position());
        let found = shell.and_then(|shell| shell.members.get(member as usize));
        assert_eq!(found, Some(&idx), "`{name}`: a fused stage is the member that it says");
    }
}

fn verify_origin(program: &ProgramIr, flow: usize, node: &Node, origins: &mut BTreeMap<ArtifactIdx, Origin>) {
    let name = format!("{}.{}", program.flows[flow].name, node.name);
    let Some(artifact) = program.flows[flow].artifact(node) else {
        return;
    };
    let found = program.artifacts.get(artifact.position());
    let kind = match node.path {
        CallPath::Builtin | CallPath::Component { .. } => ArtifactKind::Component,
        CallPath::Direct { .. } | CallPath::Fused { .. } => ArtifactKind::Shell,
    };
    assert_eq!(
        found.map(|artifact| artifact.kind),
        Some(kind),
        "`{name}`: its artifact exists, and is what its path needs"
    );
    let origin = match (&node.path, &node.implementation) {
        (CallPath::Fused { shell, .. }, _) => Origin::Chain { flow, shell: *shell },
        (_, Implementation::Component { component, .. }) => Origin::Component(*component),
        (_, Implementation::Builtin(_)) => return,
    };
    assert_eq!(
        *origins.entry(artifact).or_insert(origin),
        origin,
        "`{name}`: its artifact is its own component's or its own chain's"
    );
}

fn verify_shell(flow: &FlowIr, shell: &Shell) {
    let name = &flow.name;
    assert!(
        shell.members.len() >= 2,
        "flow `{name}`: a chain has at least two stages"
    );
    for member in &shell.members {
        let node = &flow.nodes[member.position()];
        assert!(
            matches!(node.path, CallPath::Fused { .. }),
            "`{name}.{}`: a member of a chain is fused",
            node.name
        );
        assert!(node.role != Role::Router, "`{name}.{}`: no router is fused", node.name);
        assert_eq!(node.limits.fuel, 0, "`{name}.{}`: no fused stage is metered", node.name);
    }
    for pair in shell.members.windows(2) {
        verify_link(flow, pair[0], pair[1]);
    }
}

/// Checks that the stream between two stages of a chain passes on every element at once.
fn verify_link(flow: &FlowIr, from: NodeIdx, to: NodeIdx) {
    let (producer, consumer) = (&flow.nodes[from.position()], &flow.nodes[to.position()]);
    let name = format!("{}.{} → {}", flow.name, producer.name, consumer.name);
    let [input] = consumer.inputs.as_slice() else {
        panic!("`{name}`: the consumer has one input");
    };
    let mut ports = producer.ports();
    assert_eq!(
        ports.next().map(|port| port.streams.as_slice()),
        Some(&[*input][..]),
        "`{name}`: the producer has one output, which is the consumer's input"
    );
    let stream = stream(flow, *input);
    assert!(
        stream.is_transparent() && stream.max_element_bytes.is_none(),
        "`{name}`: the stream takes every element at once, and two of them"
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::{OverflowPolicy, sample, verify};
    use super::*;

    /// Verifies the sample with a fused chain after a change to its flow.
    fn verify_changed(change: impl FnOnce(&mut FlowIr)) {
        let mut program = sample::fused();
        change(&mut program.flows[0]);
        verify(&program);
    }

    #[test]
    fn a_chain_beside_a_direct_stage_is_fine() {
        verify(&sample::fused());
    }

    #[test]
    #[should_panic(expected = "a chain has at least two stages")]
    fn a_chain_has_two_stages() {
        verify_changed(|flow| {
            flow.shells[0].members.truncate(1);
            flow.nodes[1].path = flow.nodes[3].path.clone();
        });
    }

    #[test]
    #[should_panic(expected = "is the member that it says")]
    fn members_are_where_they_say() {
        verify_changed(|flow| flow.shells[0].members.reverse());
    }

    #[test]
    #[should_panic(expected = "the stream takes every element at once")]
    fn a_batch_needs_places() {
        verify_changed(|flow| {
            flow.streams[0].depth = 1;
            flow.streams[0].low_watermark = 0;
        });
    }

    #[test]
    #[should_panic(expected = "the stream takes every element at once")]
    fn a_rate_limit_is_not_fused() {
        verify_changed(|flow| flow.streams[0].policy = OverflowPolicy::RateLimit { per_second: 5 });
    }

    #[test]
    #[should_panic(expected = "no fused stage is metered")]
    fn fuel_is_not_fused() {
        verify_changed(|flow| flow.nodes[0].limits.fuel = 1);
    }

    #[test]
    #[should_panic(expected = "is what its path needs")]
    fn a_shell_is_no_component() {
        let mut program = sample::fused();
        program.artifacts[0].kind = ArtifactKind::Component;
        verify(&program);
    }

    #[test]
    #[should_panic(expected = "some stage uses it")]
    fn no_artifact_is_left_over() {
        let mut program = sample::fused();
        let mut other = program.artifacts[0].clone();
        other.name = "other".to_owned();
        program.artifacts.push(other);
        verify(&program);
    }

    #[test]
    #[should_panic(expected = "no other has its name")]
    fn artifacts_are_files_of_their_own() {
        let mut program = sample::fused();
        program.artifacts[1].name = program.artifacts[0].name.clone();
        verify(&program);
    }

    #[test]
    #[should_panic(expected = "its artifact is its own component's")]
    fn two_components_are_two_artifacts() {
        verify_changed(|flow| {
            let direct = flow.nodes[3].path.clone();
            flow.shells.clear();
            for node in &mut flow.nodes[..2] {
                node.path = direct.clone();
            }
        });
    }

    #[test]
    #[should_panic(expected = "shells stay on the thread of their flow")]
    fn a_stage_with_a_thread_of_its_own_is_no_shell() {
        verify_changed(|flow| flow.nodes[0].own_thread = Some("may wait".to_owned()));
    }

    #[test]
    #[should_panic(expected = "WASI packages are for stages on the component path")]
    fn no_component_means_no_wasi() {
        let mut program = sample::fused();
        program.wasi.push(super::super::super::WasiPackage::Cli);
        verify(&program);
    }

    #[test]
    #[should_panic(expected = "the runtime has WASI when a component imports it")]
    fn wasi_needs_its_part_of_the_runtime() {
        let mut program = sample::program();
        program.wasi.push(super::super::super::WasiPackage::Cli);
        verify(&program);
    }
}
