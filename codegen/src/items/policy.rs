//! Roles and policies as expressions of the plan's types.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{ErrorAction, ErrorPolicies, FanOut, LastResort, Merge, OverflowPolicy, Role};

/// `rt::plan::Role::…`
pub(crate) fn role(role: Role) -> TokenStream {
    match role {
        Role::Source => quote! { rt::plan::Role::Source },
        Role::Processor => quote! { rt::plan::Role::Processor },
        Role::Filter => quote! { rt::plan::Role::Filter },
        Role::Router => quote! { rt::plan::Role::Router },
        Role::Aggregator => quote! { rt::plan::Role::Aggregator },
        Role::Sink => quote! { rt::plan::Role::Sink },
    }
}

/// `rt::plan::Overflow::…`
pub(crate) fn overflow(policy: OverflowPolicy) -> TokenStream {
    match policy {
        OverflowPolicy::Block => quote! { rt::plan::Overflow::Block },
        OverflowPolicy::DropOldest => quote! { rt::plan::Overflow::DropOldest },
        OverflowPolicy::DropNewest => quote! { rt::plan::Overflow::DropNewest },
        OverflowPolicy::Error => quote! { rt::plan::Overflow::Error },
        OverflowPolicy::RateLimit { per_second } => {
            quote! { rt::plan::Overflow::RateLimit { per_second: #per_second } }
        }
    }
}

/// `rt::plan::Merge::…`
pub(crate) fn merge(merge: Merge) -> TokenStream {
    match merge {
        Merge::RoundRobin => quote! { rt::plan::Merge::RoundRobin },
        Merge::Priority => quote! { rt::plan::Merge::Priority },
    }
}

/// `rt::plan::FanOut::…`
pub(crate) fn fan_out(fan_out: FanOut) -> TokenStream {
    match fan_out {
        FanOut::Minimum => quote! { rt::plan::FanOut::Minimum },
        FanOut::Independent => quote! { rt::plan::FanOut::Independent },
    }
}

/// `rt::plan::ErrorPlan { … }`
pub(crate) fn errors(policies: &ErrorPolicies) -> TokenStream {
    let [invalid_input, unavailable, internal, deadline_exceeded] = [
        action(policies.invalid_input),
        action(policies.unavailable),
        action(policies.internal),
        action(policies.deadline_exceeded),
    ];
    quote! {
        rt::plan::ErrorPlan {
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
            quote! { rt::plan::ErrorAction::Now(#resort) }
        }
        ErrorAction::Retry { max, backoff_ms, then } => {
            let then = last_resort(then);
            quote! { rt::plan::ErrorAction::Retry { max: #max, backoff_ms: #backoff_ms, then: #then } }
        }
    }
}

fn last_resort(resort: LastResort) -> TokenStream {
    match resort {
        LastResort::Terminate => quote! { rt::plan::LastResort::Terminate },
        LastResort::Skip => quote! { rt::plan::LastResort::Skip },
        LastResort::DeadLetter => quote! { rt::plan::LastResort::DeadLetter },
    }
}
