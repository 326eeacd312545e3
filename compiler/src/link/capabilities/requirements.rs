//! Checks of limits: those of a node must allow what its component needs, which `[capabilities.torvyn]` declares, and the
//! memory that its binary starts with.

use crate::contract::ContractSet;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest;
use crate::manifest::ast::LimitsDecl;
use crate::manifest::defaults;
use crate::manifest::schema::largest;
use crate::resolve::{Implementation, ResolvedComponent, ResolvedNode, ResolvedProject};
use crate::source::{Span, Spanned};

/// Name of the only buffer pool.
const POOL: &str = "default";
/// Key of a node's limit on memory.
const MEMORY: &str = "max_memory";

/// Checks the limits of each node against the needs of its component, and the name of the component's pool.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let mut pools: Vec<Span> = Vec::new();
    let nodes = project
        .flows()
        .iter()
        .flat_map(|flow| flow.nodes.iter().map(move |node| (flow, node)));
    for (flow, node) in nodes {
        let Some(Implementation::Component(id)) = node.implementation.map(|implementation| implementation.value) else {
            continue;
        };
        let component = project.component(id);
        check_node(diags, project, &flow.name.value, node, component);
        if let Some(binary) = contracts.binary(&component.reference) {
            check_start(diags, project, &flow.name.value, node, component, binary.memory_bytes);
        }
        if let Some(pool) = component.declared.pool.as_ref().filter(|pool| pool.value != POOL)
            && !pools.contains(&pool.span)
        {
            pools.push(pool.span);
            diags.error(RequirementError::Pool(pool.clone()));
        }
    }
}

fn check_node(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    flow: &str,
    node: &ResolvedNode,
    component: &ResolvedComponent,
) {
    type Limit = fn(&LimitsDecl) -> Option<Spanned<u64>>;
    let memory: Limit = |limits| limits.memory_bytes;
    let buffer: Limit = |limits| limits.max_buffer_bytes;
    let needs = [
        (
            "of memory",
            [MEMORY, "max-memory"],
            component.declared.max_memory_bytes,
            memory,
            defaults::LIMITS.memory_bytes,
        ),
        (
            "in one buffer",
            ["max_buffer_size", "max-buffer-size"],
            component.declared.max_buffer_bytes,
            buffer,
            defaults::LIMITS.max_buffer_bytes,
        ),
    ];
    for (what, [key, need], needed, limit, default) in needs {
        let written = limit(&node.settings.limits).or(limit(&project.runtime().limits));
        let allowed = written.map_or(default, |written| written.value);
        if let Some(needed) = needed.filter(|needed| needed.value > allowed) {
            diags.error(RequirementError::Limit {
                flow: flow.to_owned(),
                node: node.name.clone(),
                what,
                key,
                need,
                needed,
                allowed,
                limit: written.map(|written| written.span),
            });
        }
    }
}

/// Checks that a component can start, unless it declares that it needs more anyway.
fn check_start(
    diags: &mut Diagnostics,
    project: &ResolvedProject,
    flow: &str,
    node: &ResolvedNode,
    component: &ResolvedComponent,
    needed: u64,
) {
    let (own, general) = (&node.settings.limits, &project.runtime().limits);
    let allowed = own.or(general).memory_bytes;
    let declared = component.declared.max_memory_bytes.map_or(0, |declared| declared.value);
    if needed > allowed && declared <= allowed {
        diags.error(RequirementError::Start {
            flow: flow.to_owned(),
            node: node.name.clone(),
            needed,
            allowed,
            limit: own.memory_bytes.or(general.memory_bytes).map(|limit| limit.span),
        });
    }
}

enum RequirementError {
    Limit {
        flow: String,
        node: Spanned<String>,
        what: &'static str,
        /// Key of the node's limit.
        key: &'static str,
        /// Key of the component's need.
        need: &'static str,
        needed: Spanned<u64>,
        allowed: u64,
        limit: Option<Span>,
    },
    Start {
        flow: String,
        node: Spanned<String>,
        needed: u64,
        allowed: u64,
        limit: Option<Span>,
    },
    Pool(Spanned<String>),
}

impl From<RequirementError> for Diagnostic {
    fn from(error: RequirementError) -> Self {
        match error {
            RequirementError::Limit {
                flow,
                node,
                what,
                key,
                need,
                needed,
                allowed,
                limit,
            } => {
                let message = format!(
                    "node `{}` may use {} {what}, but its component needs {}",
                    node.value,
                    manifest::written_size(allowed),
                    manifest::written_size(needed.value)
                );
                let (at, text) = match limit {
                    Some(limit) => (limit, "less than that"),
                    None => (node.span, "the default is less than that"),
                };
                let size = manifest::written_size(needed.value);
                let most = largest(key).filter(|most| *most < needed.value);
                let help = match most.map(manifest::written_size) {
                    None => format!(
                        "set `{key} = \"{size}\"` in `[flow.{flow}.nodes.{}.limits]`",
                        node.value
                    ),
                    Some(most) => format!(
                        "no node can have more than {most} {what}: make the component need no more, and declare \
                         `{need} = \"{most}\"`"
                    ),
                };
                Diagnostic::error(Code::CapabilityNotGranted, message)
                    .primary(at, text)
                    .secondary(needed.span, "needed here")
                    .help(help)
            }
            RequirementError::Start {
                flow,
                node,
                needed,
                allowed,
                limit,
            } => {
                let size = manifest::written_size(needed);
                let message = format!(
                    "node `{}` may use {} of memory, but its component starts with {size}",
                    node.value,
                    manifest::written_size(allowed),
                );
                let (at, text) = match limit {
                    Some(limit) => (limit, "less than that"),
                    None => (node.span, "the default is less than that"),
                };
                Diagnostic::error(Code::CapabilityNotGranted, message)
                    .primary(at, text)
                    .help(match largest(MEMORY).filter(|most| *most < needed) {
                        None => format!(
                            "set `{MEMORY} = \"{size}\"` or more in `[flow.{flow}.nodes.{}.limits]`",
                            node.value
                        ),
                        Some(most) => format!(
                            "no node can have more than {} of memory: build the component with less",
                            manifest::written_size(most)
                        ),
                    })
            }
            RequirementError::Pool(pool) => Diagnostic::error(
                Code::CapabilityNotGranted,
                format!("there is no buffer pool `{}`", pool.value),
            )
            .primary(pool.span, "no such pool")
            .help(format!("the runtime has one, `{POOL}`")),
        }
    }
}
