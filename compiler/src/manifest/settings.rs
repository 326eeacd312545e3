//! Settings of flows, nodes and edges, passed to `lower` as they are.
//!
//! Each option of a node is a field here. If it acts at run time, it is also part of [`NodePolicies`], with its
//! default.

mod policy;

use torvyn_codegen::ir::{
    ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, NodePolicies, OverflowPolicy, StageLimits,
};

use super::defaults;
use super::section::Section;
use super::words::{Optimize, Priority};
use crate::diag::Diagnostics;
use crate::source::{Span, Spanned};

pub(super) use policy::default_overflow;

/// Settings of a flow.
#[derive(Clone, Debug, Default)]
pub struct FlowSettings {
    /// Capacity of streams that set none of their own.
    pub default_queue_depth: Option<Spanned<u32>>,
    /// Scheduling class.
    pub priority: Option<Spanned<Priority>>,
    /// How long the flow may run, in milliseconds.
    pub deadline_ms: Option<Spanned<u64>>,
    /// Requested call path of its stages.
    pub optimize: Option<Spanned<Optimize>>,
    /// Number of replicas.
    pub replicas: Option<Spanned<u32>>,
}

/// Settings of a node.
#[derive(Clone, Debug, Default)]
pub struct NodeSettings {
    /// Configuration text; JSON if it was written as a table.
    pub config: Option<Spanned<String>>,
    /// Actions after a failed call.
    pub on_error: OnErrorDecl,
    /// Effect of a full stream on the others of its port.
    pub fan_out: Option<Spanned<FanOut>>,
    /// Order in which elements are taken from several inputs.
    pub merge: Option<Spanned<Merge>>,
    /// `limits`.
    pub limits: LimitsDecl,
}

/// `on_error` of a node. The span of an action is where its last resort is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct OnErrorDecl {
    /// After `invalid-input`.
    pub invalid_input: Option<Spanned<ErrorAction>>,
    /// After `unavailable`.
    pub unavailable: Option<Spanned<ErrorAction>>,
    /// After `internal`.
    pub internal: Option<Spanned<ErrorAction>>,
    /// After `deadline-exceeded`.
    pub deadline_exceeded: Option<Spanned<ErrorAction>>,
    /// After an error of a category that is not named.
    pub default: Option<Spanned<ErrorAction>>,
}

/// `limits` of a node, or the same limits in `[runtime]`.
#[derive(Clone, Debug, Default)]
pub struct LimitsDecl {
    /// Linear memory in bytes.
    pub memory_bytes: Option<Spanned<u64>>,
    /// Fuel for one call; 0 means no limit.
    pub fuel: Option<Spanned<u64>>,
    /// Time for one call, in milliseconds.
    pub invocation_timeout_ms: Option<Spanned<u64>>,
    /// Time for `lifecycle.init`, in milliseconds.
    pub init_timeout_ms: Option<Spanned<u64>>,
    /// Time for `lifecycle.teardown`, in milliseconds.
    pub teardown_timeout_ms: Option<Spanned<u64>>,
    /// Largest buffer, in bytes.
    pub max_buffer_bytes: Option<Spanned<u64>>,
    /// Capacity of all buffers owned at once, in bytes.
    pub buffer_budget_bytes: Option<Spanned<u64>>,
}

/// Settings of an edge.
#[derive(Clone, Debug, Default)]
pub struct EdgeSettings {
    /// Capacity in elements.
    pub queue_depth: Option<Spanned<u32>>,
    /// Fill ratio at which a full stream has room again.
    pub low_watermark_ratio: Option<Spanned<f64>>,
    /// Policy of the full stream, with the rate of `rate-limit`.
    pub policy: Option<Spanned<OverflowPolicy>>,
    /// Rank among the inputs of the consumer.
    pub priority: Option<Spanned<u8>>,
    /// Longest payload, in bytes.
    pub max_element_bytes: Option<Spanned<u64>>,
}

impl FlowSettings {
    /// Reads a `[flow.NAME]`.
    pub(super) fn read(section: &Section) -> Self {
        Self {
            default_queue_depth: section.small_integer("default_queue_depth"),
            priority: section.word("priority", Priority::parse),
            deadline_ms: section.integer("deadline"),
            optimize: section.word("optimize", Optimize::parse),
            replicas: section.small_integer("replicas"),
        }
    }

    /// Number of replicas, 1 by default.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        self.replicas.map_or(defaults::REPLICAS, |replicas| replicas.value)
    }
}

impl NodeSettings {
    /// Reads a `[flow.NAME.nodes.NODE]`.
    pub(super) fn read(diags: &mut Diagnostics, section: &Section) -> Self {
        Self {
            config: section.text("config"),
            on_error: policy::on_error(diags, section),
            fan_out: section.word("fan_out", FanOut::parse),
            merge: section.word("merge", Merge::parse),
            limits: section.section("limits").map(LimitsDecl::read).unwrap_or_default(),
        }
    }

    /// The configuration string, possibly empty.
    #[must_use]
    pub fn config(&self) -> &str {
        self.config.as_ref().map_or("", |config| &config.value)
    }

    /// The policies, defaults included.
    #[must_use]
    pub fn policies(&self) -> NodePolicies {
        NodePolicies {
            merge: self.merge.map_or(defaults::MERGE, |merge| merge.value),
            fan_out: self.fan_out.map_or(defaults::FAN_OUT, |fan_out| fan_out.value),
            on_error: self.on_error.policies(),
        }
    }
}

impl EdgeSettings {
    /// Reads a `[[flow.NAME.edges]]`.
    pub(super) fn read(diags: &mut Diagnostics, section: &Section) -> Self {
        let backpressure = section.section("backpressure");
        let rank = |rank: u64| u8::try_from(rank).expect("invariant: the schema's bound is 255");
        Self {
            queue_depth: backpressure.and_then(|s| s.small_integer("queue_depth")),
            low_watermark_ratio: backpressure.and_then(|s| s.number("low_watermark_ratio")),
            policy: backpressure.and_then(|s| policy::overflow(diags, s)),
            priority: section.integer("priority").map(|written| written.map(rank)),
            max_element_bytes: section.integer("max_element_size"),
        }
    }

    /// Priority among the inputs of the consumer.
    #[must_use]
    pub fn priority(&self) -> u8 {
        self.priority
            .map_or(defaults::INPUT_PRIORITY, |priority| priority.value)
    }
}

impl LimitsDecl {
    /// Reads the `limits` of a node.
    fn read(section: &Section) -> Self {
        Self {
            memory_bytes: section.integer("max_memory"),
            fuel: section.integer("fuel_per_invocation"),
            invocation_timeout_ms: section.integer("invocation_timeout_ms"),
            init_timeout_ms: section.integer("init_timeout_ms"),
            teardown_timeout_ms: section.integer("teardown_timeout_ms"),
            max_buffer_bytes: section.integer("max_buffer_size"),
            buffer_budget_bytes: section.integer("buffer_budget"),
        }
    }

    /// Returns the effective limits: these, or else those of `[runtime]`, or else the defaults.
    #[must_use]
    pub fn or(&self, runtime: &LimitsDecl) -> StageLimits {
        let value = |node: Option<Spanned<u64>>, runtime: Option<Spanned<u64>>, default: u64| {
            node.or(runtime).map_or(default, |limit| limit.value)
        };
        let default = defaults::LIMITS;
        StageLimits {
            memory_bytes: value(self.memory_bytes, runtime.memory_bytes, default.memory_bytes),
            invocation_timeout_ms: value(
                self.invocation_timeout_ms,
                runtime.invocation_timeout_ms,
                default.invocation_timeout_ms,
            ),
            init_timeout_ms: value(self.init_timeout_ms, runtime.init_timeout_ms, default.init_timeout_ms),
            teardown_timeout_ms: value(
                self.teardown_timeout_ms,
                runtime.teardown_timeout_ms,
                default.teardown_timeout_ms,
            ),
            fuel: value(self.fuel, runtime.fuel, default.fuel),
            max_buffer_bytes: value(
                self.max_buffer_bytes,
                runtime.max_buffer_bytes,
                default.max_buffer_bytes,
            ),
            buffer_budget_bytes: value(
                self.buffer_budget_bytes,
                runtime.buffer_budget_bytes,
                default.buffer_budget_bytes,
            ),
        }
    }
}

impl OnErrorDecl {
    /// The actions by category, defaults included.
    #[must_use]
    pub fn policies(&self) -> ErrorPolicies {
        let action = |own: Option<Spanned<ErrorAction>>| {
            let written = own.or(self.default);
            written.map_or(ErrorAction::Now(defaults::ON_ERROR), |action| action.value)
        };
        ErrorPolicies {
            invalid_input: action(self.invalid_input),
            unavailable: action(self.unavailable),
            internal: action(self.internal),
            deadline_exceeded: action(self.deadline_exceeded),
        }
    }

    /// Where `dead-letter` is written first, if anywhere.
    #[must_use]
    pub fn dead_letter(&self) -> Option<Span> {
        let actions = [
            self.invalid_input,
            self.unavailable,
            self.internal,
            self.deadline_exceeded,
            self.default,
        ];
        let written = actions.into_iter().flatten();
        let dead_letters = written.filter(|action| action.value.last_resort() == LastResort::DeadLetter);
        dead_letters.map(|action| action.span).min_by_key(|span| span.start)
    }
}
