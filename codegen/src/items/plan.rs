//! What the compiler decided about a flow, as a static.

use proc_macro2::TokenStream;
use quote::quote;

use super::document;
use crate::ir::{FlowIr, Implementation, Node, Pool, ProgramIr, Stream};

/// `pub(super) static PLAN: FlowPlan = …;`
pub(crate) fn plan(program: &ProgramIr, flow: &FlowIr) -> TokenStream {
    let name = &flow.name;
    let nodes = flow.nodes.iter().map(|node| node_plan(program, node));
    let streams = flow.streams.iter().map(|stream| stream_plan(flow, stream));
    let tiers = flow.pools.iter().map(tier_plan);
    let (fallback_bytes, max_buffer_bytes, quantum) = (flow.fallback_bytes, flow.max_buffer_bytes, flow.quantum);
    let sink_pause_ms = flow.sink_pause_ms;
    let deadline_ms = option(flow.deadline_ms);
    quote! {
        pub(super) static PLAN: rt::plan::FlowPlan = rt::plan::FlowPlan {
            name: #name,
            nodes: &[#(#nodes),*],
            streams: &[#(#streams),*],
            pools: rt::plan::PoolPlan {
                tiers: [#(#tiers),*],
                fallback_bytes: #fallback_bytes,
                max_buffer_bytes: #max_buffer_bytes,
            },
            quantum: #quantum,
            deadline_ms: #deadline_ms,
            sink_pause_ms: #sink_pause_ms,
        };
    }
}

fn node_plan(program: &ProgramIr, node: &Node) -> TokenStream {
    let (name, config, role) = (&node.name, &node.config, node.role.as_str());
    let component = document::component(program, node);
    let path = document::path(node);
    let lifecycle = match &node.implementation {
        Implementation::Component { lifecycle, .. } => *lifecycle,
        Implementation::Builtin(_) => false,
    };
    let inputs = node.inputs.iter().map(|input| input.position());
    let outputs = node
        .outputs
        .iter()
        .flat_map(|port| &port.streams)
        .map(|output| output.position());
    let limits = &node.limits;
    let (memory_bytes, fuel) = (limits.memory_bytes, limits.fuel);
    let (invocation_timeout_ms, init_timeout_ms) = (limits.invocation_timeout_ms, limits.init_timeout_ms);
    let teardown_timeout_ms = limits.teardown_timeout_ms;
    quote! {
        rt::plan::NodePlan {
            name: #name,
            role: #role,
            component: #component,
            config: #config,
            path: #path,
            lifecycle: #lifecycle,
            inputs: &[#(#inputs),*],
            outputs: &[#(#outputs),*],
            limits: rt::plan::LimitsPlan {
                memory_bytes: #memory_bytes,
                invocation_timeout_ms: #invocation_timeout_ms,
                init_timeout_ms: #init_timeout_ms,
                teardown_timeout_ms: #teardown_timeout_ms,
                fuel: #fuel,
            },
        }
    }
}

fn stream_plan(flow: &FlowIr, stream: &Stream) -> TokenStream {
    let (from, to) = (document::from(flow, stream), document::to(flow, stream));
    let (depth, low_watermark) = (stream.depth, stream.low_watermark);
    quote! {
        rt::plan::StreamPlan { from: #from, to: #to, depth: #depth, low_watermark: #low_watermark }
    }
}

fn tier_plan(pool: &Pool) -> TokenStream {
    let Pool { slot_bytes, slots } = pool;
    quote! { rt::plan::TierPlan { slot_bytes: #slot_bytes, slots: #slots } }
}

fn option(value: Option<u64>) -> TokenStream {
    match value {
        Some(value) => quote! { Some(#value) },
        None => quote! { None },
    }
}
