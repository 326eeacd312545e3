//! Settings that can't act where they stand: what is written has an effect, or a warning says why it has none.

mod error;
mod runtime;

use torvyn_codegen::ir::{FanOut, Merge};
use torvyn_runtime_core::bounds;

use crate::contract::ContractSet;
use crate::diag::Diagnostics;
use crate::manifest::ast::LimitsDecl;
use crate::resolve::{Implementation, NodeId, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::Spanned;
use crate::tiers;
use error::{BudgetError, SettingError};

/// Checks what is written about nodes, edges and flows; in a project that could be read as a whole, also what is written
/// for all of them.
pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    for flow in project.flows().iter().filter(|flow| flow.complete) {
        check_flow(diags, flow);
        for id in flow.node_ids().filter(|id| flow.node(*id).complete) {
            check_ports(diags, flow, id);
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

/// `fan_out` is about several streams of one port, `merge` about several inputs.
fn check_ports(diags: &mut Diagnostics, flow: &ResolvedFlow, id: NodeId) {
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
        });
    }
    let merge = node.settings.merge.filter(|merge| merge.value == Merge::Priority);
    if let Some(merge) = merge
        && flow.edges.iter().filter(|edge| edge.to == id).count() < 2
    {
        diags.warn(SettingError::NoMerge {
            node: node.name.value.clone(),
            at: merge.span,
        });
    }
}

/// A built-in is a part of the runtime: nothing limits it.
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

/// What is told to a component, and how long that may take, needs somebody who listens.
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

/// A stream of one element is full or empty.
fn check_watermarks(diags: &mut Diagnostics, project: &ResolvedProject, flow: &ResolvedFlow) {
    for edge in &flow.edges {
        if let Some(ratio) = edge.settings.low_watermark_ratio
            && project.runtime().queue_depth(&edge.settings, &flow.settings) == 1
        {
            diags.warn(SettingError::OnePlace { at: ratio.span });
        }
    }
}

/// The buffers that a component may own, against the sizes that there are.
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

/// No buffer is so large that such a limit would ever be passed.
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
