//! Warnings about settings that have no effect where they are.

mod error;
mod runtime;

use torvyn_codegen::ir::{FanOut, Merge, Role};
use torvyn_runtime_core::bounds;

use crate::contract::ContractSet;
use crate::diag::Diagnostics;
use crate::manifest::ast::LimitsDecl;
use crate::resolve::{Implementation, NodeId, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::Spanned;
use crate::tiers;
use error::{BudgetError, SettingError};

/// Checks the settings of complete flows, with their nodes and edges; if the project is whole, also those for all
/// flows.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    for flow in project.flows().iter().filter(|flow| flow.complete) {
        check_flow(diags, flow);
        let roles = super::roles(project, contracts, flow);
        for id in flow.node_ids().filter(|id| flow.node(*id).complete) {
            check_ports(diags, flow, id, roles[id.position()]);
            check_limits(diags, flow.node(id));
            check_lifecycle(diags, project, contracts, flow.node(id));
        }
        check_sizes(diags, flow);
        check_watermarks(diags, project, flow);
    }
    if project.is_whole() {
        runtime::check(diags, project, contracts);
    }
}

fn check_flow(diags: &mut Diagnostics, flow: &ResolvedFlow) {
    if let Some(optimize) = flow.settings.optimize
        && !flow.nodes.iter().any(is_component)
    {
        diags.warn(SettingError::NothingToCall {
            key: "optimize",
            at: optimize.span,
        });
    }
    if let Some(depth) = flow.settings.default_queue_depth
        && flow.edges.iter().all(|edge| edge.settings.queue_depth.is_some())
    {
        diags.warn(SettingError::DefaultUnused {
            key: "default_queue_depth",
            at: depth.span,
            own: "queue_depth",
        });
    }
}

/// Warns of a `fan_out` without several streams of one port, and of a `merge` without several inputs.
fn check_ports(diags: &mut Diagnostics, flow: &ResolvedFlow, id: NodeId, role: Option<Role>) {
    let node = flow.node(id);
    let fan_out = node
        .settings
        .fan_out
        .filter(|fan_out| fan_out.value == FanOut::Independent);
    let ports = || {
        flow.edges
            .iter()
            .filter(|edge| edge.from == id)
            .map(|edge| &edge.from_port.value)
    };
    if let Some(fan_out) = fan_out
        && !ports().any(|port| ports().filter(|other| *other == port).count() > 1)
    {
        diags.warn(SettingError::NoFanOut {
            node: node.name.value.clone(),
            at: fan_out.span,
            // A sink can have edges for dead letters.
            is_sink: role == Some(Role::Sink) && ports().next().is_none(),
        });
    }
    let merge = node.settings.merge.filter(|merge| merge.value == Merge::Priority);
    if let Some(merge) = merge
        && flow.edges.iter().filter(|edge| edge.to == id).count() < 2
    {
        diags.warn(SettingError::NoMerge {
            node: node.name.value.clone(),
            at: merge.span,
            is_source: role == Some(Role::Source),
        });
    }
}

/// Warns of limits of a built-in, which has none as a part of the runtime; checks the buffer budget of a component.
fn check_limits(diags: &mut Diagnostics, node: &ResolvedNode) {
    if is_component(node) {
        return check_budget(diags, node);
    }
    if node.implementation.is_none() {
        return;
    }
    for (key, limit) in named_limits(&node.settings.limits) {
        if let Some(limit) = limit {
            diags.warn(SettingError::LimitOfBuiltin {
                node: node.name.value.clone(),
                key,
                at: limit.span,
            });
        }
    }
}

/// Warns of `config` and of time limits for `init` and `teardown` if the component does not export `lifecycle`.
fn check_lifecycle(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet, node: &ResolvedNode) {
    let Some(Implementation::Component(id)) = node.implementation.map(|found| found.value) else {
        return;
    };
    let reference = &project.component(id).reference;
    if contracts
        .signature(reference)
        .is_none_or(|signature| signature.lifecycle)
    {
        return;
    }
    let config = node
        .settings
        .config
        .as_ref()
        .filter(|config| !config.value.is_empty())
        .map(|config| config.span);
    let limits = &node.settings.limits;
    for (key, at) in [
        ("config", config),
        ("init_timeout_ms", limits.init_timeout_ms.map(|limit| limit.span)),
        (
            "teardown_timeout_ms",
            limits.teardown_timeout_ms.map(|limit| limit.span),
        ),
    ] {
        if let Some(at) = at {
            diags.warn(SettingError::NoLifecycle {
                who: match contracts.source(reference) {
                    Some(_) => format!("the world of `{reference}`"),
                    None => format!("`{reference}`"),
                },
                key,
                at,
            });
        }
    }
}

/// Warns of low watermarks of streams that hold one element: such a stream is either full or empty.
fn check_watermarks(diags: &mut Diagnostics, project: &ResolvedProject, flow: &ResolvedFlow) {
    for edge in &flow.edges {
        if let Some(ratio) = edge.settings.low_watermark_ratio
            && project.runtime().queue_depth(&edge.settings, &flow.settings) == 1
        {
            diags.warn(SettingError::OnePlace { at: ratio.span });
        }
    }
}

/// Warns of a buffer budget with room for small buffers only, or for no buffer as large as `max_buffer_size`.
fn check_budget(diags: &mut Diagnostics, node: &ResolvedNode) {
    let LimitsDecl {
        buffer_budget_bytes: Some(budget),
        max_buffer_bytes: largest,
        ..
    } = node.settings.limits
    else {
        return;
    };
    let room = tiers::largest_within(budget.value);
    if tiers::is_small(room) {
        diags.warn(BudgetError {
            node: node.name.value.clone(),
            room,
            at: budget.span,
        });
    } else if let Some(largest) = largest.filter(|largest| largest.value > room) {
        diags.warn(SettingError::OverBudget { largest, budget, room });
    }
}

/// Warns of size limits that no element can exceed, since no buffer is larger.
fn check_sizes(diags: &mut Diagnostics, flow: &ResolvedFlow) {
    let limits = flow.edges.iter().filter_map(|edge| edge.settings.max_element_bytes);
    for limit in limits.filter(|limit| limit.value >= bounds::LARGEST_BUFFER_BYTES) {
        diags.warn(SettingError::NeverSoLarge { limit });
    }
}

fn is_component(node: &ResolvedNode) -> bool {
    matches!(
        node.implementation.map(|found| found.value),
        Some(Implementation::Component(_))
    )
}

/// The limits of a node by their keys.
fn named_limits(limits: &LimitsDecl) -> [(&'static str, Option<Spanned<u64>>); 7] {
    [
        ("max_memory", limits.memory_bytes),
        ("fuel_per_invocation", limits.fuel),
        ("invocation_timeout_ms", limits.invocation_timeout_ms),
        ("init_timeout_ms", limits.init_timeout_ms),
        ("teardown_timeout_ms", limits.teardown_timeout_ms),
        ("max_buffer_size", limits.max_buffer_bytes),
        ("buffer_budget", limits.buffer_budget_bytes),
    ]
}
