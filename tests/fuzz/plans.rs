//! The same flow on both paths: a node for each role, and small pools, so that everything that can run out does.

use torvyn_runtime_core::emitted::{
    FlowPlan, NodePlan, NodePolicies, PoolPlan, ProgramPlan, Role, StageLimits, TierSize,
};
use torvyn_runtime_core::engine::Tuning;

pub(crate) static PROGRAM: ProgramPlan = ProgramPlan {
    name: "fuzz",
    version: "0.0.0",
    description: "",
    document: b"",
    tuning: Tuning {
        fuel: false,
        memory_reservation: None,
    },
    worker_threads: None,
    code_map: None,
};

/// The flow on both paths.
pub(crate) struct Plans {
    pub(crate) component: FlowPlan,
    pub(crate) direct: FlowPlan,
}

/// Plans for guests that return by themselves: long limits, since a busy machine may delay them.
pub(crate) static PATIENT: Plans = Plans {
    component: flow(&nodes(false, 600_000)),
    direct: flow(&nodes(true, 600_000)),
};

/// Plans for guests that may loop for ever: short limits.
pub(crate) static HASTY: Plans = Plans {
    component: flow(&nodes(false, 100)),
    direct: flow(&nodes(true, 100)),
};

/// The roles in the order of their nodes.
pub(crate) const ROLES: [Role; 6] = [
    Role::Source,
    Role::Processor,
    Role::Filter,
    Role::Router,
    Role::Aggregator,
    Role::Sink,
];

/// Most bytes of linear memory of each stage.
pub(crate) const MEMORY_BYTES: u64 = 1 << 20;

/// Position of the node with a role.
pub(crate) fn position(role: Role) -> usize {
    let found = ROLES.iter().position(|of_node| *of_node == role);
    found.expect("there is a node for each role")
}

const fn nodes(on_core: bool, timeout_ms: u64) -> [NodePlan; 6] {
    [
        node(ROLES[0], on_core, timeout_ms),
        node(ROLES[1], on_core, timeout_ms),
        node(ROLES[2], on_core, timeout_ms),
        node(ROLES[3], on_core, timeout_ms),
        node(ROLES[4], on_core, timeout_ms),
        node(ROLES[5], on_core, timeout_ms),
    ]
}

const fn node(role: Role, on_core: bool, timeout_ms: u64) -> NodePlan {
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
        policies: NodePolicies::DEFAULT,
        capabilities: &["text/csv", "wasi:clocks/wall-clock"],
        own_thread: false,
        limits: StageLimits {
            memory_bytes: MEMORY_BYTES,
            invocation_timeout_ms: timeout_ms,
            init_timeout_ms: timeout_ms,
            teardown_timeout_ms: timeout_ms,
            fuel: 0,
            max_buffer_bytes: 100_000,
            buffer_budget_bytes: 400_000,
        },
    }
}

const fn flow(nodes: &'static [NodePlan]) -> FlowPlan {
    const fn tier(slot_bytes: u32, slots: u32) -> TierSize {
        TierSize { slot_bytes, slots }
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
        replicas_by: None,
    }
}
