//! The plan of a flow as a static: the compiler's decisions for the runtime.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::document;
use super::policy;
use crate::ir::{FlowIr, Implementation, Node, NodeIdx, OutPort, ProgramIr, StageLimits, Stream, StreamIdx, TierSize};

/// Emits `pub(super) static PLAN: FlowPlan = …;`
pub(crate) fn plan(program: &ProgramIr, flow: &FlowIr) -> TokenStream {
    let name = &flow.name;
    let nodes = flow.nodes.iter().map(|node| node_plan(program, flow, node));
    let streams = flow.streams.iter().map(|stream| stream_plan(flow, stream));
    let tiers = flow.pools.iter().map(tier_plan);
    let (fallback_bytes, max_buffer_bytes, quantum) = (flow.fallback_bytes, flow.max_buffer_bytes, flow.quantum);
    let sink_pause_ms = flow.sink_pause_ms;
    let deadline_ms = option(flow.deadline_ms);
    let (max_restarts, own_thread, replicas) = (flow.max_restarts, flow.own_thread.is_some(), flow.replicas);
    let replicas_by = option(flow.replicas_by.map(NodeIdx::position));
    quote! {
        pub(super) static PLAN: rt::FlowPlan = rt::FlowPlan {
            name: #name,
            nodes: &[#(#nodes),*],
            streams: &[#(#streams),*],
            pools: rt::PoolPlan {
                tiers: [#(#tiers),*],
                fallback_bytes: #fallback_bytes,
                max_buffer_bytes: #max_buffer_bytes,
            },
            quantum: #quantum,
            deadline_ms: #deadline_ms,
            sink_pause_ms: #sink_pause_ms,
            max_restarts: #max_restarts,
            own_thread: #own_thread,
            replicas: #replicas,
            replicas_by: #replicas_by,
        };
    }
}

fn node_plan(program: &ProgramIr, flow: &FlowIr, node: &Node) -> TokenStream {
    let (name, config, capabilities) = (&node.name, &node.config, &node.capabilities);
    let component = program.worker(node);
    let (path, on_core) = (flow.path(node), node.path.is_core());
    let lifecycle = match &node.implementation {
        Implementation::Component { lifecycle, .. } => *lifecycle,
        Implementation::Builtin(_) => false,
    };
    let (inputs, dead_letters) = (positions(&node.inputs), positions(node.dead_letters()));
    let outputs = node.ports().map(port_plan);
    let (role, policies) = (policy::role(node.role), policy::of_node(&node.policies));
    let own_thread = node.own_thread.is_some();
    let limits = limits_plan(&node.limits);
    quote! {
        rt::NodePlan {
            name: #name,
            role: #role,
            component: #component,
            config: #config,
            path: #path,
            on_core: #on_core,
            lifecycle: #lifecycle,
            inputs: #inputs,
            outputs: &[#(#outputs),*],
            dead_letters: #dead_letters,
            policies: #policies,
            capabilities: &[#(#capabilities),*],
            own_thread: #own_thread,
            limits: #limits,
        }
    }
}

fn limits_plan(limits: &StageLimits) -> TokenStream {
    let StageLimits {
        memory_bytes,
        invocation_timeout_ms,
        init_timeout_ms,
        teardown_timeout_ms,
        fuel,
        max_buffer_bytes,
        buffer_budget_bytes,
    } = limits;
    quote! {
        rt::StageLimits {
            memory_bytes: #memory_bytes,
            invocation_timeout_ms: #invocation_timeout_ms,
            init_timeout_ms: #init_timeout_ms,
            teardown_timeout_ms: #teardown_timeout_ms,
            fuel: #fuel,
            max_buffer_bytes: #max_buffer_bytes,
            buffer_budget_bytes: #buffer_budget_bytes,
        }
    }
}

fn port_plan(port: &OutPort) -> TokenStream {
    let (name, streams) = (&port.name, positions(&port.streams));
    quote! { rt::PortPlan { name: #name, streams: #streams } }
}

fn stream_plan(flow: &FlowIr, stream: &Stream) -> TokenStream {
    let (from, to) = (document::from(flow, stream), document::to(flow, stream));
    let (depth, low_watermark, priority) = (stream.depth, stream.low_watermark, stream.priority);
    let policy = policy::overflow(stream.policy);
    let max_element_bytes = option(stream.max_element_bytes);
    quote! {
        rt::StreamPlan {
            from: #from,
            to: #to,
            depth: #depth,
            low_watermark: #low_watermark,
            policy: #policy,
            priority: #priority,
            max_element_bytes: #max_element_bytes,
        }
    }
}

fn tier_plan(tier: &TierSize) -> TokenStream {
    let TierSize { slot_bytes, slots } = tier;
    quote! { rt::TierSize { slot_bytes: #slot_bytes, slots: #slots } }
}

fn positions(streams: &[StreamIdx]) -> TokenStream {
    let positions = streams.iter().map(|stream| stream.position());
    quote! { &[#(#positions),*] }
}

/// Emits `Some(value)` or `None`.
pub(crate) fn option<T: ToTokens>(value: Option<T>) -> TokenStream {
    match value {
        Some(value) => quote! { Some(#value) },
        None => quote! { None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::sample;

    /// Returns the tokens of `plan`, separated by single spaces.
    fn text(plan: &TokenStream) -> String {
        plan.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn dead_letters_are_no_port_of_the_plan() {
        let program = sample::program();
        let router = text(&node_plan(&program, &program.flows[0], &program.flows[0].nodes[2]));
        let ports = r#"outputs : & [rt :: PortPlan { name : "some" , streams : & [3usize] }]"#;
        assert!(router.contains(ports), "{router}");
        assert!(router.contains("dead_letters : & [2usize]"), "{router}");
        assert!(router.contains("inputs : & [1usize , 0usize]"), "{router}");
        assert!(router.contains(r#"capabilities : & ["a" , "b"]"#), "{router}");
    }

    #[test]
    fn stages_in_shells_are_on_core() {
        let on_core = |program: ProgramIr| {
            let nodes = program.flows[0].nodes.iter();
            let plans = nodes.map(|node| text(&node_plan(&program, &program.flows[0], node)));
            plans.map(|plan| plan.contains("on_core : true")).collect::<Vec<_>>()
        };
        assert_eq!(on_core(sample::fused()), [true; 4]);
        assert_eq!(on_core(sample::program()), [false; 5]);
    }

    #[test]
    fn a_source_that_may_wait_has_its_own_thread() {
        let program = sample::program();
        let threads = program.flows[0].nodes.iter().map(|node| {
            let plan = text(&node_plan(&program, &program.flows[0], node));
            plan.contains("own_thread : true")
        });
        assert_eq!(threads.collect::<Vec<_>>(), [false, true, false, false, false]);
    }
}
