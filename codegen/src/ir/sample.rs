//! A small program for the tests of this crate: two sources, a router with dead letters, and a sink for each of its ports.

use super::{
    Artifact, ArtifactIdx, Builtin, CallPath, ErrorAction, ErrorPolicies, Exhaustion, FanOut, FlowIr, Implementation,
    LastResort, Limits, Merge, Node, NodeIdx, OutPort, OverflowPolicy, Pool, ProgramIr, Role, Stream, StreamIdx,
};

/// The program.
pub(crate) fn program() -> ProgramIr {
    ProgramIr {
        name: "sample".to_owned(),
        version: "0.1.0".to_owned(),
        description: String::new(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        artifacts: vec![Artifact {
            name: "choose".to_owned(),
            sha256: "00ff".to_owned(),
        }],
        wasi: Vec::new(),
        worker_threads: Some(3),
        flows: vec![flow()],
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
        pools: [256, 4096, 65_536, 1 << 20].map(|slot_bytes| Pool { slot_bytes, slots: 4 }),
        fallback_bytes: 0,
        exhaustion: Exhaustion::Error,
        max_buffer_bytes: 16 << 20,
        quantum: 32,
        sink_pause_ms: 10,
        deadline_ms: None,
        max_restarts: 5,
        own_thread: None,
    }
}

fn router() -> Node {
    let unavailable = ErrorAction::Retry {
        max: 3,
        backoff_ms: 10,
        then: LastResort::DeadLetter,
    };
    Node {
        role: Role::Router,
        implementation: Implementation::Component {
            artifact: ArtifactIdx::new(0),
            lifecycle: false,
        },
        path: CallPath::Component("typed component calls".to_owned()),
        merge: Merge::Priority,
        on_error: ErrorPolicies {
            unavailable,
            ..ErrorPolicies::TERMINATE
        },
        capabilities: vec!["a".to_owned(), "b".to_owned()],
        ..builtin(
            "choose",
            Builtin::Generator,
            &[1, 0],
            &[("error", &[2]), ("some", &[3])],
        )
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
        merge: Merge::RoundRobin,
        fan_out: FanOut::Minimum,
        on_error: ErrorPolicies::TERMINATE,
        capabilities: Vec::new(),
        own_thread: (builtin == Builtin::Lines).then(|| "may wait for its input".to_owned()),
        limits: Limits {
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

fn stream(from: usize, from_port: &str, to: usize, rank: u8) -> Stream {
    Stream {
        from: NodeIdx::new(from),
        from_port: from_port.to_owned(),
        to: NodeIdx::new(to),
        to_port: "input".to_owned(),
        depth: 4,
        low_watermark: 2,
        policy: OverflowPolicy::Block,
        rank,
        max_element_bytes: None,
    }
}
