//! Chooses the call path of each stage, and gives the reason. In: flows whose nodes have no path yet, and the binaries
//! of their components. Out: the paths of the nodes, and the [`Unit`]s that are compiled for them.
//!
//! A stage takes the requested path or, if it can't, the next slower one that it can take (fused, direct, component).
//! Without a request it is fused where that makes the flow faster.

mod fusion;
mod stage;
#[cfg(test)]
mod tests;
mod units;

use torvyn_codegen::ir::{self, CallPath, FlowIr, Implementation, Node, NodeIdx, ShellIdx};
use torvyn_runtime_core::limits::exchange_bytes;

use crate::aot::{Normalised, Unit};
use crate::glue::StageCode;
use crate::manifest::ast::Optimize;
use crate::manifest::defaults;
use fusion::{Chain, Copies, Fusion};
use stage::Stage;
use units::Units;

/// Limit for the exchange memory, in bytes: of 4 GiB, with room to spare.
const MOST_EXCHANGE_BYTES: u64 = 7 << 29;

/// The call path that is requested for the stages of a flow, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Requested on the command line.
    Option(Optimize),
    /// Requested in the manifest, or its default.
    Manifest(Optimize),
}

impl Wanted {
    /// Returns the request that counts: the command line overrides the manifest.
    pub(super) fn new(option: Option<Optimize>, manifest: Option<Optimize>) -> Self {
        match option {
            Some(path) => Wanted::Option(path),
            None => Wanted::Manifest(manifest.unwrap_or(defaults::OPTIMIZE)),
        }
    }

    fn path(self) -> Optimize {
        match self {
            Wanted::Option(path) | Wanted::Manifest(path) => path,
        }
    }

    /// Origin of the request, as a reason in output.
    fn origin(self) -> &'static str {
        match self {
            Wanted::Option(_) => "asked for by `--opt`",
            Wanted::Manifest(_) => "asked for by `optimize`",
        }
    }
}

/// Sets the paths and shells of `flows`, each given with its requested path, and returns the units to compile.
/// `binaries` are the components, by index.
pub(super) fn choose(flows: &mut [(FlowIr, Wanted)], binaries: &[Normalised]) -> Vec<Unit> {
    let stages: Vec<Stage<'_>> = binaries.iter().map(Stage::new).collect();
    let mut units = Units::new(&stages);
    let mut copies = Copies::default();
    for (flow, wanted) in flows {
        let choices = Choices::new(flow, *wanted, &stages, &mut copies);
        apply(flow, choices, &mut units);
    }
    units.into_list()
}

/// Code by which a stage can be called.
#[derive(Clone, Debug)]
enum Code<'a> {
    /// Code of the runtime.
    Builtin,
    /// Only the component's functions, with the reason.
    Component(String),
    /// The component's core module, to be welded to glue.
    Core(&'a StageCode),
}

/// The call path chosen for a node.
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

/// The call paths chosen for a flow.
struct Choices {
    /// By node.
    nodes: Vec<Choice>,
    chains: Vec<Chain>,
}

impl Choices {
    fn new(flow: &FlowIr, wanted: Wanted, stages: &[Stage<'_>], copies: &mut Copies) -> Self {
        let codes: Vec<Code<'_>> = flow.nodes.iter().map(|node| code(flow, node, wanted, stages)).collect();
        let fusion = match wanted.path() {
            Optimize::Component | Optimize::Direct => Fusion::none(flow, wanted.origin()),
            Optimize::Auto => Fusion::of(flow, &codes, Some(copies)),
            Optimize::Fused => Fusion::of(flow, &codes, None),
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

/// Returns the code by which a stage can be called, regardless of its neighbours.
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

/// Returns the reason why no stage of a flow may be in a shell; `None` if stages may.
fn unwanted(flow: &FlowIr, wanted: Wanted) -> Option<String> {
    match wanted.path() {
        Optimize::Component => return Some(wanted.origin().to_owned()),
        Optimize::Auto | Optimize::Direct | Optimize::Fused => {}
    }
    let shared = exchange_bytes(&flow.pools, flow.nodes.len(), flow.nodes.len());
    (shared >= MOST_EXCHANGE_BYTES).then(|| "the buffers of the flow do not fit into one memory of 4 GiB".to_owned())
}

/// Chooses the direct path, with `reason`, or the component path if the code can't be welded.
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

/// Writes `choices` into `flow`, and adds the units that they need to `units`.
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
