//! What a build tells about a program: memory it can take, and the copies it makes. In: the IR, and the machine code.

mod memory;

use torvyn_codegen::ir::{ERROR_PORT, FlowIr, Implementation, Node, ProgramIr, Role, Stream};

use crate::aot::AotArtifacts;

pub use memory::MemoryUse;

/// What can be said of a program before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramReport {
    /// What it can take in all, in bytes.
    pub memory_bytes: u64,
    /// Its flows, in manifest order.
    pub flows: Vec<FlowReport>,
}

/// What can be said of a flow before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowReport {
    /// Name of the flow.
    pub flow: String,
    /// Why its driver has a thread of its own, if it has.
    pub own_thread: Option<String>,
    /// How many runs of it there are side by side.
    pub replicas: u32,
    /// Name of the router whose ports they share out.
    pub replicas_by: Option<String>,
    /// What takes memory, in the worst case, in all replicas together. Machine code and process are there for every flow, and count once.
    pub memory: Vec<MemoryUse>,
    /// The streams, in manifest order.
    pub edges: Vec<EdgeReport>,
    /// The stages, in schedule order.
    pub stages: Vec<StageReport>,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeReport {
    /// `node.port` of the producer.
    pub from: String,
    /// `node.port` of the consumer.
    pub to: String,
    /// Capacity in elements.
    pub depth: u32,
    /// Copies of the payload into a buffer, for each element that the producer makes and writes in one piece.
    pub writes: u32,
    /// Copies of the payload out of the buffer, for each element that the consumer reads once.
    pub reads: u32,
    /// Position of the stream whose buffers these are, where the port has several: the copy into them counts there.
    pub shares: Option<usize>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReport {
    /// Name of the node.
    pub node: String,
    /// What it does.
    pub role: Role,
    /// Name of the component, or `builtin:NAME`.
    pub component: String,
    /// How it is called, with the reason.
    pub path: String,
    /// Why it has a thread of its own, if it has.
    pub own_thread: Option<String>,
}

impl FlowReport {
    /// What the flow can take in all, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory.iter().map(|item| item.bytes).sum()
    }
}

impl EdgeReport {
    /// Copies of an element's payload on its way.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.writes + self.reads
    }
}

/// Reports on a program and each of its flows. `artifacts` are the program's.
#[must_use]
pub fn report(program: &ProgramIr, artifacts: &AotArtifacts) -> ProgramReport {
    let code: Vec<u64> = artifacts
        .artifacts
        .iter()
        .map(|artifact| artifact.code.len() as u64)
        .collect();
    let report = |flow: &FlowIr| FlowReport {
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
    ProgramReport {
        memory_bytes: memory::of_program(program, &code),
        flows: program.flows.iter().map(report).collect(),
    }
}

/// A stream, and the copies as the account of a run counts them: at the stage that writes, and at the one that reads.
fn edge(flow: &FlowIr, position: usize) -> EdgeReport {
    let stream = &flow.streams[position];
    let (from, to) = (&flow.nodes[stream.from.position()], &flow.nodes[stream.to.position()]);
    let writes = match (&from.implementation, from.role) {
        // A dead letter is the input element.
        _ if stream.from_port == ERROR_PORT => 0,
        (Implementation::Component { .. }, Role::Source | Role::Processor | Role::Aggregator) => 1,
        // What it reads or makes up is put into a buffer too.
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
    EdgeReport {
        from: format!("{}.{}", from.name, stream.from_port),
        to: format!("{}.{}", to.name, stream.to_port),
        depth: stream.depth,
        writes: if shares.is_some() { 0 } else { writes },
        reads,
        shares: shares.filter(|_| writes > 0),
    }
}

fn stage(program: &ProgramIr, flow: &FlowIr, node: &Node) -> StageReport {
    StageReport {
        node: node.name.clone(),
        role: node.role,
        component: program.worker(node),
        path: flow.path(node),
        own_thread: node.own_thread.clone(),
    }
}
