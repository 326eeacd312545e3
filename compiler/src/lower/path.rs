//! Chooses how each stage is called, and says why. In: flows whose nodes have no path yet, and what their components are
//! made of. Out: the paths of the nodes, and the [`Unit`]s that are compiled for them.
//!
//! A stage takes the path that is wanted, or else the fastest one before it that it can take: fused, direct, component.

mod fusion;
mod stage;
#[cfg(test)]
mod tests;
mod units;

use torvyn_codegen::ir::{self, CallPath, FlowIr, Implementation, Node, NodeIdx, ShellIdx};
use torvyn_runtime_core::layout::handle;

use crate::aot::{Normalised, Unit};
use crate::glue::StageCode;
use crate::manifest::ast::Optimize;
use crate::manifest::defaults;
use fusion::{Chain, Fusion};
use stage::Stage;
use units::Units;

/// The pools of a flow whose stages are in shells lie in one memory of 4 GiB, with all else that the stages share.
const MOST_EXCHANGE_BYTES: u64 = 7 << 29;

/// Bytes that a stage in a shell has in that memory for itself.
const HANDLES_BYTES: u64 = handle::SIZE as u64 * handle::COUNT as u64;

/// The path that is wanted for the stages of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The command line says so.
    Option(Optimize),
    /// The manifest does.
    Manifest(Optimize),
    /// Nobody does.
    Default,
}

impl Wanted {
    /// The command line goes before the manifest.
    pub(super) fn new(option: Option<Optimize>, manifest: Option<Optimize>) -> Self {
        match (option, manifest) {
            (Some(path), _) => Wanted::Option(path),
            (None, Some(path)) => Wanted::Manifest(path),
            (None, None) => Wanted::Default,
        }
    }

    fn path(self) -> Optimize {
        match self {
            Wanted::Option(path) | Wanted::Manifest(path) => path,
            Wanted::Default => defaults::OPTIMIZE,
        }
    }

    /// Who wants it.
    fn origin(self) -> &'static str {
        match self {
            Wanted::Option(_) => "asked for by `--opt`",
            Wanted::Manifest(_) => "asked for by `optimize`",
            Wanted::Default => "the default",
        }
    }
}

/// Sets path and shells of `flows`, each with what is wanted for it. `binaries` are the components, by index.
pub(super) fn choose(flows: &mut [(FlowIr, Wanted)], binaries: &[Normalised]) -> Vec<Unit> {
    let stages: Vec<Stage<'_>> = binaries.iter().map(Stage::new).collect();
    let mut units = Units::new(&stages);
    for (flow, wanted) in flows {
        let choices = Choices::new(flow, *wanted, &stages);
        apply(flow, choices, &mut units);
    }
    units.into_list()
}

/// What a stage could be called by.
#[derive(Clone, Debug)]
enum Code<'a> {
    /// Nothing but the runtime has it.
    Builtin,
    /// Only the component's own functions, for a reason.
    Component(String),
    /// Its core code, welded to glue.
    Core(&'a StageCode),
}

/// What was chosen for a node.
enum Choice {
    Builtin,
    /// With the reason.
    Component(String),
    /// With the reason.
    Direct(String),
    /// A member of a chain.
    Fused {
        chain: usize,
        member: usize,
    },
}

/// What was chosen for a flow.
struct Choices {
    /// By node.
    nodes: Vec<Choice>,
    chains: Vec<Chain>,
}

impl Choices {
    fn new(flow: &FlowIr, wanted: Wanted, stages: &[Stage<'_>]) -> Self {
        let codes: Vec<Code<'_>> = flow.nodes.iter().map(|node| code(flow, node, wanted, stages)).collect();
        let fusion = match wanted.path() {
            Optimize::Component | Optimize::Direct => Fusion::none(flow, wanted.origin()),
            Optimize::Fused => Fusion::of(flow, &codes),
        };
        let nodes = flow
            .nodes
            .iter()
            .zip(&codes)
            .enumerate()
            .map(|(position, (node, code))| match code {
                Code::Builtin => Choice::Builtin,
                Code::Component(reason) => Choice::Component(reason.clone()),
                Code::Core(_) => match fusion.place(NodeIdx::new(position)) {
                    Ok((chain, member)) => Choice::Fused { chain, member },
                    Err(reason) => direct(node, reason, stages),
                },
            });
        Self {
            nodes: nodes.collect(),
            chains: fusion.chains,
        }
    }
}

/// What a stage could be called by, with nothing beside it considered.
fn code<'a>(flow: &FlowIr, node: &Node, wanted: Wanted, stages: &'a [Stage<'_>]) -> Code<'a> {
    let Implementation::Component { component, .. } = node.implementation else {
        return Code::Builtin;
    };
    if let Some(reason) = unwanted(flow, wanted) {
        return Code::Component(reason);
    }
    match (stages[component.position()].code(), &node.own_thread) {
        (Err(obstacle), _) => Code::Component(obstacle.to_owned()),
        (Ok(_), Some(reason)) => Code::Component(format!("has a thread of its own: {reason}")),
        (Ok(code), None) => Code::Core(code),
    }
}

/// Why no stage of a flow is called by its core code, if so.
fn unwanted(flow: &FlowIr, wanted: Wanted) -> Option<String> {
    match wanted.path() {
        Optimize::Component => return Some(wanted.origin().to_owned()),
        Optimize::Direct | Optimize::Fused => {}
    }
    let pools = flow
        .pools
        .iter()
        .map(|pool| u64::from(pool.slot_bytes) * u64::from(pool.slots));
    let shared = pools.sum::<u64>() + flow.nodes.len() as u64 * HANDLES_BYTES;
    (shared >= MOST_EXCHANGE_BYTES).then(|| "the buffers of the flow do not fit into one memory of 4 GiB".to_owned())
}

/// The direct path, or why it can't be taken either.
fn direct(node: &Node, reason: &str, stages: &[Stage<'_>]) -> Choice {
    let component = component(node);
    match stages[component.position()].direct() {
        Ok(_) => Choice::Direct(reason.to_owned()),
        Err(error) => Choice::Component(error.to_owned()),
    }
}

fn component(node: &Node) -> ir::ComponentIdx {
    match node.implementation {
        Implementation::Component { component, .. } => component,
        Implementation::Builtin(_) => unreachable!("invariant: only components have paths to choose from"),
    }
}

/// Writes `choices` into `flow`, and what they need into `units`.
fn apply(flow: &mut FlowIr, choices: Choices, units: &mut Units<'_>) {
    let mut chains: Vec<_> = choices.chains.into_iter().map(Some).collect();
    for (position, choice) in choices.nodes.into_iter().enumerate() {
        let node = &flow.nodes[position];
        let path = match choice {
            Choice::Builtin => CallPath::Builtin,
            Choice::Component(reason) => CallPath::Component {
                artifact: units.component(component(node)),
                reason,
            },
            Choice::Direct(reason) => CallPath::Direct {
                artifact: units.direct(component(node)),
                reason,
            },
            Choice::Fused { chain, member } => {
                if let Some(Chain { members, shell }) = chains[chain].take() {
                    let first = &flow.nodes[members[0].position()];
                    let artifact = units.fused(&flow.name, &first.name, component(first), shell);
                    flow.shells.push(ir::Shell { artifact, members });
                }
                CallPath::Fused {
                    shell: ShellIdx::new(chain),
                    member: u32::try_from(member).expect("invariant: a chain has few stages"),
                }
            }
        };
        flow.nodes[position].path = path;
    }
}
