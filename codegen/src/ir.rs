//! The intermediate representation between the front half and the generated code.
//!
//! No spans and no defaults are left here: the schedule is decided, queues and pools are sized, every timeout has
//! a value. Made only by `lower`; [`verify`] states what holds.

use std::fmt;

mod path;
mod policy;
mod print;
#[cfg(test)]
pub(crate) mod sample;
mod verify;

pub use path::{CallPath, Shell};
pub use policy::{ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, OverflowPolicy};
pub use print::print;
pub use verify::verify;

/// The output port that dead letters leave through; of every role but source.
pub const ERROR_PORT: &str = "error";

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The index of the `position`-th item.
            #[must_use]
            pub fn new(position: usize) -> Self {
                Self(u32::try_from(position).expect("invariant: fewer than 2^32 items"))
            }

            /// The position in the list that this index belongs to.
            #[must_use]
            pub fn position(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

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

/// Everything one executable consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramIr {
    /// Project name; also names the generated crate.
    pub name: String,
    /// Project version.
    pub version: String,
    /// Project description, possibly empty.
    pub description: String,
    /// Who made it, and under which terms.
    pub origin: Origin,
    /// Target triple of the executable and of its artifacts.
    pub target: String,
    /// The distinct components, in order of their first use.
    pub components: Vec<Component>,
    /// What is compiled ahead of time, in order of first use.
    pub artifacts: Vec<Artifact>,
    /// The WASI packages that the components on the component path import, sorted.
    pub wasi: Vec<WasiPackage>,
    /// The parts of the runtime that the program needs besides its core.
    pub features: Vec<Feature>,
    /// Threads that run flows; `None` leaves it to the machine.
    pub worker_threads: Option<u32>,
    /// Address space reserved for each linear memory, in bytes; `None`: as much as it can ever need.
    pub memory_reservation: Option<u64>,
    /// The flows in manifest order; never empty.
    pub flows: Vec<FlowIr>,
}

/// Where a program comes from: words for people, each possibly empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Names and addresses of the authors.
    pub authors: Vec<String>,
    /// SPDX licence identifier.
    pub license: String,
    /// Where the source is kept.
    pub repository: String,
}

/// A part of the runtime that takes libraries of its own: only programs that need it are compiled with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// WASI for components on the component path.
    Wasi,
}

impl Feature {
    /// The cargo feature of the runtime.
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

/// A component that stages are made of.
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
    /// What is compiled.
    pub kind: ArtifactKind,
    /// SHA-256 of what is compiled, in hexadecimal.
    pub sha256: String,
}

/// What an [`Artifact`] is compiled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    /// A whole component.
    Component,
    /// A shell: the core modules of stages and the canonical ABI between them, welded to one core module.
    Shell,
}

/// One flow.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowIr {
    /// Name in the manifest.
    pub name: String,
    /// Description in the manifest, possibly empty.
    pub description: String,
    /// Topologically sorted: producers before consumers, ties by declaration.
    pub nodes: Vec<Node>,
    /// Every node once, in the order in which the driver looks for one that is ready: consumers before producers, ties
    /// by declaration.
    pub schedule: Vec<NodeIdx>,
    /// In manifest order.
    pub streams: Vec<Stream>,
    /// The chains of stages that are fused, in order of their first stage.
    pub shells: Vec<Shell>,
    /// Buffer pools by tier, smallest first.
    pub pools: [Pool; 4],
    /// Bytes that buffers outside the pools may take in all, when `exhaustion` allows them.
    pub fallback_bytes: u64,
    /// What an allocation does when its tier is empty.
    pub exhaustion: Exhaustion,
    /// Largest buffer a component may ask for, in bytes.
    pub max_buffer_bytes: u64,
    /// Elements the driver handles before it looks at clock and signals.
    pub quantum: u32,
    /// How long a sink that returned `pause` gets nothing, in milliseconds.
    pub sink_pause_ms: u64,
    /// How long the flow may run before it is drained, in milliseconds; `None` without a limit.
    pub deadline_ms: Option<u64>,
    /// How often a stage may be made anew within a minute.
    pub max_restarts: u32,
    /// Why the driver gets a thread of its own: one of its stages may block; `None` where it shares the workers.
    pub own_thread: Option<String>,
    /// How many runs of it there are side by side, each with drivers, stages and buffers of its own; at least 1.
    pub replicas: u32,
    /// The router whose ports they share out; `None` where the sources share out what they give.
    pub replicas_by: Option<NodeIdx>,
}

/// One tier of the buffer pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Capacity of each buffer in bytes.
    pub slot_bytes: u32,
    /// Number of buffers.
    pub slots: u32,
}

/// What happens when a pool tier is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhaustion {
    /// Take memory from the system allocator, counted.
    FallbackAlloc,
    /// Fail the allocation.
    Error,
}

/// A stage of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Name in the manifest.
    pub name: String,
    /// What the stage does.
    pub role: Role,
    /// Who does it.
    pub implementation: Implementation,
    /// Configuration string for `lifecycle.init`, or for the built-in; possibly empty.
    pub config: String,
    /// Streams that end here: in manifest order, for [`Merge::Priority`] by falling rank first. Empty for a source.
    pub inputs: Vec<StreamIdx>,
    /// Output ports in order of their first stream, [`ERROR_PORT`] included. A sink has no other one.
    pub outputs: Vec<OutPort>,
    /// Which of the inputs is taken from.
    pub merge: Merge,
    /// What a full stream does to the others of its port.
    pub fan_out: FanOut,
    /// What follows a failed call.
    pub on_error: ErrorPolicies,
    /// What the component may know it was granted, sorted.
    pub capabilities: Vec<String>,
    /// Why this source gets a thread of its own; `None` where its flow pulls it, and for every other role.
    pub own_thread: Option<String>,
    /// What the stage may use.
    pub limits: Limits,
    /// How the stage is called, and why so.
    pub path: CallPath,
}

/// An output port and the streams that leave it; each of them gets every element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutPort {
    /// Name of the port.
    pub name: String,
    /// In manifest order; never empty.
    pub streams: Vec<StreamIdx>,
}

/// What a stage does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Produces elements.
    Source,
    /// Makes at most one element of each.
    Processor,
    /// Lets elements pass or not.
    Filter,
    /// Sends each element out of any of its ports.
    Router,
    /// Makes elements of several.
    Aggregator,
    /// Consumes elements.
    Sink,
}

/// Who does the work of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Implementation {
    /// A sandboxed component.
    Component {
        /// Which one.
        component: ComponentIdx,
        /// Whether it exports `torvyn:streaming/lifecycle`.
        lifecycle: bool,
    },
    /// Part of the runtime.
    Builtin(Builtin),
}

/// Nodes that are part of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Source of `Hello, Torvyn! (n)`.
    Generator,
    /// Source of the lines of a file or of standard input.
    Lines,
    /// Sink that prints each payload as a line.
    Console,
    /// Sink that appends each payload as a line to a file.
    File,
}

/// What a stage may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory in bytes.
    pub memory_bytes: u64,
    /// Time for one call, in milliseconds.
    pub invocation_timeout_ms: u64,
    /// Time for `lifecycle.init`, in milliseconds.
    pub init_timeout_ms: u64,
    /// Time for `lifecycle.teardown`, in milliseconds.
    pub teardown_timeout_ms: u64,
    /// Fuel for one call; 0 without metering.
    pub fuel: u64,
    /// Largest buffer that the stage may ask for, in bytes.
    pub max_buffer_bytes: u64,
    /// Capacity of all buffers that the stage may own at once, in bytes.
    pub buffer_budget_bytes: u64,
}

/// A bounded queue between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Producer.
    pub from: NodeIdx,
    /// Its output port.
    pub from_port: String,
    /// Consumer.
    pub to: NodeIdx,
    /// Its input port.
    pub to_port: String,
    /// Capacity in elements; at least 1.
    pub depth: u32,
    /// Length at which a stream that was full has room again, in elements; below `depth`.
    pub low_watermark: u32,
    /// What happens to an element when the stream is full.
    pub policy: OverflowPolicy,
    /// Rank among the inputs of a consumer with [`Merge::Priority`]; higher first.
    pub rank: u8,
    /// Longest payload that the stream takes, in bytes; `None` without a limit.
    pub max_element_bytes: Option<u64>,
}

impl Role {
    /// The word used in the manifest's terms and in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Source => "source",
            Role::Processor => "processor",
            Role::Filter => "filter",
            Role::Router => "router",
            Role::Aggregator => "aggregator",
            Role::Sink => "sink",
        }
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
    /// What does the work of a node: the name of a component, or `builtin:NAME`.
    #[must_use]
    pub fn worker(&self, node: &Node) -> String {
        match &node.implementation {
            Implementation::Component { component, .. } => self.components[component.position()].name.clone(),
            Implementation::Builtin(builtin) => format!("builtin:{}", builtin.as_str()),
        }
    }
}

impl Node {
    /// The output ports that the stage itself sends elements out of.
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
    /// Every package that the runtime has.
    pub const ALL: [WasiPackage; 6] = [
        WasiPackage::Cli,
        WasiPackage::Clocks,
        WasiPackage::Filesystem,
        WasiPackage::Io,
        WasiPackage::Random,
        WasiPackage::Sockets,
    ];

    /// The name behind `wasi:`.
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

impl Builtin {
    /// Every built-in, in the order they are documented.
    pub const ALL: [Builtin; 4] = [Builtin::Generator, Builtin::Lines, Builtin::Console, Builtin::File];

    /// The name behind `builtin:`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Builtin::Generator => "generator",
            Builtin::Lines => "lines",
            Builtin::Console => "console",
            Builtin::File => "file",
        }
    }

    /// The role a node with this built-in plays.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Builtin::Generator | Builtin::Lines => Role::Source,
            Builtin::Console | Builtin::File => Role::Sink,
        }
    }
}
