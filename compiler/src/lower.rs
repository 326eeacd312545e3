//! Lowers linked flows to the IR. In: [`LinkedFlow`]s and the components they use. Out: a [`ProgramIr`], and the
//! [`Unit`]s that are compiled for it.
//!
//! The IR has no spans and no defaults: nodes are in topological order, every queue, pool and timeout has a value, and
//! [`ir::verify`] holds.

pub mod buffers;
mod path;
#[cfg(test)]
pub(crate) mod sample;
mod schedule;
mod threads;
mod wasi;

use std::cmp::Reverse;

use torvyn_codegen::ir::{
    self, Artifact, CallPath, Component, Feature, FlowIr, Merge, Node, OutPort, ProgramIr, Stream, StreamIdx,
    WasiPackage,
};
use torvyn_codegen::target::Target;
use torvyn_runtime_core::limits::exchange_bytes;

use crate::aot::{Normalised, Unit};
use crate::link::{LinkedEdge, LinkedFlow, LinkedImplementation, LinkedNode};
use crate::manifest::ast::{Optimize, RuntimeDecl};
use crate::manifest::defaults;
use crate::resolve::{ComponentId, ResolvedProject};
use path::Wanted;
use schedule::Schedule;
use threads::Threads;

/// Returns the parts of the runtime that a program needs, given the WASI packages that its components import.
fn features(wasi: &[WasiPackage]) -> Vec<Feature> {
    (!wasi.is_empty()).then_some(Feature::Wasi).into_iter().collect()
}

/// The components that `flows` use, in order of their first use.
#[must_use]
pub fn components(flows: &[LinkedFlow]) -> Vec<ComponentId> {
    let mut used = Vec::new();
    for node in flows.iter().flat_map(LinkedFlow::nodes) {
        match node.implementation {
            LinkedImplementation::Component { component, .. } if !used.contains(&component) => used.push(component),
            LinkedImplementation::Component { .. } | LinkedImplementation::Builtin(_) => {}
        }
    }
    used
}

/// A lowered program.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// The program.
    pub program: ProgramIr,
    /// The units that its artifacts are compiled from, in the order of the artifacts.
    pub units: Vec<Unit>,
}

/// The decisions of the command line.
#[derive(Clone, Copy, Debug)]
pub struct LowerOptions<'a> {
    /// Target of the executable.
    pub target: &'a Target,
    /// The call path requested for all stages; `None` leaves it to the manifest.
    pub optimize: Option<Optimize>,
    /// Whether the executable has the symbols of its artifacts.
    pub profiling: bool,
}

/// Lowers the flows of `project`. `binaries` are those of [`components`], in that order.
#[must_use]
pub fn lower(
    project: &ResolvedProject,
    flows: &[LinkedFlow],
    binaries: &[Normalised],
    options: LowerOptions<'_>,
) -> Lowered {
    let LowerOptions {
        target,
        optimize,
        profiling,
    } = options;
    let components = Components {
        used: components(flows),
        threads: Threads::new(binaries),
    };
    let mut lowered: Vec<(FlowIr, Wanted)> = flows
        .iter()
        .map(|flow| {
            let wanted = Wanted::new(optimize, flow.settings().optimize.map(|path| path.value));
            (lower_flow(project.runtime(), flow, &components), wanted)
        })
        .collect();
    let units = path::choose(&mut lowered, binaries);
    let flows: Vec<FlowIr> = lowered.into_iter().map(|(flow, _)| flow).collect();
    let wasi = wasi::packages(&flows, binaries);
    let program = ProgramIr {
        name: project.name().to_owned(),
        version: project.version().to_owned(),
        description: project.description().to_owned(),
        origin: project.origin().clone(),
        target: target.clone(),
        components: binaries.iter().map(component).collect(),
        artifacts: units.iter().map(artifact).collect(),
        features: features(&wasi),
        wasi,
        worker_threads: project.runtime().worker_threads.map(|threads| threads.value),
        memory_reservation: memory_reservation(project.runtime(), &flows),
        profiling,
        flows,
    };
    ir::verify(&program);
    Lowered { program, units }
}

/// Returns the address space for each linear memory, if the manifest limits it: at least as much as the largest
/// exchange memory, since code for shared memories reaches no further than their reservation.
fn memory_reservation(runtime: &RuntimeDecl, flows: &[FlowIr]) -> Option<u64> {
    let exchange = flows.iter().map(|flow| {
        let tables = flow.nodes.iter().filter(|node| node.path.is_core()).count();
        if tables == 0 {
            0
        } else {
            exchange_bytes(&flow.pools, flow.nodes.len(), tables)
        }
    });
    let wanted = runtime.memory_reservation?.value;
    Some(exchange.fold(wanted, u64::max))
}

fn component(binary: &Normalised) -> Component {
    Component {
        name: binary.name.clone(),
        sha256: binary.sha256.clone(),
    }
}

fn artifact(unit: &Unit) -> Artifact {
    Artifact {
        name: unit.name.clone(),
        kind: unit.kind,
        sha256: unit.sha256.clone(),
    }
}

/// The components of a program.
struct Components {
    /// Their ids, in the order of [`ProgramIr::components`].
    used: Vec<ComponentId>,
    threads: Threads,
}

/// Lowers a flow, except the call paths of its stages: [`path::choose`] sets them for all flows together.
fn lower_flow(runtime: &RuntimeDecl, flow: &LinkedFlow, components: &Components) -> FlowIr {
    let schedule = Schedule::new(flow);
    let edges = flow.edges().iter();
    let streams: Vec<Stream> = edges.map(|edge| lower_edge(runtime, flow, &schedule, edge)).collect();
    let nodes: Vec<Node> = flow
        .order()
        .iter()
        .enumerate()
        .map(|(position, id)| {
            lower_node(
                runtime,
                flow.node(*id),
                ir::NodeIdx::new(position),
                &streams,
                components,
            )
        })
        .collect();
    let buffers = buffers::pools(runtime, &nodes, &streams);
    let own_thread = components.threads.of_flow(&nodes);
    FlowIr {
        name: flow.name().to_owned(),
        description: flow.description().to_owned(),
        nodes,
        schedule: schedule.turns(flow),
        streams,
        shells: Vec::new(),
        pools: buffers.pools,
        fallback_bytes: buffers.fallback_bytes,
        exhaustion: buffers.exhaustion,
        max_buffer_bytes: buffers.max_buffer_bytes,
        quantum: schedule::quantum(flow.settings().priority.map(|class| class.value)),
        sink_pause_ms: runtime
            .sink_pause_ms
            .map_or(defaults::SINK_PAUSE_MS, |pause| pause.value),
        deadline_ms: flow.settings().deadline_ms.map(|deadline| deadline.value),
        max_restarts: runtime
            .max_restarts
            .map_or(defaults::MAX_RESTARTS, |restarts| restarts.value),
        own_thread,
        replicas: flow.settings().replicas(),
        replicas_by: flow.replicas_by().map(|router| schedule.node(router)),
    }
}

fn lower_edge(runtime: &RuntimeDecl, flow: &LinkedFlow, schedule: &Schedule, edge: &LinkedEdge) -> Stream {
    let queue = buffers::queue(runtime, flow, edge);
    Stream {
        from: schedule.node(edge.from),
        from_port: edge.from_port.clone(),
        to: schedule.node(edge.to),
        to_port: edge.to_port.clone(),
        depth: queue.depth,
        low_watermark: queue.low_watermark,
        policy: runtime.overflow_policy(&edge.settings),
        priority: edge.settings.priority(),
        max_element_bytes: edge.settings.max_element_bytes.map(|limit| limit.value),
    }
}

fn lower_node(
    runtime: &RuntimeDecl,
    node: &LinkedNode,
    idx: ir::NodeIdx,
    streams: &[Stream],
    components: &Components,
) -> Node {
    let implementation = match node.implementation {
        LinkedImplementation::Builtin(builtin) => ir::Implementation::Builtin(builtin),
        LinkedImplementation::Component { component, lifecycle } => {
            let position = components.used.iter().position(|other| *other == component);
            let position = position.expect("invariant: `components` lists every component of the flows");
            ir::Implementation::Component {
                component: ir::ComponentIdx::new(position),
                lifecycle,
            }
        }
    };
    let policies = node.settings.policies();
    Node {
        name: node.name.clone(),
        role: node.role,
        config: node.settings.config().to_owned(),
        inputs: inputs(idx, policies.merge, streams),
        outputs: outputs(idx, streams),
        policies,
        capabilities: node.capabilities.clone(),
        own_thread: components.threads.of_source(node.role, &implementation),
        limits: node.settings.limits.or(&runtime.limits),
        path: CallPath::Builtin,
        implementation,
    }
}

/// The streams that end at a node, in the order in which the node takes from them.
fn inputs(node: ir::NodeIdx, merge: Merge, streams: &[Stream]) -> Vec<StreamIdx> {
    let mut inputs: Vec<_> = numbered(streams).filter(|(_, stream)| stream.to == node).collect();
    match merge {
        Merge::RoundRobin => {}
        Merge::Priority => inputs.sort_by_key(|(_, stream)| Reverse(stream.priority)),
    }
    inputs.into_iter().map(|(id, _)| id).collect()
}

/// The output ports of a node, in order of their first stream.
fn outputs(node: ir::NodeIdx, streams: &[Stream]) -> Vec<OutPort> {
    let mut outputs: Vec<OutPort> = Vec::new();
    for (id, stream) in numbered(streams).filter(|(_, stream)| stream.from == node) {
        match outputs.iter_mut().find(|port| port.name == stream.from_port) {
            Some(port) => port.streams.push(id),
            None => outputs.push(OutPort {
                name: stream.from_port.clone(),
                streams: vec![id],
            }),
        }
    }
    outputs
}

fn numbered(streams: &[Stream]) -> impl Iterator<Item = (StreamIdx, &Stream)> {
    let streams = streams.iter().enumerate();
    streams.map(|(position, stream)| (StreamIdx::new(position), stream))
}

#[cfg(test)]
mod tests {
    use torvyn_codegen::ir::{ErrorAction, ErrorPolicies, LastResort, OverflowPolicy};

    use super::sample::{edge, node, program};
    use super::*;

    fn positions(streams: &[StreamIdx]) -> Vec<usize> {
        streams.iter().map(|stream| stream.position()).collect()
    }

    #[test]
    fn inputs_are_in_the_order_they_are_taken_from() {
        let flow = |merge: &str| {
            let nodes = ["a", "b", "c", "d"].map(|name| node("m", name, "generator", ""));
            let ranks = [
                ("a", "priority = 1"),
                ("b", ""),
                ("c", "priority = 9"),
                ("d", "priority = 1"),
            ];
            let edges = ranks.map(|(name, rank)| match merge {
                "priority" => edge("m", (name, "output"), "out", rank),
                _ => edge("m", (name, "output"), "out", ""),
            });
            let out = node("m", "out", "console", &format!("merge = \"{merge}\""));
            program(&format!("{}{out}{}", nodes.concat(), edges.concat()))
        };
        let inputs = |program: ProgramIr| positions(&program.flows[0].nodes.last().unwrap().inputs);
        assert_eq!(inputs(flow("round-robin")), [0, 1, 2, 3]);
        assert_eq!(inputs(flow("priority")), [2, 0, 3, 1]);
    }

    #[test]
    fn what_the_manifest_does_not_say_has_a_value() {
        let on_error = "on_error = { invalid-input = \"retry\", default = { retry = { then = \"dead-letter\" } } }";
        let text = [
            node("m", "lines", "lines", ""),
            node("m", "out", "console", on_error),
            node("m", "rejected", "console", ""),
            edge("m", ("lines", "output"), "out", ""),
            edge(
                "m",
                ("out", "error"),
                "rejected",
                "backpressure = { policy = \"block\" }",
            ),
            "[runtime.backpressure]\nbackpressure_policy = \"drop-oldest\"\n".to_owned(),
        ];
        let program = program(&text.concat());
        let flow = &program.flows[0];
        let retry = |then| ErrorAction::Retry {
            max: 3,
            backoff_ms: 100,
            then,
        };
        let expected = ErrorPolicies {
            invalid_input: retry(LastResort::Terminate),
            ..ErrorPolicies::all(retry(LastResort::DeadLetter))
        };
        assert_eq!(flow.nodes[1].policies.on_error, expected);
        assert_eq!(flow.nodes[0].policies.on_error, ErrorPolicies::TERMINATE);
        let policies: Vec<_> = flow.streams.iter().map(|stream| stream.policy).collect();
        assert_eq!(policies, [OverflowPolicy::DropOldest, OverflowPolicy::Block]);
        assert_eq!(flow.nodes[0].own_thread.as_deref(), Some("may block on its input"));
        assert_eq!(
            (flow.max_restarts, flow.nodes[0].limits.buffer_budget_bytes),
            (5, 64 << 20)
        );
    }
}
