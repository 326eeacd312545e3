//! `Torvyn.toml` as written. Every value keeps its span; an invalid one is `None` and has been reported.

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
    /// False when a component could not be read: a name without a declaration may be its name.
    pub components_complete: bool,
    /// `[flow.NAME]`, in order.
    pub flows: Vec<FlowDecl>,
    /// `[runtime]`.
    pub runtime: RuntimeDecl,
    /// `[capabilities]`, shared by the components that have no manifest of their own.
    pub capabilities: Arc<CapabilitiesDecl>,
    /// `[security.grants.COMPONENT]`, in order.
    pub grants: Vec<GrantDecl>,
    /// Whether capabilities that are not granted are allowed (`default_capability_policy = "allow-all"`).
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
    /// The path of its binary, if that is prebuilt.
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
    /// The router whose ports are divided among the replicas.
    pub replicas_by: Option<Spanned<String>>,
    /// Its settings.
    pub settings: FlowSettings,
    /// `[flow.NAME.nodes.NODE]`, in order.
    pub nodes: Vec<NodeDecl>,
    /// `[[flow.NAME.edges]]`, in order.
    pub edges: Vec<EdgeDecl>,
    /// Where the table of another edge can be added; `None` where edges are written in a list.
    pub further_edge: Option<Span>,
    /// False when a node or an edge could not be read: checks of the whole graph would report consequences.
    pub complete: bool,
}

/// A `[flow.NAME.nodes.NODE]`.
#[derive(Clone, Debug)]
pub struct NodeDecl {
    /// Name.
    pub name: Spanned<String>,
    /// The component or built-in that does its work.
    pub component: Option<Spanned<ComponentRef>>,
    /// The interface that is used, when written.
    pub interface: Option<Spanned<InterfaceRef>>,
    /// Its settings.
    pub settings: NodeSettings,
    /// False when a part could not be read: a key that seems to be missing may be that part.
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
    /// Where a line can be added to `[capabilities.required]`; `None` without a table that has a header.
    pub required_end: Option<Span>,
    /// The same for `[capabilities.optional]`.
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
    /// The same, parsed.
    pub request: Request,
    /// `false`: not needed.
    pub wanted: Spanned<bool>,
}

/// A `[security.grants.COMPONENT]`.
#[derive(Clone, Debug)]
pub struct GrantDecl {
    /// Name of the component.
    pub component: Spanned<String>,
    /// Capabilities granted to it; malformed ones are left out.
    pub capabilities: Vec<CapabilityGrant>,
    /// Where another one can be added to the list; `None` when there is no list.
    pub list_end: Option<Span>,
}

/// An item of `capabilities` of a grant.
#[derive(Clone, Debug)]
pub struct CapabilityGrant {
    /// As written.
    pub text: Spanned<String>,
    /// The same, parsed.
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
    /// The most restarts of a stage within a minute.
    pub max_restarts: Option<Spanned<u32>>,
    /// Capacity of streams where neither edge nor flow sets one.
    pub default_queue_depth: Option<Spanned<u32>>,
    /// Policy of full streams where the edge sets none; never `rate-limit`.
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
    /// Capacity of a stream: from its edge, or else its flow, `[runtime.backpressure]` or the default.
    #[must_use]
    pub fn queue_depth(&self, edge: &EdgeSettings, flow: &FlowSettings) -> u32 {
        let number = |written: Option<Spanned<u32>>| written.map(|depth| depth.value);
        self.depth(number(edge.queue_depth), number(flow.default_queue_depth))
    }

    /// The same, from the numbers that an edge and its flow set.
    #[must_use]
    pub fn depth(&self, edge: Option<u32>, flow: Option<u32>) -> u32 {
        let runtime = self.default_queue_depth.map(|depth| depth.value);
        edge.or(flow).or(runtime).unwrap_or(defaults::QUEUE_DEPTH).max(1)
    }

    /// Policy of a full stream: from its edge, or else `[runtime.backpressure]` or the default.
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

    /// The components that `flow` needs, or without it every flow: each once, in order of first use.
    ///
    /// In a manifest without flows, the declared components: `resolve` makes a flow of a single one.
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
