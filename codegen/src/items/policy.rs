//! Roles and policies as expressions of the plan's types.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, OverflowPolicy, Role};

/// `rt::Role::…`
pub(crate) fn role(role: Role) -> TokenStream {
    match role {
        Role::Source => quote! { rt::Role::Source },
        Role::Processor => quote! { rt::Role::Processor },
        Role::Filter => quote! { rt::Role::Filter },
        Role::Router => quote! { rt::Role::Router },
        Role::Aggregator => quote! { rt::Role::Aggregator },
        Role::Sink => quote! { rt::Role::Sink },
    }
}

/// `rt::Overflow::…`
pub(crate) fn overflow(policy: OverflowPolicy) -> TokenStream {
    match policy {
        OverflowPolicy::Block => quote! { rt::Overflow::Block },
        OverflowPolicy::DropOldest => quote! { rt::Overflow::DropOldest },
        OverflowPolicy::DropNewest => quote! { rt::Overflow::DropNewest },
        OverflowPolicy::Error => quote! { rt::Overflow::Error },
        OverflowPolicy::RateLimit { per_second } => {
            quote! { rt::Overflow::RateLimit { per_second: #per_second } }
        }
    }
}

/// `rt::Merge::…`
pub(crate) fn merge(merge: Merge) -> TokenStream {
    match merge {
        Merge::RoundRobin => quote! { rt::Merge::RoundRobin },
        Merge::Priority => quote! { rt::Merge::Priority },
    }
}

/// `rt::FanOut::…`
pub(crate) fn fan_out(fan_out: FanOut) -> TokenStream {
    match fan_out {
        FanOut::Minimum => quote! { rt::FanOut::Minimum },
        FanOut::Independent => quote! { rt::FanOut::Independent },
    }
}

/// `rt::ErrorPlan { … }`
pub(crate) fn errors(policies: &ErrorPolicies) -> TokenStream {
    let [invalid_input, unavailable, internal, deadline_exceeded] = [
        action(policies.invalid_input),
        action(policies.unavailable),
        action(policies.internal),
        action(policies.deadline_exceeded),
    ];
    quote! {
        rt::ErrorPlan {
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
    match resort {
        LastResort::Terminate => quote! { rt::LastResort::Terminate },
        LastResort::Skip => quote! { rt::LastResort::Skip },
        LastResort::DeadLetter => quote! { rt::LastResort::DeadLetter },
    }
}
