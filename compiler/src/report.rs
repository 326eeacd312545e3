//! What a build tells about a program: memory it can take, copies it makes, its graph. In: the IR.

use std::fmt::Write as _;

use torvyn_codegen::ir::{CallPath, Exhaustion, FlowIr, Implementation, Node, ProgramIr, Role, Stream};

/// More than a queued element takes in a stream: id of the buffer and metadata.
const QUEUED_BYTES: u64 = 64;

/// What can be said of a flow before it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowReport {
    /// Name of the flow.
    pub flow: String,
    /// What takes memory, in the worst case.
    pub memory: Vec<MemoryUse>,
    /// The streams, in manifest order.
    pub edges: Vec<EdgeReport>,
    /// The stages, in schedule order.
    pub stages: Vec<StageReport>,
}

/// Something that takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// What.
    pub what: &'static str,
    /// How much it can take, in bytes.
    pub bytes: u64,
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
    /// Copies of the payload from the producer's memory to the host, for each element.
    pub writes: u32,
    /// Copies of the payload from the host to the consumer's memory, for each element it reads once.
    pub reads: u32,
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

/// Reports on every flow of a program.
#[must_use]
pub fn report(program: &ProgramIr) -> Vec<FlowReport> {
    let report = |flow: &FlowIr| FlowReport {
        flow: flow.name.clone(),
        memory: memory(flow),
        edges: flow.streams.iter().map(|stream| edge(flow, stream)).collect(),
        stages: flow.nodes.iter().map(|node| stage(program, node)).collect(),
    };
    program.flows.iter().map(report).collect()
}

fn memory(flow: &FlowIr) -> Vec<MemoryUse> {
    let pools = flow
        .pools
        .iter()
        .map(|pool| u64::from(pool.slot_bytes) * u64::from(pool.slots))
        .sum();
    let outside = match flow.exhaustion {
        Exhaustion::FallbackAlloc => flow.fallback_bytes,
        Exhaustion::Error => 0,
    };
    let queued: u64 = flow.streams.iter().map(|stream| u64::from(stream.depth)).sum();
    let is_component = |node: &&Node| matches!(node.implementation, Implementation::Component { .. });
    let linear = flow
        .nodes
        .iter()
        .filter(is_component)
        .map(|node| node.limits.memory_bytes)
        .sum();
    vec![
        MemoryUse {
            what: "buffer pools",
            bytes: pools,
        },
        MemoryUse {
            what: "buffers outside the pools",
            bytes: outside,
        },
        MemoryUse {
            what: "streams",
            bytes: queued * QUEUED_BYTES,
        },
        MemoryUse {
            what: "linear memories",
            bytes: linear,
        },
    ]
}

fn edge(flow: &FlowIr, stream: &Stream) -> EdgeReport {
    let (from, to) = (&flow.nodes[stream.from.position()], &flow.nodes[stream.to.position()]);
    let writes = match (&from.implementation, from.role) {
        (Implementation::Component { .. }, Role::Source | Role::Processor) => 1,
        // A filter passes its input on; a built-in writes in host memory.
        (Implementation::Component { .. }, Role::Filter | Role::Sink) | (Implementation::Builtin(_), _) => 0,
    };
    let reads = match to.implementation {
        Implementation::Component { .. } => 1,
        Implementation::Builtin(_) => 0,
    };
    EdgeReport {
        from: format!("{}.{}", from.name, stream.from_port),
        to: format!("{}.{}", to.name, stream.to_port),
        depth: stream.depth,
        writes,
        reads,
    }
}

fn stage(program: &ProgramIr, node: &Node) -> StageReport {
    StageReport {
        node: node.name.clone(),
        role: node.role,
        component: component(program, node),
        path: match &node.path {
            CallPath::Builtin => "host".to_owned(),
            CallPath::Component(reason) => format!("component ({reason})"),
        },
    }
}

fn component(program: &ProgramIr, node: &Node) -> String {
    match &node.implementation {
        Implementation::Component { artifact, .. } => program.artifacts[artifact.position()].name.clone(),
        Implementation::Builtin(builtin) => format!("builtin:{}", builtin.as_str()),
    }
}

/// A program as Graphviz DOT, a cluster for each flow.
#[must_use]
pub fn graph(program: &ProgramIr) -> String {
    let mut out = format!(
        "digraph {:?} {{\n  rankdir = LR;\n  node [shape = box];\n",
        program.name
    );
    let mut line = |text: String| writeln!(out, "{text}").expect("invariant: writing to a String succeeds");
    for (position, flow) in program.flows.iter().enumerate() {
        line(format!(
            "  subgraph cluster_{position} {{\n    label = {:?};",
            flow.name
        ));
        for node in &flow.nodes {
            let label = format!("{}\n{} {}", node.name, node.role.as_str(), component(program, node));
            line(format!(
                "    {:?} [label = {label:?}];",
                format!("{}.{}", flow.name, node.name)
            ));
        }
        line("  }".to_owned());
        for stream in &flow.streams {
            let id = |node: &Node| format!("{}.{}", flow.name, node.name);
            let (from, to) = (&flow.nodes[stream.from.position()], &flow.nodes[stream.to.position()]);
            line(format!(
                "  {:?} -> {:?} [label = \"{}\"];",
                id(from),
                id(to),
                stream.depth
            ));
        }
    }
    out + "}\n"
}
