//! Memory of a program in the worst case. In: the IR, and the size of each artifact.
//!
//! Each line is an upper bound: queues have a fixed depth, buffers come from pools of a fixed size or from the budget
//! beside them, and no linear memory grows beyond its limit.

use std::collections::BTreeSet;

use torvyn_codegen::ir::{ArtifactIdx, Exhaustion, FlowIr, Implementation, Node, ProgramIr};
use torvyn_runtime_core::bounds;
use torvyn_runtime_core::layout::{content_type, handle, node, scratch, slot};

/// Upper bound for a queued element in a stream: the id of its buffer, and metadata.
const QUEUED_BYTES: u64 = 64;

/// Upper bound for the bookkeeping of a buffer: its slot in the exchange memory, and the runtime's own record.
const BUFFER_RECORD_BYTES: u64 = slot::SIZE as u64 + 64;

/// Upper bound for the content types of a flow: the runtime and the exchange memory each have a copy of every text.
const CONTENT_TYPE_BYTES: u64 = content_type::COUNT as u64 * (2 * content_type::LONGEST as u64 + 64);

/// Upper bound for the fixed parts of a flow's exchange memory: control page, flow name, scratch.
const EXCHANGE_BYTES: u64 = scratch::SIZE as u64 + (64 << 10);

/// Memory of a thread's stack. Of its 2 MiB of addresses only the touched pages become memory.
const STACK_BYTES: u64 = 64 << 10;

/// Memory that one call can make the host allocate: for its arguments, and for one read.
const COPIED_BYTES: u64 = bounds::CALL_BYTES + bounds::LARGEST_BUFFER_BYTES;

/// Upper bound for input that is read ahead of a flow.
const CHUNKS_BYTES: u64 = 1 << 20;

/// Memory of the executable itself, of its heap, and of wasmtime's record of each instance.
const PROCESS_BYTES: u64 = 6 << 20;

/// One use of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryUse {
    /// Description of the use.
    pub what: String,
    /// Upper bound in bytes.
    pub bytes: u64,
}

/// The uses of memory of a flow. `code` has the sizes of the program's artifacts.
pub(super) fn of_flow(flow: &FlowIr, code: &[u64]) -> Vec<MemoryUse> {
    let mut lines = own(flow);
    lines.push(line(
        "machine code",
        artifacts(flow).map(|artifact| code[artifact]).sum(),
    ));
    lines.push(line("process", PROCESS_BYTES));
    lines
}

/// The memory of a program in bytes. Machine code and process count once, whatever the number of flows.
pub(super) fn of_program(program: &ProgramIr, code: &[u64]) -> u64 {
    let flows = program.flows.iter().flat_map(own);
    flows.map(|line| line.bytes).sum::<u64>() + code.iter().sum::<u64>() + PROCESS_BYTES
}

/// The uses that a flow shares with no other flow: those of one replica, times the number of replicas.
fn own(flow: &FlowIr) -> Vec<MemoryUse> {
    let replicas = u64::from(flow.replicas);
    let lines = of_replica(flow).into_iter().map(|line| MemoryUse {
        what: match replicas {
            1 => line.what,
            _ => format!("{replicas} x {}", line.what),
        },
        bytes: line.bytes * replicas,
    });
    lines.chain(shared_among_replicas(flow)).collect()
}

/// Input that is read once and divided among the replicas.
fn shared_among_replicas(flow: &FlowIr) -> Option<MemoryUse> {
    let is_lines =
        |node: &&Node| matches!(node.implementation, Implementation::Builtin(builtin) if builtin.reads_ahead());
    let lines = flow.nodes.iter().filter(is_lines).count() as u64;
    let is_shared = flow.replicas > 1 && flow.replicas_by.is_none();
    (is_shared && lines > 0).then(|| {
        line(
            "lines divided among replicas",
            lines * (bounds::LARGEST_BUFFER_BYTES + CHUNKS_BYTES),
        )
    })
}

/// The uses that a replica shares with no other replica.
fn of_replica(flow: &FlowIr) -> Vec<MemoryUse> {
    let mut lines = Vec::new();
    for pool in &flow.pools {
        let (bytes, slots) = (u64::from(pool.slot_bytes), u64::from(pool.slots));
        lines.push(line(&format!("buffer pool, {slots} x {}", unit(bytes)), bytes * slots));
    }
    let pooled: u64 = flow.pools.iter().map(|pool| u64::from(pool.slots)).sum();
    let (outside, buffers) = match flow.exhaustion {
        Exhaustion::FallbackAlloc => (flow.fallback_bytes, bounds::BUFFERS),
        Exhaustion::Error => (0, pooled.min(bounds::BUFFERS)),
    };
    lines.push(line("buffers outside the pools", outside));
    lines.push(line("buffer records", records(flow, buffers)));
    let queued: u64 = flow.streams.iter().map(|stream| u64::from(stream.depth)).sum();
    lines.push(line("queues", queued * QUEUED_BYTES));
    for node in &flow.nodes {
        match node.implementation {
            Implementation::Component { .. } => {
                lines.push(line(
                    &format!("linear memory of {}", node.name),
                    node.limits.memory_bytes,
                ));
            }
            Implementation::Builtin(_) => {}
        }
    }
    let stages = flow.nodes.iter().filter(|node| is_component(node)).count() as u64;
    let tables = bounds::TABLE_ELEMENTS * bounds::TABLE_ELEMENT_BYTES;
    lines.push(line("tables of the stages", stages * tables));
    let in_shells = flow.nodes.iter().filter(|node| node.path.is_core()).count() as u64;
    // With all of them in use at once. On the component path they are few, and count as linear memory.
    let handles = in_shells * u64::from(handle::TABLE_BYTES);
    lines.push(line("handles of the stages", handles));
    let apart: u64 = flow.nodes.iter().map(|node| buffers_apart(flow, node)).sum();
    if own_threads(flow) > 0 {
        lines.push(line("buffers of own threads", apart));
        lines.push(line("stacks of own threads", own_threads(flow) * STACK_BYTES));
    }
    lines.push(line("copies of one call at a time", calls_at_once(flow) * COPIED_BYTES));
    lines
}

/// The bookkeeping of a pool with that many buffers, and of the stages that use it.
fn records(flow: &FlowIr, buffers: u64) -> u64 {
    let blocks = flow.nodes.len() as u64 * u64::from(node::SIZE);
    buffers * BUFFER_RECORD_BYTES + CONTENT_TYPE_BYTES + EXCHANGE_BYTES + blocks
}

fn is_component(node: &Node) -> bool {
    match node.implementation {
        Implementation::Component { .. } => true,
        Implementation::Builtin(_) => false,
    }
}

/// The buffers of a source with its own thread, outside the flow's pool: a component's budget and its bookkeeping; for
/// `builtin:lines` the longest line and some chunks.
fn buffers_apart(flow: &FlowIr, node: &Node) -> u64 {
    match (&node.own_thread, is_component(node)) {
        (None, _) => 0,
        (Some(_), true) => node.limits.buffer_budget_bytes + records(flow, bounds::BUFFERS),
        (Some(_), false) => bounds::LARGEST_BUFFER_BYTES + CHUNKS_BYTES,
    }
}

/// The number of calls in progress at once. A flow calls one component at a time; sources with their own threads are
/// called at the same time.
fn calls_at_once(flow: &FlowIr) -> u64 {
    let apart = flow
        .nodes
        .iter()
        .filter(|node| node.own_thread.is_some() && is_component(node));
    apart.count() as u64 + 1
}

fn own_threads(flow: &FlowIr) -> u64 {
    let sources = flow.nodes.iter().filter(|node| node.own_thread.is_some()).count() as u64;
    sources + u64::from(flow.own_thread.is_some())
}

/// Positions of the artifacts that the flow uses, each once.
fn artifacts(flow: &FlowIr) -> impl Iterator<Item = usize> {
    let used = flow.nodes.iter().filter_map(|node| flow.artifact(node));
    used.map(ArtifactIdx::position).collect::<BTreeSet<_>>().into_iter()
}

fn line(what: &str, bytes: u64) -> MemoryUse {
    MemoryUse {
        what: what.to_owned(),
        bytes,
    }
}

/// The capacity of a tier, for people.
fn unit(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes if bytes >= 1 << 10 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use torvyn_codegen::ir::{CallPath, ComponentIdx};

    use super::*;
    use crate::lower::sample::{edge, node, program};

    fn flow(name: &str, depth: u32) -> String {
        let backpressure = format!("backpressure = {{ queue_depth = {depth} }}");
        node(name, "in", "lines", "")
            + &node(name, "out", "console", "")
            + &edge(name, ("in", "output"), "out", &backpressure)
    }

    fn bytes(lines: &[MemoryUse], what: &str) -> u64 {
        let found = lines.iter().find(|line| line.what == what);
        found.unwrap_or_else(|| panic!("no line for {what}")).bytes
    }

    #[test]
    fn the_pools_hold_what_queues_and_stages_can_hold() {
        let program = program(&flow("m", 10));
        let lines = of_flow(&program.flows[0], &[]);
        assert_eq!(bytes(&lines, "buffer pool, 14 x 256 B"), 14 * 256);
        assert_eq!(bytes(&lines, "buffer pool, 14 x 4 KiB"), 14 * 4096);
        assert_eq!(bytes(&lines, "queues"), 10 * QUEUED_BYTES);
        assert_eq!(bytes(&lines, "buffers outside the pools"), 64 << 20);
        assert_eq!(
            bytes(&lines, "stacks of own threads"),
            STACK_BYTES,
            "`builtin:lines` has a thread"
        );
    }

    #[test]
    fn flows_share_the_process() {
        let program = program(&(flow("a", 10) + &flow("b", 20)));
        let total = |lines: Vec<MemoryUse>| lines.iter().map(|line| line.bytes).sum::<u64>();
        let alone: u64 = program.flows.iter().map(|flow| total(of_flow(flow, &[]))).sum();
        assert_eq!(of_program(&program, &[]), alone - PROCESS_BYTES);
    }

    #[test]
    fn stages_in_shells_have_handles() {
        let mut program = program(&flow("m", 10));
        let flow = &mut program.flows[0];
        assert_eq!(bytes(&of_flow(flow, &[]), "handles of the stages"), 0);
        let sink = &mut flow.nodes[1];
        sink.implementation = Implementation::Component {
            component: ComponentIdx::new(0),
            lifecycle: false,
        };
        sink.path = CallPath::Direct {
            artifact: ArtifactIdx::new(1),
            reason: String::new(),
        };
        let lines = of_flow(flow, &[5, 7]);
        assert_eq!(bytes(&lines, "handles of the stages"), 100_001 * 8);
        assert_eq!(bytes(&lines, "machine code"), 7, "that of the artifacts it uses");
        assert_eq!(bytes(&lines, "linear memory of out"), 64 << 20);
    }

    #[test]
    fn without_memory_outside_the_pools_only_their_buffers_are_recorded() {
        let text = flow("m", 10) + "[runtime.pools]\nexhaustion_policy = \"error\"\n";
        let lines = of_flow(&program(&text).flows[0], &[]);
        assert_eq!(bytes(&lines, "buffers outside the pools"), 0);
        let buffers = 14 + 14 + 4 + 2;
        let stages = 2 * u64::from(node::SIZE);
        assert_eq!(
            bytes(&lines, "buffer records"),
            buffers * BUFFER_RECORD_BYTES + CONTENT_TYPE_BYTES + EXCHANGE_BYTES + stages
        );
    }
}
