//! Lowers linked flows to the IR. In: [`LinkedFlow`]s and the components they use. Out: a [`ProgramIr`].
//!
//! Spans and defaults end here: nodes stand in schedule order, every queue, pool and timeout has a value, and
//! [`ir::verify`] holds.

mod buffers;
mod path;
mod schedule;
mod wasi;

use torvyn_codegen::ir::{self, Artifact, ArtifactIdx, FlowIr, Limits, Node, OutPort, ProgramIr, Stream, StreamIdx};

use crate::aot::Normalised;
use crate::link::{LinkedFlow, LinkedImplementation, LinkedNode};
use crate::manifest::ast::{LimitsDecl, RuntimeDecl};
use crate::resolve::{ComponentIdx, ResolvedProject};
use crate::source::Spanned;
use schedule::Schedule;

/// What a node may use where the manifest does not say.
const DEFAULT_LIMITS: Limits = Limits {
    memory_bytes: 64 << 20,
    invocation_timeout_ms: 1000,
    init_timeout_ms: 5000,
    teardown_timeout_ms: 2000,
    fuel: 0,
};

/// How long a sink that returned `pause` gets nothing where the manifest does not say, in milliseconds.
const SINK_PAUSE_MS: u64 = 10;

/// The components that `flows` use, in order of their first use.
#[must_use]
pub fn components(flows: &[LinkedFlow]) -> Vec<ComponentIdx> {
    let mut used = Vec::new();
    for node in flows.iter().flat_map(LinkedFlow::nodes) {
        match node.implementation {
            LinkedImplementation::Component { component, .. } if !used.contains(&component) => used.push(component),
            LinkedImplementation::Component { .. } | LinkedImplementation::Builtin(_) => {}
        }
    }
    used
}

/// Lowers the flows of `project` for `target`. `binaries` are those of [`components`], in that order.
#[must_use]
pub fn lower(project: &ResolvedProject, flows: &[LinkedFlow], binaries: &[Normalised], target: &str) -> ProgramIr {
    let used = components(flows);
    let artifacts = binaries.iter().map(|binary| Artifact {
        name: binary.name.clone(),
        sha256: binary.sha256.clone(),
    });
    let program = ProgramIr {
        name: project.name().to_owned(),
        version: project.version().to_owned(),
        description: project.description().to_owned(),
        target: target.to_owned(),
        artifacts: artifacts.collect(),
        wasi: wasi::packages(binaries),
        flows: flows
            .iter()
            .map(|flow| lower_flow(project.runtime(), flow, &used))
            .collect(),
    };
    ir::verify(&program);
    program
}

fn lower_flow(runtime: &RuntimeDecl, flow: &LinkedFlow, used: &[ComponentIdx]) -> FlowIr {
    let schedule = Schedule::new(flow);
    let streams: Vec<Stream> = flow
        .edges()
        .iter()
        .map(|edge| {
            let queue = buffers::queue(runtime, flow, edge);
            Stream {
                from: schedule.node(edge.from),
                from_port: edge.from_port.clone(),
                to: schedule.node(edge.to),
                to_port: edge.to_port.clone(),
                depth: queue.depth,
                low_watermark: queue.low_watermark,
                policy: ir::OverflowPolicy::Block,
            }
        })
        .collect();
    let nodes: Vec<Node> = flow
        .order()
        .iter()
        .enumerate()
        .map(|(position, id)| lower_node(runtime, flow.node(*id), ir::NodeIdx::new(position), &streams, used))
        .collect();
    let buffers = buffers::pools(runtime, &nodes, &streams);
    FlowIr {
        name: flow.name().to_owned(),
        description: flow.description().to_owned(),
        nodes,
        schedule: schedule.turns(flow),
        streams,
        pools: buffers.pools,
        fallback_bytes: buffers.fallback_bytes,
        exhaustion: buffers.exhaustion,
        max_buffer_bytes: buffers.max_buffer_bytes,
        quantum: schedule::quantum(flow.priority()),
        sink_pause_ms: runtime.sink_pause_ms.map_or(SINK_PAUSE_MS, |pause| pause.value),
        deadline_ms: flow.deadline_ms(),
    }
}

fn lower_node(
    runtime: &RuntimeDecl,
    node: &LinkedNode,
    idx: ir::NodeIdx,
    streams: &[Stream],
    used: &[ComponentIdx],
) -> Node {
    let implementation = match node.implementation {
        LinkedImplementation::Builtin(builtin) => ir::Implementation::Builtin(builtin),
        LinkedImplementation::Component { component, lifecycle } => {
            let position = used.iter().position(|other| *other == component);
            let position = position.expect("invariant: `components` lists every component of the flows");
            ir::Implementation::Component {
                artifact: ArtifactIdx::new(position),
                lifecycle,
            }
        }
    };
    let numbered = || {
        streams
            .iter()
            .enumerate()
            .map(|(position, stream)| (StreamIdx::new(position), stream))
    };
    let mut outputs: Vec<OutPort> = Vec::new();
    for (id, stream) in numbered().filter(|(_, stream)| stream.from == idx) {
        match outputs.iter_mut().find(|port| port.name == stream.from_port) {
            Some(port) => port.streams.push(id),
            None => outputs.push(OutPort {
                name: stream.from_port.clone(),
                streams: vec![id],
            }),
        }
    }
    Node {
        name: node.name.clone(),
        role: node.role,
        config: node.config.clone(),
        inputs: numbered()
            .filter(|(_, stream)| stream.to == idx)
            .map(|(id, _)| id)
            .collect(),
        outputs,
        limits: limits(&node.limits, &runtime.limits),
        path: path::choose(&implementation),
        implementation,
    }
}

fn limits(node: &LimitsDecl, runtime: &LimitsDecl) -> Limits {
    let value = |node: Option<Spanned<u64>>, runtime: Option<Spanned<u64>>, default: u64| {
        node.or(runtime).map_or(default, |limit| limit.value)
    };
    let default = DEFAULT_LIMITS;
    Limits {
        memory_bytes: value(node.memory_bytes, runtime.memory_bytes, default.memory_bytes),
        invocation_timeout_ms: value(
            node.invocation_timeout_ms,
            runtime.invocation_timeout_ms,
            default.invocation_timeout_ms,
        ),
        init_timeout_ms: value(node.init_timeout_ms, runtime.init_timeout_ms, default.init_timeout_ms),
        teardown_timeout_ms: value(
            node.teardown_timeout_ms,
            runtime.teardown_timeout_ms,
            default.teardown_timeout_ms,
        ),
        fuel: value(node.fuel, runtime.fuel, default.fuel),
    }
}
