//! The intermediate representation between the front half and the generated code.
//!
//! It contains no spans and no defaults: the schedule is decided, queues and pools are sized, every timeout has a
//! value. Only `lower` creates it; [`verify`] states its invariants.

mod path;
mod print;
#[cfg(test)]
pub(crate) mod sample;
mod verify;

pub use path::{CallPath, Shell};
pub use print::print;
pub use torvyn_runtime_core::builtin_table::Builtin;
pub use torvyn_runtime_core::limits::{StageLimits, TierSize};
pub use torvyn_runtime_core::policy::{
    ErrorAction, ErrorPolicies, Exhaustion, FanOut, LastResort, Merge, NodePolicies, OverflowPolicy,
};
pub use torvyn_runtime_core::role::Role;
pub use verify::verify;

use crate::index;
use crate::target::Target;

/// The output port for dead letters, of every role but source.
pub const ERROR_PORT: &str = "error";

index!(
    /// Position of a [`Node`] in [`FlowIr::nodes`].
    NodeIdx
);
index!(
    /// Position of a [`Stream`] in [`FlowIr::streams`].
    StreamIdx
);
index!(
    /// Position of a [`Component`] in [`ProgramIr::components`].
    ComponentIdx
);
index!(
    /// Position of an [`Artifact`] in [`ProgramIr::artifacts`].
    ArtifactIdx
);
index!(
    /// Position of a [`Shell`] in [`FlowIr::shells`].
    ShellIdx
);

/// The whole program of one executable.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramIr {
    /// Project name; also names the generated crate.
    pub name: String,
    /// Project version.
    pub version: String,
    /// Project description, possibly empty.
    pub description: String,
    /// Authors, licence and repository.
    pub origin: Origin,
    /// Target of the executable and of its artifacts.
    pub target: Target,
    /// The distinct components, in order of their first use.
    pub components: Vec<Component>,
    /// The code compiled ahead of time, in order of first use.
    pub artifacts: Vec<Artifact>,
    /// The WASI packages that the components on the component path import, sorted.
    pub wasi: Vec<WasiPackage>,
    /// The parts of the runtime that the program needs besides its core.
    pub features: Vec<Feature>,
    /// Number of threads that run flows; `None`: one for each processor.
    pub worker_threads: Option<u32>,
    /// Address space reserved for each linear memory, in bytes; `None`: all that 32-bit addresses reach.
    pub memory_reservation: Option<u64>,
    /// Whether the executable has the symbols of its artifacts, for profilers.
    pub profiling: bool,
    /// The flows in manifest order; never empty.
    pub flows: Vec<FlowIr>,
}

/// Origin of a program, as text for people; each part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Names and addresses of the authors.
    pub authors: Vec<String>,
    /// SPDX licence identifier.
    pub license: String,
    /// Address of the source repository.
    pub repository: String,
}

/// A part of the runtime with third-party dependencies: only programs that need it are compiled with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// WASI for components on the component path.
    Wasi,
}

impl Feature {
    /// Name of the runtime's cargo feature.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Feature::Wasi => "wasi",
        }
    }
}

/// A package of WASI 0.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WasiPackage {
    /// `wasi:cli`.
    Cli,
    /// `wasi:clocks`.
    Clocks,
    /// `wasi:filesystem`.
    Filesystem,
    /// `wasi:io`.
    Io,
    /// `wasi:random`.
    Random,
    /// `wasi:sockets`.
    Sockets,
}

/// A component that implements stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Name, unique in the program.
    pub name: String,
    /// SHA-256 of the component binary, in hexadecimal.
    pub sha256: String,
}

/// Code compiled ahead of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    /// Name, unique in the program; names the file `artifacts/<name>.cwasm` in the generated crate.
    pub name: String,
    /// Kind of its source.
    pub kind: ArtifactKind,
    /// SHA-256 of its source, in hexadecimal.
    pub sha256: String,
}

/// The source of an [`Artifact`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A whole component.
    Component,
    /// A shell: core modules of stages and glue, which implements the canonical ABI, welded to one core module.
    Shell,
}

/// One flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowIr {
    /// Name in the manifest.
    pub name: String,
    /// Description in the manifest, possibly empty.
    pub description: String,
    /// Nodes in topological order: producers before consumers, ties by declaration.
    pub nodes: Vec<Node>,
    /// Every node once, in the order in which the driver looks for a ready one: consumers before producers, ties by
    /// declaration.
    pub schedule: Vec<NodeIdx>,
    /// Streams in manifest order.
    pub streams: Vec<Stream>,
    /// The chains of stages that are fused, in order of their first stage.
    pub shells: Vec<Shell>,
    /// Buffer pools by tier, smallest first.
    pub pools: [TierSize; 4],
    /// Most bytes of all buffers outside the pools, where `exhaustion` allows these.
    pub fallback_bytes: u64,
    /// Policy of an allocation whose tier is empty.
    pub exhaustion: Exhaustion,
    /// Largest buffer that a component may allocate, in bytes.
    pub max_buffer_bytes: u64,
    /// Elements that the driver handles before it checks clock and signals.
    pub quantum: u32,
    /// Time for which a sink that returned `pause` gets no element, in milliseconds.
    pub sink_pause_ms: u64,
    /// Time after which the flow is drained, in milliseconds; `None` without a limit.
    pub deadline_ms: Option<u64>,
    /// Most restarts of a stage within a minute.
    pub max_restarts: u32,
    /// Reason why the driver has a thread of its own: one of its stages may block; `None` where it shares the workers.
    pub own_thread: Option<String>,
    /// Number of replicas, each with its own driver, stages and buffers; at least 1.
    pub replicas: u32,
    /// The router whose ports the replicas divide; `None` where they divide the elements of the sources.
    pub replicas_by: Option<NodeIdx>,
}

/// A stage of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name in the manifest.
    pub name: String,
    /// Role of the stage.
    pub role: Role,
    /// The component or built-in that implements it.
    pub implementation: Implementation,
    /// Configuration string for `lifecycle.init`, or for the built-in; possibly empty.
    pub config: String,
    /// Input streams: in manifest order, for [`Merge::Priority`] by descending priority. Empty for a source.
    pub inputs: Vec<StreamIdx>,
    /// Output ports in order of their first stream, [`ERROR_PORT`] included. A sink can have only that one.
    pub outputs: Vec<OutPort>,
    /// Policies.
    pub policies: NodePolicies,
    /// Grants visible to the component, sorted.
    pub capabilities: Vec<String>,
    /// Reason why this source has a thread of its own; `None` where its flow pulls it, and for every other role.
    pub own_thread: Option<String>,
    /// Limits of the stage.
    pub limits: StageLimits,
    /// Call path, with the reason for it.
    pub path: CallPath,
}

/// An output port with its streams, each of which gets every element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutPort {
    /// Name of the port.
    pub name: String,
    /// Streams of the port, in manifest order; never empty.
    pub streams: Vec<StreamIdx>,
}

/// Implementation of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// A sandboxed component.
    Component {
        /// The component.
        component: ComponentIdx,
        /// Whether it exports `torvyn:streaming/lifecycle`.
        lifecycle: bool,
    },
    /// A part of the runtime.
    Builtin(Builtin),
}

/// A bounded queue between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Producer.
    pub from: NodeIdx,
    /// Output port of the producer.
    pub from_port: String,
    /// Consumer.
    pub to: NodeIdx,
    /// Input port of the consumer.
    pub to_port: String,
    /// Capacity in elements; at least 1.
    pub depth: u32,
    /// Number of elements at which a full stream has room again; below `depth`.
    pub low_watermark: u32,
    /// Policy of a full stream.
    pub policy: OverflowPolicy,
    /// Priority among the inputs of a consumer with [`Merge::Priority`]; a higher one is tried first.
    pub priority: u8,
    /// Largest payload, in bytes; `None` without a limit.
    pub max_element_bytes: Option<u64>,
}

impl Stream {
    /// Whether no observer can tell that elements skip the stream: it has no rate limit and room for two elements.
    #[must_use]
    pub fn is_transparent(&self) -> bool {
        self.depth > 1 && self.policy.per_second().is_none()
    }
}

impl ArtifactKind {
    /// The word in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ArtifactKind::Component => "component",
            ArtifactKind::Shell => "shell",
        }
    }
}

impl ProgramIr {
    /// Name of a node's implementation: of the component, or `builtin:NAME`.
    #[must_use]
    pub fn worker(&self, node: &Node) -> String {
        match &node.implementation {
            Implementation::Component { component, .. } => self.components[component.position()].name.clone(),
            Implementation::Builtin(builtin) => format!("builtin:{}", builtin.as_str()),
        }
    }
}

impl Node {
    /// The output ports to which the stage itself sends elements.
    pub fn ports(&self) -> impl Iterator<Item = &OutPort> {
        self.outputs.iter().filter(|port| port.name != ERROR_PORT)
    }

    /// The streams of port [`ERROR_PORT`].
    #[must_use]
    pub fn dead_letters(&self) -> &[StreamIdx] {
        let port = self.outputs.iter().find(|port| port.name == ERROR_PORT);
        port.map_or(&[], |port| &port.streams)
    }
}

impl WasiPackage {
    /// Every package that the runtime supports.
    pub const ALL: [WasiPackage; 6] = [
        WasiPackage::Cli,
        WasiPackage::Clocks,
        WasiPackage::Filesystem,
        WasiPackage::Io,
        WasiPackage::Random,
        WasiPackage::Sockets,
    ];

    /// The name after `wasi:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            WasiPackage::Cli => "cli",
            WasiPackage::Clocks => "clocks",
            WasiPackage::Filesystem => "filesystem",
            WasiPackage::Io => "io",
            WasiPackage::Random => "random",
            WasiPackage::Sockets => "sockets",
        }
    }
}
