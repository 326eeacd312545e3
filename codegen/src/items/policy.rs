//! Emits roles and policies as expressions of the same types, which the plan shares with the IR.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::ir::{ErrorAction, ErrorPolicies, LastResort, NodePolicies, OverflowPolicy, Role};

/// `rt::TYPE::VARIANT`
fn variant(of: &str, variant: &str) -> TokenStream {
    let (of, variant) = (format_ident!("{of}"), format_ident!("{variant}"));
    quote! { rt::#of::#variant }
}

/// `rt::Role::…`
pub(crate) fn role(role: Role) -> TokenStream {
    variant("Role", role.variant())
}

/// `rt::NodePolicies { … }`
pub(crate) fn of_node(policies: &NodePolicies) -> TokenStream {
    let NodePolicies {
        merge,
        fan_out,
        on_error,
    } = policies;
    let merge = variant("Merge", merge.variant());
    let fan_out = variant("FanOut", fan_out.variant());
    let on_error = errors(on_error);
    quote! {
        rt::NodePolicies {
            merge: #merge,
            fan_out: #fan_out,
            on_error: #on_error,
        }
    }
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
fn errors(policies: &ErrorPolicies) -> TokenStream {
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
