//! Emits roles and policies as expressions of the same types, which the plan shares with the IR.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::ir::{ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, OverflowPolicy, Role};

/// `rt::TYPE::VARIANT`
fn variant(of: &str, variant: &str) -> TokenStream {
    let (of, variant) = (format_ident!("{of}"), format_ident!("{variant}"));
    quote! { rt::#of::#variant }
}

/// `rt::Role::…`
pub(crate) fn role(role: Role) -> TokenStream {
    variant("Role", role.variant())
}

/// `rt::Merge::…`
pub(crate) fn merge(merge: Merge) -> TokenStream {
    variant("Merge", merge.variant())
}

/// `rt::FanOut::…`
pub(crate) fn fan_out(fan_out: FanOut) -> TokenStream {
    variant("FanOut", fan_out.variant())
}

/// `rt::OverflowPolicy::…`
pub(crate) fn overflow(policy: OverflowPolicy) -> TokenStream {
    let value = variant("OverflowPolicy", policy.word().variant());
    match policy.per_second() {
        Some(per_second) => quote! { #value { per_second: #per_second } },
        None => value,
    }
}

/// `rt::ErrorPolicies { … }`
pub(crate) fn errors(policies: &ErrorPolicies) -> TokenStream {
    let [invalid_input, unavailable, internal, deadline_exceeded] = [
        action(policies.invalid_input),
        action(policies.unavailable),
        action(policies.internal),
        action(policies.deadline_exceeded),
    ];
    quote! {
        rt::ErrorPolicies {
            invalid_input: #invalid_input,
            unavailable: #unavailable,
            internal: #internal,
            deadline_exceeded: #deadline_exceeded,
        }
    }
}

fn action(action: ErrorAction) -> TokenStream {
    match action {
        ErrorAction::Now(resort) => {
            let resort = last_resort(resort);
            quote! { rt::ErrorAction::Now(#resort) }
        }
        ErrorAction::Retry { max, backoff_ms, then } => {
            let then = last_resort(then);
            quote! { rt::ErrorAction::Retry { max: #max, backoff_ms: #backoff_ms, then: #then } }
        }
    }
}

fn last_resort(resort: LastResort) -> TokenStream {
    variant("LastResort", resort.variant())
}
