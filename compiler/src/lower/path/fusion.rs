//! Finds chains of stages whose streams pass on every element at once, and welds each chain to one shell.

use std::collections::BTreeSet;

use torvyn_codegen::ir::{ComponentIdx, FlowIr, Node, NodeIdx, Role, Stream};

use super::{Code, component};
use crate::glue::{self, Member, StageCode};
use crate::weld::{self, HiddenState, WeldError};

/// Most stages of one shell. Each has its own memory, and a module has at most 100 (a limit of wasmparser and
/// wasmtime).
const LONGEST_CHAIN: usize = 32;

/// Most copies of code in a program whose fused stages are to be faster than direct ones. On the direct path, stages of
/// one component share machine code; in shells each has a copy, and many copies do not stay in the processor's
/// instruction cache. With the stages of `examples/benchmark-comparison`, a fused chain of 18 stages took 0.77 of the
/// time of a direct one, of 24 stages 1.05, and of 30 stages 1.29. Each copy also takes time to compile, and space.
const MOST_COPIES: usize = 16;

/// The code of components in the chains of a program, whether or not they can be welded.
#[derive(Debug, Default)]
pub(super) struct Copies {
    components: BTreeSet<ComponentIdx>,
    /// Stages in these chains besides the first one of each component.
    copies: usize,
}

impl Copies {
    /// Adds the code of stages with these components, if there are few copies then; otherwise their number is the
    /// error.
    fn add(&mut self, stages: &[ComponentIdx]) -> Result<(), usize> {
        let with: BTreeSet<ComponentIdx> = self.components.iter().chain(stages).copied().collect();
        let copies = self.copies + stages.len() - (with.len() - self.components.len());
        if copies > MOST_COPIES {
            return Err(copies);
        }
        *self = Self {
            components: with,
            copies,
        };
        Ok(())
    }
}

/// Stages that share a shell.
pub(super) struct Chain {
    pub(super) members: Vec<NodeIdx>,
    pub(super) shell: Vec<u8>,
}

/// The fused stages of a flow.
pub(super) struct Fusion {
    pub(super) chains: Vec<Chain>,
    /// Reason why a stage is in no chain, by node; without meaning for members of chains.
    reasons: Vec<String>,
}

impl Fusion {
    /// No fused stages, because another path is requested; `origin` is the reason for every stage.
    pub(super) fn none(flow: &FlowIr, origin: &str) -> Self {
        Self {
            chains: Vec::new(),
            reasons: vec![origin.to_owned(); flow.nodes.len()],
        }
    }

    /// Finds and welds the longest chains of a flow; with `copies` only where the program has few copies of code then.
    /// `codes`: the code of each node.
    pub(super) fn of(flow: &FlowIr, codes: &[Code<'_>], mut copies: Option<&mut Copies>) -> Self {
        let members = flow.nodes.iter().zip(codes).map(|(node, code)| member(node, code));
        let mut fuser = Fuser {
            flow,
            members: members.collect(),
            chains: Vec::new(),
        };
        for run in fuser.runs() {
            let pieces = run.len().div_ceil(LONGEST_CHAIN);
            for piece in run.chunks(run.len().div_ceil(pieces)) {
                let added = copies
                    .as_mut()
                    .map_or(Ok(()), |copies| copies.add(&fuser.components(piece)));
                match added {
                    Ok(()) => fuser.fuse(piece),
                    Err(copies) => fuser.leave_shared(piece, copies),
                }
            }
        }
        fuser.chains.sort_by_key(|chain| chain.members[0]);
        let nodes = (0..flow.nodes.len()).map(NodeIdx::new);
        Self {
            reasons: nodes.map(|node| fuser.reason(node)).collect(),
            chains: fuser.chains,
        }
    }

    /// Returns the chain of a stage, and the stage's position in it.
    ///
    /// # Errors
    /// When it is in none: the reason.
    pub(super) fn place(&self, node: NodeIdx) -> Result<(usize, usize), &str> {
        let places = self
            .chains
            .iter()
            .enumerate()
            .find_map(|(chain, Chain { members, .. })| {
                let member = members.iter().position(|member| *member == node)?;
                Some((chain, member))
            });
        places.ok_or(&self.reasons[node.position()])
    }
}

/// Returns the code of a stage that can be in a chain.
///
/// # Errors
/// When it can't be in one: the reason.
fn member<'a>(node: &Node, code: &Code<'a>) -> Result<&'a StageCode, String> {
    let code = match code {
        Code::Builtin => return Err("is a built-in".to_owned()),
        Code::Component(_) => return Err("takes the component path".to_owned()),
        Code::Core(code) => *code,
    };
    match node.role {
        Role::Router => return Err("is a router".to_owned()),
        Role::Source | Role::Processor | Role::Filter | Role::Aggregator | Role::Sink => {}
    }
    if node.limits.fuel > 0 {
        return Err("is metered with fuel".to_owned());
    }
    // When a member restarts, the state of the others is copied to a new instance, so all of it must be accessible. A
    // malformed module, which can't be welded anyway, counts as one with inaccessible state.
    match weld::hidden_state(&code.module).unwrap_or(Some(HiddenState::Tables)) {
        None => Ok(code),
        Some(HiddenState::Tables) => Err("changes its tables while it runs".to_owned()),
        Some(HiddenState::Segments) => Err("drops data segments while it runs".to_owned()),
        Some(HiddenState::References) => Err("has a global that holds references".to_owned()),
    }
}

struct Fuser<'a> {
    flow: &'a FlowIr,
    /// By node: its code, or the reason why it can't be in a chain.
    members: Vec<Result<&'a StageCode, String>>,
    chains: Vec<Chain>,
}

impl Fuser<'_> {
    /// Returns the maximal chains of at least two stages.
    fn runs(&self) -> Vec<Vec<NodeIdx>> {
        let mut runs: Vec<Vec<NodeIdx>> = Vec::new();
        for node in (0..self.flow.nodes.len()).map(NodeIdx::new) {
            if self.members[node.position()].is_err() {
                continue;
            }
            let before = self.flow.nodes[node.position()].inputs.first();
            let before = before.map(|input| self.flow.streams[input.position()].from);
            let joined = before.filter(|before| self.next(*before) == Ok(node));
            match runs
                .iter_mut()
                .find(|run| run.last().copied() == joined && joined.is_some())
            {
                Some(run) => run.push(node),
                None => runs.push(vec![node]),
            }
        }
        runs.retain(|run| run.len() > 1);
        runs
    }

    /// Welds a chain. If a stage can't be welded, it is left out, and the stages upstream and downstream of it become
    /// chains of their own. If no single stage is at fault, the chain is cut in two, or given up if it is short.
    fn fuse(&mut self, members: &[NodeIdx]) {
        if members.len() < 2 {
            return;
        }
        let welded = glue::fused(&members.iter().map(|node| self.member(*node)).collect::<Vec<_>>());
        match welded {
            Ok(shell) => self.chains.push(Chain {
                members: members.to_vec(),
                shell,
            }),
            Err((Some(position), error)) => {
                let (before, after) = members.split_at(position);
                self.leave_unwelded(&after[..1], &error);
                self.fuse(before);
                self.fuse(&after[1..]);
            }
            Err((None, error)) if members.len() < 4 => self.leave_unwelded(members, &error),
            Err((None, _)) => {
                let (before, after) = members.split_at(members.len() / 2);
                self.fuse(before);
                self.fuse(after);
            }
        }
    }

    fn leave_unwelded(&mut self, nodes: &[NodeIdx], error: &WeldError) {
        for node in nodes {
            self.members[node.position()] = Err(format!("can't be welded to others: {error}"));
        }
    }

    fn components(&self, nodes: &[NodeIdx]) -> Vec<ComponentIdx> {
        let components = nodes.iter().map(|node| component(&self.flow.nodes[node.position()]));
        components.collect()
    }

    fn leave_shared(&mut self, nodes: &[NodeIdx], copies: usize) {
        let reason = format!("the program would have {copies} copies of code that stages on this path share");
        for node in nodes {
            self.members[node.position()] = Err(reason.clone());
        }
    }

    fn member(&self, idx: NodeIdx) -> Member<'_> {
        let node = &self.flow.nodes[idx.position()];
        let code = self.members[idx.position()].as_ref();
        Member {
            code: code.expect("invariant: chains have stages that can be members"),
            role: node.role,
            node: idx.position(),
            memory_bytes: node.limits.memory_bytes,
        }
    }

    /// Returns the next stage downstream if both can be in one chain, or else the reason why not.
    fn next(&self, idx: NodeIdx) -> Result<NodeIdx, String> {
        let node = &self.flow.nodes[idx.position()];
        let mut ports = node.ports();
        let streams = ports.next().map_or(&[][..], |port| &port.streams);
        let ([stream], None) = (streams, ports.next()) else {
            return Err(format!("`{}` has several outputs", node.name));
        };
        let stream = &self.flow.streams[stream.position()];
        let next = &self.flow.nodes[stream.to.position()];
        if next.inputs.len() > 1 {
            return Err(format!("`{}` has several inputs", next.name));
        }
        unhindered(stream).map_err(|why| format!("the stream from `{}` to `{}` {why}", node.name, next.name))?;
        for end in [idx, stream.to] {
            if let Err(why) = &self.members[end.position()] {
                return Err(format!("`{}` {why}", self.flow.nodes[end.position()].name));
            }
        }
        Ok(stream.to)
    }

    /// Reason why a stage is in no chain.
    fn reason(&self, idx: NodeIdx) -> String {
        if let Err(why) = &self.members[idx.position()] {
            return why.clone();
        }
        let node = &self.flow.nodes[idx.position()];
        let inputs = node.inputs.iter().map(|input| self.flow.streams[input.position()].from);
        let after = (node.role != Role::Sink).then_some(idx);
        let mut reasons: Vec<String> = inputs.chain(after).filter_map(|from| self.next(from).err()).collect();
        reasons.dedup();
        format!("no stage beside it can be fused with it: {}", reasons.join(", "))
    }
}

/// Checks that a stream passes on every element at once and has room for two; the error is the reason.
fn unhindered(stream: &Stream) -> Result<(), &'static str> {
    if stream.depth < 2 {
        return Err("holds one element");
    }
    if stream.max_element_bytes.is_some() {
        return Err("limits the size of elements");
    }
    match stream.policy.per_second() {
        Some(_) => Err("limits their rate"),
        None => Ok(()),
    }
}
