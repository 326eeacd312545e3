//! Warnings about settings for all flows, in `[runtime]` and `[capabilities.torvyn]`, that affect none of them.

use std::sync::Arc;

use torvyn_codegen::ir::{ErrorAction, LastResort, Role};
use torvyn_runtime_core::bounds;

use super::error::SettingError;
use super::is_component;
use crate::contract::ContractSet;
use crate::diag::Diagnostics;
use crate::manifest::ast::{LimitsDecl, RuntimeDecl};
use crate::resolve::{ResolvedEdge, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::{Span, Spanned};

/// Keys for the sizes of pools, smallest buffers first.
const POOLS: [&str; 4] = [
    "small_pool_size",
    "medium_pool_size",
    "large_pool_size",
    "huge_pool_size",
];

pub(super) fn check(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    if project.flows().is_empty() {
        return;
    }
    check_threads(diags, project);
    check_priority(diags, project);
    check_limits(diags, project);
    check_reservation(diags, project);
    check_restarts(diags, project);
    check_pauses(diags, project, contracts);
    check_streams(diags, project);
    check_pools(diags, project);
    check_needs(diags, project);
}

fn nodes(project: &ResolvedProject) -> impl Iterator<Item = &ResolvedNode> {
    project.flows().iter().flat_map(|flow| &flow.nodes)
}

/// Warns of a number of threads if only one flow runs, without replicas.
fn check_threads(diags: &mut Diagnostics, project: &ResolvedProject) {
    let replicas = |flow: &ResolvedFlow| u64::from(flow.settings.replicas());
    if let Some(threads) = project.runtime().worker_threads
        && project.flows().iter().map(replicas).sum::<u64>() < 2
    {
        diags.warn(SettingError::OneRun { at: threads.span });
    }
}

/// Warns of a priority of the only flow.
fn check_priority(diags: &mut Diagnostics, project: &ResolvedProject) {
    if let [flow] = project.flows()
        && let Some(priority) = flow.settings.priority
    {
        diags.warn(SettingError::OneFlow { at: priority.span });
    }
}

/// Warns of default limits if there is no component, or if every node with a component sets its own.
fn check_limits(diags: &mut Diagnostics, project: &ResolvedProject) {
    type Limit = fn(&LimitsDecl) -> Option<Spanned<u64>>;
    let limits: [(&str, &str, Limit); 5] = [
        ("max_memory_per_component", "max_memory", |limits| limits.memory_bytes),
        ("fuel_per_invocation", "fuel_per_invocation", |limits| limits.fuel),
        ("invocation_timeout_ms", "invocation_timeout_ms", |limits| {
            limits.invocation_timeout_ms
        }),
        ("component_init_timeout_ms", "init_timeout_ms", |limits| {
            limits.init_timeout_ms
        }),
        ("component_teardown_timeout_ms", "teardown_timeout_ms", |limits| {
            limits.teardown_timeout_ms
        }),
    ];
    let has_component = nodes(project).any(is_component);
    for (key, own, limit) in limits {
        let Some(written) = limit(&project.runtime().limits) else {
            continue;
        };
        let at = written.span;
        if !has_component {
            diags.warn(SettingError::NothingToCall { key, at });
        } else if nodes(project)
            .filter(|node| is_component(node))
            .all(|node| limit(&node.settings.limits).is_some())
        {
            diags.warn(SettingError::DefaultUnused { key, at, own });
        }
    }
}

/// Warns of `memory_reservation` if there is no component: only they have linear memories.
fn check_reservation(diags: &mut Diagnostics, project: &ResolvedProject) {
    if let Some(reservation) = project.runtime().memory_reservation
        && !nodes(project).any(is_component)
    {
        diags.warn(SettingError::NothingToCall {
            key: "memory_reservation",
            at: reservation.span,
        });
    }
}

/// Warns of `max_restarts` if no component is ever restarted. A restart follows a trap or a timeout, unless that ends
/// the flow.
fn check_restarts(diags: &mut Diagnostics, project: &ResolvedProject) {
    let goes_on = |node: &ResolvedNode| {
        let policies = node.settings.on_error.policies();
        [policies.internal, policies.deadline_exceeded]
            .iter()
            .any(|action| *action != ErrorAction::Now(LastResort::Terminate))
    };
    if let Some(restarts) = project.runtime().max_restarts
        && !nodes(project).any(|node| is_component(node) && goes_on(node))
    {
        diags.warn(SettingError::NoRestart { at: restarts.span });
    }
}

/// Warns of `sink_pause_ms` if no component can be a sink: built-in sinks never return `pause`.
fn check_pauses(diags: &mut Diagnostics, project: &ResolvedProject, contracts: &ContractSet) {
    let Some(pause) = project.runtime().sink_pause_ms else {
        return;
    };
    let can_pause = |flow: &ResolvedFlow| {
        let roles = crate::link::roles(project, contracts, flow);
        let mut nodes = flow.nodes.iter().zip(roles);
        nodes.any(|(node, role)| is_component(node) && role.is_none_or(|role| role == Role::Sink))
    };
    if !project.flows().iter().any(can_pause) {
        diags.warn(SettingError::NoPause { at: pause.span });
    }
}

/// Warns of defaults that are overridden for every stream.
fn check_streams(diags: &mut Diagnostics, project: &ResolvedProject) {
    let RuntimeDecl {
        default_queue_depth,
        default_policy,
        low_watermark_ratio,
        ..
    } = project.runtime();
    let edges = || {
        project
            .flows()
            .iter()
            .flat_map(|flow| flow.edges.iter().map(move |edge| (flow, edge)))
    };
    let has_depth = |(flow, edge): (&ResolvedFlow, &ResolvedEdge)| {
        edge.settings
            .queue_depth
            .or(flow.settings.default_queue_depth)
            .is_some()
    };
    let defaults: [(&str, &str, Option<Span>, bool); 3] = [
        (
            "default_queue_depth",
            "queue_depth",
            default_queue_depth.map(|depth| depth.span),
            edges().all(has_depth),
        ),
        (
            "default_policy",
            "policy",
            default_policy.map(|policy| policy.span),
            edges().all(|(_, edge)| edge.settings.policy.is_some()),
        ),
        (
            "low_watermark_ratio",
            "low_watermark_ratio",
            low_watermark_ratio.map(|ratio| ratio.span),
            edges().all(|(_, edge)| edge.settings.low_watermark_ratio.is_some()),
        ),
    ];
    for (key, own, at, is_unused) in defaults {
        if let Some(at) = at.filter(|_| is_unused) {
            diags.warn(SettingError::DefaultUnused { key, at, own });
        }
    }
}

/// Warns of pool sizes above the size that is computed for every flow: they are only upper bounds of it.
fn check_pools(diags: &mut Diagnostics, project: &ResolvedProject) {
    let runtime = project.runtime();
    let wanted = |flow: &ResolvedFlow| {
        let depths = flow
            .edges
            .iter()
            .map(|edge| u64::from(runtime.queue_depth(&edge.settings, &flow.settings)));
        bounds::wanted_slots(flow.nodes.len() as u64, depths.sum())
    };
    let wanted: Vec<[u64; 4]> = project.flows().iter().map(wanted).collect();
    for (tier, key) in POOLS.into_iter().enumerate() {
        let most = wanted.iter().map(|wanted| wanted[tier]).max().unwrap_or_default();
        let computed = u32::try_from(most).unwrap_or(u32::MAX);
        if let Some(size) = runtime.pool_sizes[tier].filter(|size| size.value > computed) {
            diags.warn(SettingError::PoolTooLarge { key, size, computed });
        }
    }
}

/// Warns of `[capabilities.torvyn]` if every component of a flow has a manifest of its own.
fn check_needs(diags: &mut Diagnostics, project: &ResolvedProject) {
    let declared = project.capabilities();
    if project
        .components()
        .iter()
        .any(|component| Arc::ptr_eq(&component.declared, declared))
    {
        return;
    }
    let needs = [
        (
            "max-buffer-size",
            declared.max_buffer_bytes.as_ref().map(|size| size.span),
        ),
        ("max-memory", declared.max_memory_bytes.as_ref().map(|size| size.span)),
        ("buffer-pool-access", declared.pool.as_ref().map(|pool| pool.span)),
    ];
    for (key, at) in needs {
        if let Some(at) = at {
            diags.warn(SettingError::NobodyNeeds { key, at });
        }
    }
}
