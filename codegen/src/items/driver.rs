//! The driver of one flow: its stages as fields, and which of them runs next.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::ir::{Builtin, FlowIr, Implementation, Node, NodeIdx, Role};
use crate::names;

/// `struct Driver`, its `Flow` implementation and `start`, which makes one.
pub(crate) fn driver(flow: &FlowIr) -> TokenStream {
    let definition = definition(flow);
    let step = step(flow);
    let start = start(flow);
    let fields = idents(flow);
    quote! {
        #definition

        impl rt::flow::Flow for Driver {
            fn plan(&self) -> &'static rt::plan::FlowPlan {
                &PLAN
            }

            #step

            fn nodes(&mut self) -> Vec<&mut dyn rt::flow::Node> {
                vec![#(&mut self.#fields),*]
            }

            fn streams(&self) -> &[rt::queue::Stream] {
                &self.streams
            }

            fn streams_mut(&mut self) -> &mut [rt::queue::Stream] {
                &mut self.streams
            }
        }

        #start
    }
}

fn idents(flow: &FlowIr) -> Vec<Ident> {
    flow.nodes
        .iter()
        .enumerate()
        .map(|(position, node)| names::node(NodeIdx::new(position), node))
        .collect()
}

fn definition(flow: &FlowIr) -> TokenStream {
    let fields = idents(flow);
    let types = flow.nodes.iter().map(|node| node_type(node.role));
    let streams = flow.streams.len();
    quote! {
        struct Driver {
            #(#fields: #types,)*
            streams: [rt::queue::Stream; #streams],
        }
    }
}

fn node_type(role: Role) -> TokenStream {
    match role {
        Role::Source => quote! { rt::flow::SourceNode },
        Role::Processor => quote! { rt::flow::ProcessorNode },
        Role::Filter => quote! { rt::flow::FilterNode },
        Role::Router => quote! { rt::flow::RouterNode },
        Role::Aggregator => quote! { rt::flow::AggregatorNode },
        Role::Sink => quote! { rt::flow::SinkNode },
    }
}

/// One step: the first ready stage of the schedule runs. Whether there was one is the answer.
fn step(flow: &FlowIr) -> TokenStream {
    let idents = idents(flow);
    let turns = flow.schedule.iter().map(|turn| &idents[turn.position()]);
    quote! {
        fn step(&mut self, cx: &mut rt::context::RunContext) -> Result<bool, rt::error::Failure> {
            #(
                if self.#turns.is_ready(cx, &self.streams) {
                    self.#turns.run(cx, &mut self.streams)?;
                    return Ok(true);
                }
            )*
            Ok(false)
        }
    }
}

fn start(flow: &FlowIr) -> TokenStream {
    let fields = idents(flow);
    let values = flow
        .nodes
        .iter()
        .enumerate()
        .map(|(position, node)| instance(position, node));
    quote! {
        pub(super) fn start(
            setup: &mut rt::flow::Setup<'_>,
        ) -> Result<Box<dyn rt::flow::Flow>, rt::error::Failure> {
            Ok(Box::new(Driver {
                #(#fields: #values,)*
                streams: rt::flow::streams(&PLAN),
            }))
        }
    }
}

fn instance(position: usize, node: &Node) -> TokenStream {
    let node_type = node_type(node.role);
    let is_end = match node.role {
        Role::Source | Role::Sink => true,
        Role::Processor | Role::Filter | Role::Router | Role::Aggregator => false,
    };
    let implementation = match &node.implementation {
        Implementation::Component { artifact, .. } => {
            let artifact = names::artifact(*artifact);
            match is_end {
                true => quote! { rt::flow::Origin::Component(&super::#artifact) },
                false => quote! { &super::#artifact },
            }
        }
        Implementation::Builtin(builtin) => {
            let builtin = match builtin {
                Builtin::Generator => quote! { rt::builtin::Generator::default() },
                Builtin::Lines => quote! { rt::builtin::Lines::default() },
                Builtin::Console => quote! { rt::builtin::Console::default() },
                Builtin::File => quote! { rt::builtin::File::default() },
            };
            quote! { rt::flow::Origin::Builtin(Box::new(#builtin)) }
        }
    };
    quote! { #node_type::new(setup, &PLAN, #position, #implementation)? }
}
