//! Diagnostics about settings without effect.

use torvyn_runtime_core::bounds;

use crate::diag::{Code, Diagnostic};
use crate::manifest::written_size;
use crate::source::{Span, Spanned};
use crate::tiers;

pub(super) enum SettingError {
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
        /// Whether it is a sink without any edge.
        is_sink: bool,
    },
    NoMerge {
        node: String,
        at: Span,
        is_source: bool,
    },
    LimitOfBuiltin {
        node: String,
        key: &'static str,
        at: Span,
    },
    NoLifecycle {
        /// The component, or its world if there is no binary.
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

    /// Message, label and help.
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
            SettingError::NoFanOut { node, is_sink, .. } => {
                let (why, otherwise) = match is_sink {
                    true => (format!("`{node}` is a sink, which has no outputs"), ""),
                    false => (
                        format!("no port of `{node}` has several edges"),
                        ", or add an edge from the same port",
                    ),
                };
                (
                    format!("`fan_out` has no effect: {why}"),
                    "decides whether the streams of one port wait for each other".to_owned(),
                    format!("remove it{otherwise}"),
                )
            }
            SettingError::NoMerge { node, is_source, .. } => {
                let (why, otherwise) = match is_source {
                    true => ("is a source, which has no inputs", ""),
                    false => ("does not have several inputs", ", or add an edge into the node"),
                };
                (
                    format!("`merge` has no effect: `{node}` {why}"),
                    "decides which of several inputs goes first".to_owned(),
                    format!("remove it{otherwise}"),
                )
            }
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

/// A buffer budget with room for small buffers at most.
pub(super) struct BudgetError {
    pub(super) node: String,
    pub(super) room: u64,
    pub(super) at: Span,
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
