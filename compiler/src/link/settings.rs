//! Settings that can't act where they stand: what is written has an effect, or a warning says why it has none.

mod runtime;

use torvyn_codegen::ir::{FanOut, Merge};
use torvyn_runtime_core::bounds;

use crate::contract::ContractSet;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::ast::LimitsDecl;
use crate::manifest::written_size;
use crate::resolve::{Implementation, NodeIdx, ResolvedFlow, ResolvedNode, ResolvedProject};
use crate::source::{Span, Spanned};
use crate::tiers;

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
fn check_ports(diags: &mut Diagnostics, flow: &ResolvedFlow, id: NodeIdx) {
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

enum SettingError {
    NothingToCall {
        key: &'static str,
        at: Span,
    },
    DefaultUnused {
        key: &'static str,
        at: Span,
        own: &'static str,
    },
    NoFanOut {
        node: String,
        at: Span,
    },
    NoMerge {
        node: String,
        at: Span,
    },
    LimitOfBuiltin {
        node: String,
        key: &'static str,
        at: Span,
    },
    NoLifecycle {
        /// The component, or its world, as long as there is no code.
        who: String,
        key: &'static str,
        at: Span,
    },
    NeverSoLarge {
        limit: Spanned<u64>,
    },
    OverBudget {
        largest: Spanned<u64>,
        budget: Spanned<u64>,
        room: u64,
    },
    OneRun {
        at: Span,
    },
    OneFlow {
        at: Span,
    },
    OnePlace {
        at: Span,
    },
    NoPause {
        at: Span,
    },
    NoRestart {
        at: Span,
    },
    PoolTooLarge {
        key: &'static str,
        size: Spanned<u32>,
        computed: u32,
    },
    NobodyNeeds {
        key: &'static str,
        at: Span,
    },
}

impl SettingError {
    fn place(&self) -> Span {
        match self {
            SettingError::NothingToCall { at, .. }
            | SettingError::DefaultUnused { at, .. }
            | SettingError::NoFanOut { at, .. }
            | SettingError::NoMerge { at, .. }
            | SettingError::LimitOfBuiltin { at, .. }
            | SettingError::NoLifecycle { at, .. }
            | SettingError::OneRun { at }
            | SettingError::OneFlow { at }
            | SettingError::OnePlace { at }
            | SettingError::NoPause { at }
            | SettingError::NoRestart { at }
            | SettingError::NobodyNeeds { at, .. } => *at,
            SettingError::NeverSoLarge { limit } => limit.span,
            SettingError::OverBudget { largest, .. } => largest.span,
            SettingError::PoolTooLarge { size, .. } => size.span,
        }
    }

    /// The problem, what stands at the place, and what to do.
    fn words(&self) -> (String, String, String) {
        match self {
            SettingError::NothingToCall { key, .. } => (
                format!("`{key}` has no effect: there is no component"),
                "applies only to components".to_owned(),
                "remove it: built-in nodes are parts of the runtime".to_owned(),
            ),
            SettingError::DefaultUnused { key, own, .. } => (
                format!("`{key}` has no effect: this default is overridden everywhere"),
                format!("applies only where no `{own}` is set"),
                format!("remove it, or leave `{own}` unset somewhere"),
            ),
            SettingError::NoFanOut { node, .. } => (
                format!("`fan_out` has no effect: no port of `{node}` has several edges"),
                "decides whether the streams of one port wait for each other".to_owned(),
                "remove it, or add an edge from the same port".to_owned(),
            ),
            SettingError::NoMerge { node, .. } => (
                format!("`merge` has no effect: `{node}` does not have several inputs"),
                "decides which of several inputs goes first".to_owned(),
                "remove it, or add an edge into the node".to_owned(),
            ),
            SettingError::LimitOfBuiltin { node, key, .. } => (
                format!("`{key}` has no effect: `{node}` is a built-in node"),
                "a limit for a component".to_owned(),
                "remove it: built-in nodes are parts of the runtime".to_owned(),
            ),
            SettingError::NoLifecycle { who, key, .. } => (
                format!("`{key}` has no effect: {who} does not export `torvyn:streaming/lifecycle`"),
                match *key {
                    "config" => "only `lifecycle.init` receives it",
                    _ => "a time limit for a function of `lifecycle`",
                }
                .to_owned(),
                "export `lifecycle` from the component, or remove it".to_owned(),
            ),
            SettingError::NeverSoLarge { .. } => (
                "`max_element_size` has no effect: no element can be larger".to_owned(),
                format!("a buffer has at most {}", written_size(bounds::LARGEST_BUFFER_BYTES)),
                "lower it, or remove it".to_owned(),
            ),
            SettingError::OneRun { .. } => (
                "`worker_threads` has no effect: there is one flow, without replicas".to_owned(),
                "a flow runs on one thread".to_owned(),
                "set `replicas` of the flow, or remove it".to_owned(),
            ),
            SettingError::OverBudget { budget, room, .. } => (
                format!(
                    "`max_buffer_size` has no effect: `buffer_budget` has room for a buffer of {} at most",
                    written_size(*room)
                ),
                format!("the budget is {}", written_size(budget.value)),
                "lower it, or raise `buffer_budget`".to_owned(),
            ),
            SettingError::OneFlow { .. } => (
                "`priority` has no effect: there is no other flow".to_owned(),
                "how much the flow does before other flows run".to_owned(),
                "remove it, or add a flow".to_owned(),
            ),
            SettingError::OnePlace { .. } => (
                "`low_watermark_ratio` has no effect: the stream holds one element".to_owned(),
                "when a full stream has room again".to_owned(),
                "remove it, or raise `queue_depth`".to_owned(),
            ),
            SettingError::NoPause { .. } => (
                "`sink_pause_ms` has no effect: no sink can ask for a pause".to_owned(),
                "for a component that returns `pause`".to_owned(),
                "remove it: built-in sinks never pause".to_owned(),
            ),
            SettingError::NoRestart { .. } => (
                "`max_restarts` has no effect: no component is ever restarted".to_owned(),
                "limits restarts after traps and calls that take too long".to_owned(),
                "set `on_error` of a node to `skip`, `retry` or `dead-letter`, or remove it".to_owned(),
            ),
            SettingError::PoolTooLarge { key, computed, .. } => (
                format!("`{key}` has no effect: pools never exceed the computed size"),
                format!("an upper bound; the computed size is {computed}"),
                "lower it, or remove it; if a pool is empty, buffers are allocated outside it, unless `exhaustion_policy` \
                 forbids it"
                    .to_owned(),
            ),
            SettingError::NobodyNeeds { key, .. } => (
                format!("`{key}` has no effect: no component of a flow declares its needs here"),
                "is compared with the limits of nodes".to_owned(),
                "remove it, or use a component in a flow".to_owned(),
            ),
        }
    }
}

impl From<SettingError> for Diagnostic {
    fn from(error: SettingError) -> Self {
        let (message, label, help) = error.words();
        Diagnostic::warning(Code::SettingIneffective, message)
            .primary(error.place(), label)
            .help(help)
    }
}

/// A budget with room for small elements alone.
struct BudgetError {
    node: String,
    room: u64,
    at: Span,
}

impl From<BudgetError> for Diagnostic {
    fn from(BudgetError { node, room, at }: BudgetError) -> Self {
        let (more, which) = match room {
            0 => (String::new(), "smallest"),
            room => (format!(" of more than {}", written_size(room)), "next larger"),
        };
        let message = format!("`buffer_budget` of `{node}` has no room for a buffer{more}");
        let next = written_size(tiers::next_size(room));
        Diagnostic::warning(Code::BudgetExceeded, message)
            .primary(at, format!("the {which} buffer takes {next}, however little is in it"))
            .help(format!("set it to `\"{next}\"` or more, or remove it"))
    }
}
