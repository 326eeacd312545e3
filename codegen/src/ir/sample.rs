//! Small programs for the tests of this crate: two sources, a router with dead letters, and a sink for each of its
//! ports; and a chain of fused stages upstream of two direct ones.

use super::{
    Artifact, ArtifactIdx, ArtifactKind, Builtin, CallPath, Component, ComponentIdx, ErrorAction, ErrorPolicies,
    Exhaustion, FlowIr, Implementation, LastResort, Merge, Node, NodeIdx, NodePolicies, Origin, OutPort,
    OverflowPolicy, ProgramIr, Role, Shell, ShellIdx, StageLimits, Stream, StreamIdx, TierSize,
};
use crate::target::Target;

/// A program with built-ins and one component, on the component path.
pub(crate) fn program() -> ProgramIr {
    ProgramIr {
        name: "sample".to_owned(),
        version: "0.1.0".to_owned(),
        description: String::new(),
        origin: Origin::default(),
        target: Target::new("x86_64-unknown-linux-gnu"),
        components: vec![component("choose")],
        artifacts: vec![artifact("choose", ArtifactKind::Component)],
        wasi: Vec::new(),
        features: Vec::new(),
        worker_threads: Some(3),
        memory_reservation: Some(64 << 20),
        profiling: false,
        flows: vec![flow()],
    }
}

/// A program without built-ins: source and processor are fused, router and sink are direct.
pub(crate) fn fused() -> ProgramIr {
    let shells = ["main.numbers.fused", "choose.direct", "store.direct"];
    ProgramIr {
        components: ["numbers", "upper", "choose", "store"].map(component).to_vec(),
        artifacts: shells.map(|name| artifact(name, ArtifactKind::Shell)).to_vec(),
        flows: vec![fused_flow()],
        ..program()
    }
}

fn fused_flow() -> FlowIr {
    let fused = |member| CallPath::Fused {
        shell: ShellIdx::new(0),
        member,
    };
    let direct = |artifact, reason: &str| CallPath::Direct {
        artifact: ArtifactIdx::new(artifact),
        reason: reason.to_owned(),
    };
    let choose = direct(1, "a router can't be part of a chain");
    let store = direct(2, "nothing beside it is fused");
    FlowIr {
        nodes: vec![
            stage(0, Role::Source, fused(0), &[], &[("output", &[0])]),
            stage(1, Role::Processor, fused(1), &[0], &[("output", &[1])]),
            stage(2, Role::Router, choose, &[1], &[("some", &[2])]),
            stage(3, Role::Sink, store, &[2], &[]),
        ],
        schedule: [3, 2, 1, 0].map(NodeIdx::new).to_vec(),
        streams: vec![
            stream(0, "output", 1, 0),
            stream(1, "output", 2, 0),
            stream(2, "some", 3, 0),
        ],
        shells: vec![Shell {
            artifact: ArtifactIdx::new(0),
            members: [0, 1].map(NodeIdx::new).to_vec(),
        }],
        ..flow()
    }
}

fn component(name: &str) -> Component {
    Component {
        name: name.to_owned(),
        sha256: "00ff".to_owned(),
    }
}

fn artifact(name: &str, kind: ArtifactKind) -> Artifact {
    Artifact {
        name: name.to_owned(),
        kind,
        sha256: "ff00".to_owned(),
    }
}

fn flow() -> FlowIr {
    FlowIr {
        name: "main".to_owned(),
        description: String::new(),
        nodes: vec![
            builtin("greetings", Builtin::Generator, &[], &[("output", &[0])]),
            builtin("lines", Builtin::Lines, &[], &[("output", &[1])]),
            router(),
            builtin("screen", Builtin::Console, &[3], &[]),
            builtin("rejected", Builtin::File, &[2], &[]),
        ],
        schedule: [3, 4, 2, 0, 1].map(NodeIdx::new).to_vec(),
        streams: vec![
            stream(0, "output", 2, 1),
            stream(1, "output", 2, 9),
            stream(2, "error", 4, 0),
            stream(2, "some", 3, 0),
        ],
        shells: Vec::new(),
        pools: [256, 4096, 65_536, 1 << 20].map(|slot_bytes| TierSize { slot_bytes, slots: 4 }),
        fallback_bytes: 0,
        exhaustion: Exhaustion::Error,
        max_buffer_bytes: 16 << 20,
        quantum: 32,
        sink_pause_ms: 10,
        deadline_ms: None,
        max_restarts: 5,
        own_thread: None,
        replicas: 1,
        replicas_by: None,
    }
}

fn router() -> Node {
    let unavailable = ErrorAction::Retry {
        max: 3,
        backoff_ms: 10,
        then: LastResort::DeadLetter,
    };
    let path = CallPath::Component {
        artifact: ArtifactIdx::new(0),
        reason: "imports wasi:sockets/tcp@0.2.3".to_owned(),
    };
    let outputs: &[(&str, &[usize])] = &[("error", &[2]), ("some", &[3])];
    Node {
        policies: NodePolicies {
            merge: Merge::Priority,
            on_error: ErrorPolicies {
                unavailable,
                ..ErrorPolicies::TERMINATE
            },
            ..NodePolicies::DEFAULT
        },
        capabilities: vec!["a".to_owned(), "b".to_owned()],
        ..stage(0, Role::Router, path, &[1, 0], outputs)
    }
}

/// A node whose stage is a component, named after its role.
fn stage(component: usize, role: Role, path: CallPath, inputs: &[usize], outputs: &[(&str, &[usize])]) -> Node {
    Node {
        role,
        implementation: Implementation::Component {
            component: ComponentIdx::new(component),
            lifecycle: false,
        },
        path,
        ..builtin(role.as_str(), Builtin::Generator, inputs, outputs)
    }
}

fn builtin(name: &str, builtin: Builtin, inputs: &[usize], outputs: &[(&str, &[usize])]) -> Node {
    let streams = |positions: &[usize]| positions.iter().map(|at| StreamIdx::new(*at)).collect();
    let ports = outputs.iter().map(|(name, positions)| OutPort {
        name: (*name).to_owned(),
        streams: streams(positions),
    });
    Node {
        name: name.to_owned(),
        role: builtin.role(),
        implementation: Implementation::Builtin(builtin),
        config: String::new(),
        inputs: streams(inputs),
        outputs: ports.collect(),
        policies: NodePolicies::DEFAULT,
        capabilities: Vec::new(),
        own_thread: (builtin == Builtin::Lines).then(|| "may block on its input".to_owned()),
        limits: StageLimits {
            memory_bytes: 64 << 20,
            invocation_timeout_ms: 1000,
            init_timeout_ms: 5000,
            teardown_timeout_ms: 2000,
            fuel: 0,
            max_buffer_bytes: 16 << 20,
            buffer_budget_bytes: 64 << 20,
        },
        path: CallPath::Builtin,
    }
}

fn stream(from: usize, from_port: &str, to: usize, priority: u8) -> Stream {
    Stream {
        from: NodeIdx::new(from),
        from_port: from_port.to_owned(),
        to: NodeIdx::new(to),
        to_port: "input".to_owned(),
        depth: 4,
        low_watermark: 2,
        policy: OverflowPolicy::Block,
        priority,
        max_element_bytes: None,
    }
}
