//! Conversion of checked tables to the AST, with the rules that span several keys.

mod builtin;
mod capabilities;

use std::sync::Arc;

use torvyn_codegen::ir::{Exhaustion, Origin};

use super::ast::{
    ComponentDecl, EdgeDecl, EdgeSettings, FlowDecl, FlowSettings, Language, LimitsDecl, Manifest, NodeDecl,
    NodeSettings, PortRef, ProjectDecl, RuntimeDecl,
};
use super::defaults;
use super::section::Section;
use super::settings::default_overflow;
use super::toml::Document;
use super::words::CapabilityPolicy;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{Span, Spanned};

/// Builds the AST.
pub(super) fn manifest(diags: &mut Diagnostics, document: &Document<'_>, root: &Section) -> Manifest {
    let sections = root.sections("component");
    let components: Vec<_> = sections
        .iter()
        .filter_map(|section| component(diags, section))
        .collect();
    check_duplicates(diags, &components);
    let flows_are_whole = !document.is_broken_within("flow");
    let security = root.section("security");
    let flows = root.named("flow").iter();
    let flows = flows.map(|(name, section)| FlowDecl {
        further_edge: further_edge(document, section),
        ..flow(diags, document, name, section, flows_are_whole)
    });
    Manifest {
        source: document.source,
        project: project(root.section("torvyn"), root.span),
        components_complete: components.len() == sections.len()
            && root.has_all("component")
            && !document.is_broken_within("component"),
        components,
        flows: flows.collect(),
        runtime: root
            .section("runtime")
            .map(|section| runtime(diags, section))
            .unwrap_or_default(),
        capabilities: Arc::new(capabilities::declared(diags, document, root.section("capabilities"))),
        grants: security
            .map(|section| capabilities::grants(diags, section))
            .unwrap_or_default(),
        allows_all: security
            .and_then(|section| section.word("default_capability_policy", CapabilityPolicy::parse))
            .map_or(defaults::CAPABILITY_POLICY, |policy| policy.value)
            == CapabilityPolicy::AllowAll,
    }
}

fn project(section: Option<&Section>, start: Span) -> ProjectDecl {
    ProjectDecl {
        name: section.and_then(|s| s.text("name")),
        version: section.and_then(|s| s.version("version")),
        contract_version: section.and_then(|s| s.version("contract_version")),
        description: section.and_then(|s| s.text("description")),
        origin: section.map(origin).unwrap_or_default(),
        span: section.map_or(start, |s| s.span),
    }
}

fn origin(section: &Section) -> Origin {
    let text = |key| section.text(key).map(|text| text.value).unwrap_or_default();
    Origin {
        authors: section
            .texts("authors")
            .iter()
            .map(|author| author.value.clone())
            .collect(),
        license: text("license"),
        repository: text("repository"),
    }
}

fn component(diags: &mut Diagnostics, section: &Section) -> Option<ComponentDecl> {
    let component = ComponentDecl {
        name: section.text("name")?,
        path: section.text("path"),
        language: section.word("language", Language::parse),
        build_command: section.text("build_command"),
        wasm: section.text("wasm"),
        span: section.span,
    };
    if component.path.is_none() && component.wasm.is_none() {
        let name = component.name.clone();
        diags.error(ManifestError::NoOrigin {
            name: name.value,
            at: name.span,
        });
    }
    if let Some(language) = component.language
        && language.value != Language::Rust
        && component.build_command.is_none()
        && component.wasm.is_none()
    {
        diags.error(ManifestError::NoBuilder {
            language: language.value,
            at: language.span,
        });
    }
    Some(component)
}

fn check_duplicates(diags: &mut Diagnostics, components: &[ComponentDecl]) {
    for (at, component) in components.iter().enumerate() {
        let name = &component.name;
        if let Some(first) = components[..at].iter().find(|earlier| earlier.name.value == name.value) {
            diags.error(ManifestError::Duplicate {
                name: name.value.clone(),
                again: name.span,
                first: first.name.span,
            });
        }
    }
}

fn flow(
    diags: &mut Diagnostics,
    document: &Document<'_>,
    name: &Spanned<String>,
    section: &Section,
    whole: bool,
) -> FlowDecl {
    let nodes = section.named("nodes");
    let settings = FlowSettings::read(section);
    for (node, section) in nodes {
        let path = format!("flow.{}.nodes.{}", name.value, node.value);
        builtin::check_config(diags, document, &path, section, settings.replicas());
    }
    let edge_sections = section.sections("edges");
    let edges: Vec<_> = edge_sections
        .iter()
        .filter_map(|section| edge(diags, section))
        .collect();
    FlowDecl {
        name: name.clone(),
        description: section.text("description"),
        replicas_by: section.text("replicas_by"),
        settings,
        nodes: nodes.iter().map(|(name, section)| node(diags, name, section)).collect(),
        complete: whole && section.is_whole() && edges.len() == edge_sections.len(),
        edges,
        further_edge: None,
    }
}

/// The end of a flow's last edge, or else of its last node.
fn further_edge(document: &Document<'_>, flow: &Section) -> Option<Span> {
    let last = match flow.sections("edges") {
        [] => flow.named("nodes").last().map(|(_, node)| node)?,
        [.., last] if document.is_header_at(last.span.start) => last,
        _ => return None,
    };
    document.end_of_table(last.last_start())
}

fn node(diags: &mut Diagnostics, name: &Spanned<String>, section: &Section) -> NodeDecl {
    NodeDecl {
        name: name.clone(),
        component: section.component("component"),
        interface: section.interface("interface"),
        settings: NodeSettings::read(diags, section),
        complete: !section.is_lossy(),
    }
}

fn edge(diags: &mut Diagnostics, section: &Section) -> Option<EdgeDecl> {
    Some(EdgeDecl {
        from: port(section.section("from")?)?,
        to: port(section.section("to")?)?,
        settings: EdgeSettings::read(diags, section),
        span: section.span,
    })
}

fn port(section: &Section) -> Option<PortRef> {
    Some(PortRef {
        node: section.text("node")?,
        port: section.text("port")?,
        span: section.span,
    })
}

fn runtime(diags: &mut Diagnostics, section: &Section) -> RuntimeDecl {
    let backpressure = section.section("backpressure");
    let pools = section.section("pools");
    let pool = |key: &str| pools.and_then(|s| s.small_integer(key));
    RuntimeDecl {
        limits: LimitsDecl {
            memory_bytes: section.integer("max_memory_per_component"),
            fuel: section.integer("fuel_per_invocation"),
            invocation_timeout_ms: section.integer("invocation_timeout_ms"),
            init_timeout_ms: section.integer("component_init_timeout_ms"),
            teardown_timeout_ms: section.integer("component_teardown_timeout_ms"),
            ..LimitsDecl::default()
        },
        sink_pause_ms: section.integer("sink_pause_ms"),
        worker_threads: section.small_integer("worker_threads"),
        memory_reservation: section.integer("memory_reservation"),
        max_restarts: section.small_integer("max_restarts"),
        default_policy: backpressure.and_then(|s| default_overflow(diags, s)),
        default_queue_depth: backpressure.and_then(|s| s.small_integer("default_queue_depth")),
        low_watermark_ratio: backpressure.and_then(|s| s.number("low_watermark_ratio")),
        pool_sizes: [
            pool("small_pool_size"),
            pool("medium_pool_size"),
            pool("large_pool_size"),
            pool("huge_pool_size"),
        ],
        exhaustion_policy: pools.and_then(|s| s.word("exhaustion_policy", Exhaustion::parse)),
    }
}

enum ManifestError {
    Duplicate { name: String, again: Span, first: Span },
    NoOrigin { name: String, at: Span },
    NoBuilder { language: Language, at: Span },
}

impl From<ManifestError> for Diagnostic {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Duplicate { name, again, first } => {
                Diagnostic::error(Code::DuplicateName, format!("component `{name}` is declared twice"))
                    .primary(again, "second declaration")
                    .secondary(first, "first declaration")
            }
            ManifestError::NoOrigin { name, at } => Diagnostic::error(
                Code::MissingField,
                format!("component `{name}` has neither `path` nor `wasm`"),
            )
            .primary(at, "has no source and no binary")
            .help("`path` names the folder of its source, `wasm` a prebuilt binary"),
            ManifestError::NoBuilder { language, at } => Diagnostic::error(
                Code::NotSupported,
                format!(
                    "this version can't build components in `{}` by itself",
                    language.as_str()
                ),
            )
            .primary(at, "needs a `build_command`")
            .help("set `build_command` and `wasm`, or only `wasm` for a prebuilt binary"),
        }
    }
}
