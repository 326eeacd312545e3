//! The same flow on both paths: a node for each role, small pools, so that all that can run out does.

use torvyn_runtime_core::crossing::{component, core};
use torvyn_runtime_core::plan::{
    ErrorAction, ErrorPlan, FanOut, FlowPlan, LastResort, LimitsPlan, Merge, NodePlan, PoolPlan, ProgramPlan, Role,
    TierPlan,
};

pub(crate) static PROGRAM: ProgramPlan = ProgramPlan {
    name: "fuzz",
    version: "0.0.0",
    description: "",
    document: b"",
    fuel: false,
    component_host: Some(component::host),
    core_host: Some(core::host),
    wasi: &[],
    worker_threads: None,
};

pub(crate) static COMPONENT: FlowPlan = flow(&NODES_ON_COMPONENT);
pub(crate) static DIRECT: FlowPlan = flow(&NODES_ON_CORE);

/// Roles in the order of their nodes.
pub(crate) const ROLES: [Role; 6] = [
    Role::Source,
    Role::Processor,
    Role::Filter,
    Role::Router,
    Role::Aggregator,
    Role::Sink,
];

static NODES_ON_COMPONENT: [NodePlan; 6] = nodes(false);
static NODES_ON_CORE: [NodePlan; 6] = nodes(true);

const fn nodes(on_core: bool) -> [NodePlan; 6] {
    [
        node(ROLES[0], on_core),
        node(ROLES[1], on_core),
        node(ROLES[2], on_core),
        node(ROLES[3], on_core),
        node(ROLES[4], on_core),
        node(ROLES[5], on_core),
    ]
}

const fn node(role: Role, on_core: bool) -> NodePlan {
    const TERMINATE: ErrorAction = ErrorAction::Now(LastResort::Terminate);
    NodePlan {
        name: "stage",
        role,
        component: "guest",
        config: "",
        path: "",
        on_core,
        lifecycle: true,
        inputs: &[],
        outputs: &[],
        dead_letters: &[],
        merge: Merge::RoundRobin,
        fan_out: FanOut::Minimum,
        on_error: ErrorPlan {
            invalid_input: TERMINATE,
            unavailable: TERMINATE,
            internal: TERMINATE,
            deadline_exceeded: TERMINATE,
        },
        capabilities: &["text/csv", "wasi:clocks/wall-clock"],
        own_thread: false,
        limits: LimitsPlan {
            memory_bytes: 1 << 20,
            // Scripts end soon; a machine with much to do may let them wait.
            invocation_timeout_ms: 600_000,
            init_timeout_ms: 600_000,
            teardown_timeout_ms: 600_000,
            fuel: 0,
            max_buffer_bytes: 100_000,
            buffer_budget_bytes: 400_000,
        },
    }
}

const fn flow(nodes: &'static [NodePlan]) -> FlowPlan {
    const fn tier(slot_bytes: u32, slots: u32) -> TierPlan {
        TierPlan { slot_bytes, slots }
    }
    FlowPlan {
        name: "fuzz",
        nodes,
        streams: &[],
        pools: PoolPlan {
            tiers: [tier(256, 4), tier(4096, 3), tier(65_536, 2), tier(80_000, 1)],
            fallback_bytes: 1 << 20,
            max_buffer_bytes: 100_000,
        },
        quantum: 32,
        deadline_ms: Some(5),
        sink_pause_ms: 10,
        max_restarts: 5,
        own_thread: false,
        replicas: 1,
    }
}
