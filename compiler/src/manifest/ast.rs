//! `Torvyn.toml` as written. Every value keeps its span; what was wrong is `None` and has been reported.

use std::sync::Arc;

use torvyn_codegen::ir::{Exhaustion, Origin, OverflowPolicy};

use crate::source::{SourceId, Span, Spanned};
use torvyn_runtime_core::capability::{Grant, Request};

use super::defaults;
pub use super::reference::{BuiltinRef, ComponentRef, InterfaceRef};
pub use super::settings::{EdgeSettings, FlowSettings, LimitsDecl, NodeSettings, OnErrorDecl};
pub use super::words::{Language, Optimize, Priority};

/// A manifest, maybe partial.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Its text.
    pub source: SourceId,
    /// `[torvyn]`.
    pub project: ProjectDecl,
    /// `[[component]]`, in order.
    pub components: Vec<ComponentDecl>,
    /// False when a component could not be read: a name that is missing may be that component's.
    pub components_complete: bool,
    /// `[flow.NAME]`, in order.
    pub flows: Vec<FlowDecl>,
    /// `[runtime]`.
    pub runtime: RuntimeDecl,
    /// `[capabilities]`, shared by the components that have no manifest of their own.
    pub capabilities: Arc<CapabilitiesDecl>,
    /// `[security.grants.COMPONENT]`, in order.
    pub grants: Vec<GrantDecl>,
    /// Whether what is not granted is allowed all the same (`default_capability_policy = "allow-all"`).
    pub allows_all: bool,
}

/// `[torvyn]`.
#[derive(Clone, Debug)]
pub struct ProjectDecl {
    /// Project name.
    pub name: Option<Spanned<String>>,
    /// Project version.
    pub version: Option<Spanned<semver::Version>>,
    /// Version of the contracts the project targets.
    pub contract_version: Option<Spanned<semver::Version>>,
    /// Description.
    pub description: Option<Spanned<String>>,
    /// Authors, licence and repository.
    pub origin: Origin,
    /// The table's header; the start of the file when there is none.
    pub span: Span,
}

/// A `[[component]]`.
#[derive(Clone, Debug)]
pub struct ComponentDecl {
    /// Name within the project.
    pub name: Spanned<String>,
    /// Folder of the source, relative to the manifest.
    pub path: Option<Spanned<String>>,
    /// Implementation language.
    pub language: Option<Spanned<Language>>,
    /// Shell command that builds the component.
    pub build_command: Option<Spanned<String>>,
    /// Path of the binary, relative to the manifest: prebuilt, or what `build_command` makes.
    pub wasm: Option<Spanned<String>>,
    /// The table's header.
    pub span: Span,
}

impl ComponentDecl {
    /// The path of its binary where that is not built.
    pub(crate) fn prebuilt(&self) -> Option<&Spanned<String>> {
        self.wasm.as_ref().filter(|_| self.build_command.is_none())
    }
}

/// A `[flow.NAME]`.
#[derive(Clone, Debug)]
pub struct FlowDecl {
    /// Name.
    pub name: Spanned<String>,
    /// Description.
    pub description: Option<Spanned<String>>,
    /// The router whose ports they share out.
    pub replicas_by: Option<Spanned<String>>,
    /// Its settings.
    pub settings: FlowSettings,
    /// `[flow.NAME.nodes.NODE]`, in order.
    pub nodes: Vec<NodeDecl>,
    /// `[[flow.NAME.edges]]`, in order.
    pub edges: Vec<EdgeDecl>,
    /// Where the table of a further edge can be put; `None` where edges are written in a list.
    pub further_edge: Option<Span>,
    /// False when a node or an edge could not be read: checks of the whole graph would report consequences.
    pub complete: bool,
}

/// A `[flow.NAME.nodes.NODE]`.
#[derive(Clone, Debug)]
pub struct NodeDecl {
    /// Name.
    pub name: Spanned<String>,
    /// Who does the work.
    pub component: Option<Spanned<ComponentRef>>,
    /// The interface that is used, when written.
    pub interface: Option<Spanned<InterfaceRef>>,
    /// Its settings.
    pub settings: NodeSettings,
    /// False when a part could not be read: what it seems to lack may be that part.
    pub complete: bool,
}

/// A `[[flow.NAME.edges]]`.
#[derive(Clone, Debug)]
pub struct EdgeDecl {
    /// Where elements come from.
    pub from: PortRef,
    /// Where they go.
    pub to: PortRef,
    /// Its settings.
    pub settings: EdgeSettings,
    /// The table's header.
    pub span: Span,
}

/// `{ node = "…", port = "…" }`.
#[derive(Clone, Debug)]
pub struct PortRef {
    /// Name of the node.
    pub node: Spanned<String>,
    /// Name of the port.
    pub port: Spanned<String>,
    /// The whole table.
    pub span: Span,
}

/// `[capabilities]`.
#[derive(Clone, Debug)]
pub struct CapabilitiesDecl {
    /// `[capabilities.required]`, in order; names that don't exist are left out.
    pub required: Vec<CapabilityDecl>,
    /// `[capabilities.optional]`, in order.
    pub optional: Vec<CapabilityDecl>,
    /// Where another line of `[capabilities.required]` can be added; `None` when the table is not there.
    pub required_end: Option<Span>,
    /// The same of `[capabilities.optional]`.
    pub optional_end: Option<Span>,
    /// The end of the text, where a table can be added.
    pub end: Span,
    /// Largest buffer that the components need, in bytes.
    pub max_buffer_bytes: Option<Spanned<u64>>,
    /// Linear memory that the components need, in bytes.
    pub max_memory_bytes: Option<Spanned<u64>>,
    /// The pool that the components use.
    pub pool: Option<Spanned<String>>,
}

/// `NAME = true` in `[capabilities.required]` or `[capabilities.optional]`.
#[derive(Clone, Debug)]
pub struct CapabilityDecl {
    /// As written.
    pub name: Spanned<String>,
    /// Understood.
    pub request: Request,
    /// `false`: not needed.
    pub wanted: Spanned<bool>,
}

/// A `[security.grants.COMPONENT]`.
#[derive(Clone, Debug)]
pub struct GrantDecl {
    /// Name of the component.
    pub component: Spanned<String>,
    /// What it is granted; what is malformed is left out.
    pub capabilities: Vec<CapabilityGrant>,
    /// Where another one can be added to the list; `None` when there is no list.
    pub list_end: Option<Span>,
}

/// An item of `capabilities` of a grant.
#[derive(Clone, Debug)]
pub struct CapabilityGrant {
    /// As written.
    pub text: Spanned<String>,
    /// Understood.
    pub grant: Grant,
}

/// `[runtime]`, `[runtime.backpressure]` and `[runtime.pools]`.
#[derive(Clone, Debug, Default)]
pub struct RuntimeDecl {
    /// Limits of nodes that set none.
    pub limits: LimitsDecl,
    /// Threads that run flows.
    pub worker_threads: Option<Spanned<u32>>,
    /// Address space reserved for each linear memory, in bytes.
    pub memory_reservation: Option<Spanned<u64>>,
    /// How often a stage is restarted within a minute.
    pub max_restarts: Option<Spanned<u32>>,
    /// Capacity of streams where neither edge nor flow sets one.
    pub default_queue_depth: Option<Spanned<u32>>,
    /// What a full stream does, where the edge does not say; never `rate-limit`.
    pub default_policy: Option<Spanned<OverflowPolicy>>,
    /// Fill ratio at which a full stream has room again, where the edge sets none.
    pub low_watermark_ratio: Option<Spanned<f64>>,
    /// How long a sink that returned `pause` gets nothing, in milliseconds.
    pub sink_pause_ms: Option<Spanned<u64>>,
    /// Upper bounds of the buffer pools, smallest tier first.
    pub pool_sizes: [Option<Spanned<u32>>; 4],
    /// What an allocation does when its pool is empty.
    pub exhaustion_policy: Option<Spanned<Exhaustion>>,
}

impl RuntimeDecl {
    /// Capacity of a stream: what its edge says, else its flow, else `[runtime.backpressure]`.
    #[must_use]
    pub fn queue_depth(&self, edge: &EdgeSettings, flow: &FlowSettings) -> u32 {
        let number = |written: Option<Spanned<u32>>| written.map(|depth| depth.value);
        self.depth(number(edge.queue_depth), number(flow.default_queue_depth))
    }

    /// The same of what an edge and its flow say, where only their texts can be read.
    #[must_use]
    pub fn depth(&self, edge: Option<u32>, flow: Option<u32>) -> u32 {
        let runtime = self.default_queue_depth.map(|depth| depth.value);
        edge.or(flow).or(runtime).unwrap_or(defaults::QUEUE_DEPTH).max(1)
    }

    /// What a full stream does: what its edge says, else `[runtime.backpressure]`.
    #[must_use]
    pub fn overflow_policy(&self, edge: &EdgeSettings) -> OverflowPolicy {
        let written = edge.policy.or(self.default_policy);
        written.map_or(defaults::POLICY, |policy| policy.value)
    }
}

impl Manifest {
    /// The `[[component]]` of this name.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&ComponentDecl> {
        self.components.iter().find(|component| component.name.value == name)
    }

    /// The components that `flow` needs, or every flow: each once, in order of first use.
    ///
    /// Without any flow these are the declared components, because `resolve` may complete them to one.
    #[must_use]
    pub fn references(&self, flow: Option<&str>) -> Vec<Spanned<ComponentRef>> {
        let declared = self
            .components
            .iter()
            .map(|c| c.name.clone().map(ComponentRef::Declared));
        let nodes = self
            .flows
            .iter()
            .filter(|f| flow.is_none_or(|name| f.name.value == name))
            .flat_map(|f| &f.nodes);
        let used = nodes.filter_map(|node| node.component.clone());
        let all: Vec<_> = if self.flows.is_empty() {
            declared.collect()
        } else {
            used.collect()
        };
        let mut distinct: Vec<Spanned<ComponentRef>> = Vec::new();
        for reference in all {
            if !distinct.iter().any(|seen| seen.value == reference.value) {
                distinct.push(reference);
            }
        }
        distinct
    }
}
