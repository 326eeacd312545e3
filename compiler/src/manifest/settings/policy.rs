//! Policies for errors and full streams, read from checked tables.

use torvyn_codegen::ir::{ErrorAction, LastResort, OverflowPolicy};
use torvyn_runtime_core::policy::{ActionWord, OverflowWord};

use super::OnErrorDecl;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::manifest::defaults;
use crate::manifest::section::Section;
use crate::source::{Span, Spanned};

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
    match section.word(key, ActionWord::parse) {
        Some(word) => Some(word.map(|word| match word {
            ActionWord::Terminate => ErrorAction::Now(LastResort::Terminate),
            ActionWord::Skip => ErrorAction::Now(LastResort::Skip),
            ActionWord::DeadLetter => ErrorAction::Now(LastResort::DeadLetter),
            ActionWord::Retry => ErrorAction::Retry {
                max: defaults::RETRIES,
                backoff_ms: defaults::BACKOFF_MS,
                then: defaults::AFTER_RETRIES,
            },
        })),
        None => section.section(key)?.section("retry").map(retried),
    }
}

fn retried(retry: &Section) -> Spanned<ErrorAction> {
    let then = retry.word("then", LastResort::parse);
    let place = then.map_or(retry.span, |then| then.span);
    let (max, backoff_ms) = (retry.small_integer("max"), retry.integer("backoff_ms"));
    let action = ErrorAction::Retry {
        max: max.map_or(defaults::RETRIES, |max| max.value),
        backoff_ms: backoff_ms.map_or(defaults::BACKOFF_MS, |backoff| backoff.value),
        then: then.map_or(defaults::AFTER_RETRIES, |then| then.value),
    };
    Spanned::new(action, place)
}

/// `policy` of an edge, with its rate.
pub(super) fn overflow(diags: &mut Diagnostics, backpressure: &Section) -> Option<Spanned<OverflowPolicy>> {
    let policy = backpressure.word("policy", OverflowWord::parse);
    let rate = backpressure.integer("max_elements_per_second");
    let word = policy.map(|policy| policy.value);
    let read = match (word, rate) {
        (Some(OverflowWord::RateLimit), Some(rate)) => Some(OverflowPolicy::RateLimit { per_second: rate.value }),
        (_, Some(_)) | (None, None) => None,
        (Some(word), None) => without_rate(word),
    };
    if !backpressure.is_lossy() {
        match (policy, rate) {
            (Some(policy), None) if read.is_none() => {
                diags.error(PolicyError::NoRate { policy: policy.span });
            }
            (policy, Some(rate)) if read.is_none() => {
                let policy = policy.map(|policy| policy.span);
                diags.error(PolicyError::RateWithout {
                    rate: rate.span,
                    policy,
                });
            }
            (_, _) => {}
        }
    }
    Some(Spanned::new(read?, policy?.span))
}

/// `default_policy` of `[runtime.backpressure]`, or its other name.
pub(in crate::manifest) fn default_overflow(
    diags: &mut Diagnostics,
    backpressure: &Section,
) -> Option<Spanned<OverflowPolicy>> {
    let (first, second) = (
        backpressure.word("default_policy", OverflowWord::parse),
        backpressure.word("backpressure_policy", OverflowWord::parse),
    );
    if let (Some(first), Some(second)) = (first, second)
        && first.value != second.value
    {
        diags.error(PolicyError::TwoDefaults {
            first: first.span,
            again: second.span,
        });
    }
    let word = first.or(second)?;
    let policy = without_rate(word.value);
    if policy.is_none() {
        diags.error(PolicyError::RateAsDefault { at: word.span });
    }
    Some(Spanned::new(policy?, word.span))
}

/// The policy of a word that needs no rate.
fn without_rate(word: OverflowWord) -> Option<OverflowPolicy> {
    match word {
        OverflowWord::Block => Some(OverflowPolicy::Block),
        OverflowWord::DropOldest => Some(OverflowPolicy::DropOldest),
        OverflowWord::DropNewest => Some(OverflowPolicy::DropNewest),
        OverflowWord::Error => Some(OverflowPolicy::Error),
        OverflowWord::RateLimit => None,
    }
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
                format!("`retry` is next to `{category}`: it is unclear which errors it applies to"),
            )
            .primary(retry, "for every error, or for one category")
            .help("move it into a category, such as `default = { retry = { … } }`"),
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
                "`default_policy` and `backpressure_policy` are two names of the same key, but differ",
            )
            .primary(again, "second value")
            .secondary(first, "first value")
            .help("keep `default_policy`"),
        }
    }
}
