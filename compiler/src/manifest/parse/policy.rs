//! What the manifest says about errors and full streams: checked tables to policies.

use torvyn_codegen::ir::{ErrorAction, FanOut, LastResort, Merge, OverflowPolicy};

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::ast::OnErrorDecl;
use crate::manifest::section::Section;
use crate::source::{Span, Spanned};

/// Attempts after the first one, where the manifest does not say.
const RETRIES: u32 = 3;

/// Milliseconds before the first of them, where the manifest does not say.
const BACKOFF_MS: u64 = 100;

/// The categories as the manifest writes them.
const CATEGORIES: [&str; 5] = [
    "invalid-input",
    "unavailable",
    "internal",
    "deadline-exceeded",
    "default",
];

/// `on_error` of a node.
pub(super) fn on_error(diags: &mut Diagnostics, node: &Section) -> OnErrorDecl {
    if node.text("on_error").is_some() {
        return OnErrorDecl {
            default: action(node, "on_error"),
            ..OnErrorDecl::default()
        };
    }
    let Some(section) = node.section("on_error") else {
        return OnErrorDecl::default();
    };
    if let Some(retry) = section.section("retry") {
        if let Some(category) = CATEGORIES.iter().find(|category| section.has(category)) {
            diags.error(PolicyError::RetryBesideCategory {
                retry: retry.span,
                category,
            });
        }
        return OnErrorDecl {
            default: Some(retried(retry)),
            ..OnErrorDecl::default()
        };
    }
    let [invalid_input, unavailable, internal, deadline_exceeded, default] =
        CATEGORIES.map(|category| action(section, category));
    OnErrorDecl {
        invalid_input,
        unavailable,
        internal,
        deadline_exceeded,
        default,
    }
}

/// The action at `key`: a word, or a table with `retry`.
fn action(section: &Section, key: &str) -> Option<Spanned<ErrorAction>> {
    match section.text(key) {
        Some(word) => Some(word.map(|word| match word.as_str() {
            "retry" => ErrorAction::Retry {
                max: RETRIES,
                backoff_ms: BACKOFF_MS,
                then: LastResort::Terminate,
            },
            word => ErrorAction::Now(last_resort(word)),
        })),
        None => section.section(key)?.section("retry").map(retried),
    }
}

fn retried(retry: &Section) -> Spanned<ErrorAction> {
    let then = retry.text("then");
    let place = then.as_ref().map_or(retry.span, |then| then.span);
    let action = ErrorAction::Retry {
        max: retry.small_integer("max").map_or(RETRIES, |max| max.value),
        backoff_ms: retry.integer("backoff_ms").map_or(BACKOFF_MS, |backoff| backoff.value),
        then: then.map_or(LastResort::Terminate, |then| last_resort(&then.value)),
    };
    Spanned::new(action, place)
}

fn last_resort(word: &str) -> LastResort {
    [LastResort::Skip, LastResort::DeadLetter]
        .into_iter()
        .find(|resort| resort.as_str() == word)
        .unwrap_or(LastResort::Terminate)
}

/// `policy` of an edge, with its rate.
pub(super) fn overflow(diags: &mut Diagnostics, backpressure: &Section) -> Option<Spanned<OverflowPolicy>> {
    let policy = backpressure.text("policy");
    let rate = backpressure.integer("max_elements_per_second");
    match (policy, rate) {
        (Some(policy), Some(rate)) if policy.value == "rate-limit" => {
            let per_second = rate.value;
            Some(Spanned::new(OverflowPolicy::RateLimit { per_second }, policy.span))
        }
        (policy, Some(rate)) => {
            if !backpressure.is_lossy() {
                diags.error(PolicyError::RateWithout {
                    rate: rate.span,
                    policy: policy.map(|policy| policy.span),
                });
            }
            None
        }
        (Some(policy), None) if policy.value == "rate-limit" => {
            if !backpressure.is_lossy() {
                diags.error(PolicyError::NoRate { policy: policy.span });
            }
            None
        }
        (policy, None) => policy.map(|policy| policy.map(|word| unlimited(&word))),
    }
}

/// `default_policy` of `[runtime.backpressure]`, or its other name.
pub(super) fn default_overflow(diags: &mut Diagnostics, backpressure: &Section) -> Option<Spanned<OverflowPolicy>> {
    let (first, second) = (
        backpressure.text("default_policy"),
        backpressure.text("backpressure_policy"),
    );
    if let (Some(first), Some(second)) = (&first, &second)
        && first.value != second.value
    {
        diags.error(PolicyError::TwoDefaults {
            first: first.span,
            again: second.span,
        });
    }
    let policy = first.or(second)?;
    if policy.value == "rate-limit" {
        diags.error(PolicyError::RateAsDefault { at: policy.span });
        return None;
    }
    Some(policy.map(|word| unlimited(&word)))
}

/// The policies that need no further key.
fn unlimited(word: &str) -> OverflowPolicy {
    [
        OverflowPolicy::DropOldest,
        OverflowPolicy::DropNewest,
        OverflowPolicy::Error,
    ]
    .into_iter()
    .find(|policy| policy.as_str() == word)
    .unwrap_or(OverflowPolicy::Block)
}

/// `fan_out` of a node.
pub(super) fn fan_out(node: &Section) -> Option<Spanned<FanOut>> {
    Some(node.text("fan_out")?.map(|word| {
        if word == FanOut::Independent.as_str() {
            FanOut::Independent
        } else {
            FanOut::Minimum
        }
    }))
}

/// `merge` of a node.
pub(super) fn merge(node: &Section) -> Option<Spanned<Merge>> {
    Some(node.text("merge")?.map(|word| {
        if word == Merge::Priority.as_str() {
            Merge::Priority
        } else {
            Merge::RoundRobin
        }
    }))
}

enum PolicyError {
    RetryBesideCategory { retry: Span, category: &'static str },
    NoRate { policy: Span },
    RateWithout { rate: Span, policy: Option<Span> },
    RateAsDefault { at: Span },
    TwoDefaults { first: Span, again: Span },
}

impl From<PolicyError> for Diagnostic {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::RetryBesideCategory { retry, category } => Diagnostic::error(
                Code::ConstraintViolation,
                format!("`retry` stands beside `{category}`: it is not clear which errors it is for"),
            )
            .primary(retry, "for every error, or for one category")
            .help("move it behind a category, such as `default = { retry = { … } }`"),
            PolicyError::NoRate { policy } => {
                Diagnostic::error(Code::ConstraintViolation, "a stream with `rate-limit` needs a rate")
                    .primary(policy, "how many elements per second")
                    .help("add `max_elements_per_second`")
            }
            PolicyError::RateWithout { rate, policy } => {
                let diagnostic = Diagnostic::error(
                    Code::ConstraintViolation,
                    "`max_elements_per_second` needs the policy `rate-limit`",
                )
                .primary(rate, "only `rate-limit` has a rate");
                match policy {
                    Some(policy) => diagnostic.secondary(policy, "the policy of this stream"),
                    None => diagnostic,
                }
                .help("write `policy = \"rate-limit\"`, or remove the rate")
            }
            PolicyError::RateAsDefault { at } => Diagnostic::error(
                Code::ConstraintViolation,
                "`rate-limit` can't be the policy of all streams",
            )
            .primary(at, "has no rate")
            .help("set `policy` and `max_elements_per_second` in the `backpressure` of an edge"),
            PolicyError::TwoDefaults { first, again } => Diagnostic::error(
                Code::DuplicateName,
                "`default_policy` and `backpressure_policy` are two names of one key, and differ",
            )
            .primary(again, "second value")
            .secondary(first, "first value")
            .help("keep `default_policy`"),
        }
    }
}
