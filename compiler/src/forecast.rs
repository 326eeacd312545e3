//! Forecast of a program before it runs: its memory in the worst case, and its copies. In: the IR and the machine code.

mod memory;

use torvyn_codegen::ir::{ERROR_PORT, FlowIr, Implementation, Node, ProgramIr, Role, Stream};

use crate::aot::AotArtifacts;

pub use memory::MemoryUse;

/// Forecast of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramForecast {
    /// Memory of the whole program in the worst case, in bytes.
    pub memory_bytes: u64,
    /// Forecasts of its flows, in manifest order.
    pub flows: Vec<FlowForecast>,
}

/// Forecast of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowForecast {
    /// Name of the flow.
    pub flow: String,
    /// Reason why its driver has its own thread; `None` where it shares the workers.
    pub own_thread: Option<String>,
    /// Number of replicas.
    pub replicas: u32,
    /// Name of the router whose ports the replicas divide.
    pub replicas_by: Option<String>,
    /// Uses of memory in the worst case, of all replicas together. Machine code and process are listed for every flow,
    /// but all flows share them.
    pub memory: Vec<MemoryUse>,
    /// The streams, in manifest order.
    pub edges: Vec<EdgeForecast>,
    /// The stages, in schedule order.
    pub stages: Vec<StageForecast>,
}

/// Copies on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeForecast {
    /// `node.port` of the producer.
    pub from: String,
    /// `node.port` of the consumer.
    pub to: String,
    /// Capacity in elements.
    pub depth: u32,
    /// Copies of the payload into a buffer, for each element that the producer writes in one piece.
    pub writes: u32,
    /// Copies of the payload out of the buffer, for each element, if the consumer reads it once.
    pub reads: u32,
    /// Position of the first stream of the same port, if this is another: they share buffers, and the copy counts there.
    pub shares: Option<usize>,
}

/// Implementation of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageForecast {
    /// Name of the node.
    pub node: String,
    /// Its role.
    pub role: Role,
    /// Name of the component, or `builtin:NAME`.
    pub component: String,
    /// Its call path, with the reason for it.
    pub path: String,
    /// Reason why it has its own thread; `None` where it runs on the flow's.
    pub own_thread: Option<String>,
}

impl FlowForecast {
    /// Memory of the flow in the worst case, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory.iter().map(|item| item.bytes).sum()
    }
}

impl EdgeForecast {
    /// Copies of an element's payload on its way.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.writes + self.reads
    }
}

/// Forecasts a program and each of its flows. `artifacts` are the program's.
#[must_use]
pub fn forecast(program: &ProgramIr, artifacts: &AotArtifacts) -> ProgramForecast {
    let code: Vec<u64> = artifacts
        .artifacts
        .iter()
        .map(|artifact| artifact.code.len() as u64)
        .collect();
    let of_flow = |flow: &FlowIr| FlowForecast {
        flow: flow.name.clone(),
        own_thread: flow.own_thread.clone(),
        replicas: flow.replicas,
        replicas_by: flow
            .replicas_by
            .map(|router| flow.nodes[router.position()].name.clone()),
        memory: memory::of_flow(flow, &code),
        edges: (0..flow.streams.len()).map(|position| edge(flow, position)).collect(),
        stages: flow.nodes.iter().map(|node| stage(program, flow, node)).collect(),
    };
    ProgramForecast {
        memory_bytes: memory::of_program(program, &code),
        flows: program.flows.iter().map(of_flow).collect(),
    }
}

/// The copies on a stream, counted as in the account of a run: at the stage that writes, and at the one that reads.
fn edge(flow: &FlowIr, position: usize) -> EdgeForecast {
    let stream = &flow.streams[position];
    let (from, to) = (&flow.nodes[stream.from.position()], &flow.nodes[stream.to.position()]);
    let writes = match (&from.implementation, from.role) {
        // A dead letter is the input element.
        _ if stream.from_port == ERROR_PORT => 0,
        (Implementation::Component { .. }, Role::Source | Role::Processor | Role::Aggregator) => 1,
        // What it reads or generates is copied into a buffer too.
        (Implementation::Builtin(_), Role::Source) => 1,
        // A filter and a router pass their input on.
        (Implementation::Component { .. }, Role::Filter | Role::Router | Role::Sink)
        | (Implementation::Builtin(_), _) => 0,
    };
    let is_same_port = |other: &Stream| (other.from, &other.from_port) == (stream.from, &stream.from_port);
    let shares = flow.streams[..position].iter().position(is_same_port);
    let reads = match to.implementation {
        Implementation::Component { .. } => 1,
        Implementation::Builtin(_) => 0,
    };
    EdgeForecast {
        from: format!("{}.{}", from.name, stream.from_port),
        to: format!("{}.{}", to.name, stream.to_port),
        depth: stream.depth,
        writes: if shares.is_some() { 0 } else { writes },
        reads,
        shares: shares.filter(|_| writes > 0),
    }
}

fn stage(program: &ProgramIr, flow: &FlowIr, node: &Node) -> StageForecast {
    StageForecast {
        node: node.name.clone(),
        role: node.role,
        component: program.worker(node),
        path: flow.path(node),
        own_thread: node.own_thread.clone(),
    }
}
