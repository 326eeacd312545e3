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
    let types = flow.nodes.iter().map(|node| match node.role {
        Role::Source => quote! { rt::flow::SourceNode },
        Role::Processor => quote! { rt::flow::ProcessorNode },
        Role::Filter => quote! { rt::flow::FilterNode },
        Role::Sink => quote! { rt::flow::SinkNode },
    });
    let streams = flow.streams.len();
    quote! {
        struct Driver {
            #(#fields: #types,)*
            streams: [rt::queue::Stream; #streams],
        }
    }
}

/// One step: the first ready stage of the schedule runs.
fn step(flow: &FlowIr) -> TokenStream {
    let idents = idents(flow);
    let attempts = flow.schedule.iter().map(|turn| {
        let (node, field) = (&flow.nodes[turn.position()], &idents[turn.position()]);
        let ready = match node.role {
            Role::Source | Role::Sink => quote! { self.#field.is_ready(cx, &self.streams) },
            Role::Processor | Role::Filter => quote! { self.#field.is_ready(&self.streams) },
        };
        quote! {
            if #ready {
                return self.#field.run(cx, &mut self.streams);
            }
        }
    });
    let sinks = flow
        .nodes
        .iter()
        .zip(&idents)
        .filter(|(node, _)| node.role == Role::Sink)
        .map(|(_, field)| field);
    quote! {
        fn step(&mut self, cx: &mut rt::context::RunContext) -> Result<rt::flow::Step, rt::error::Failure> {
            #(#attempts)*
            Ok(rt::flow::Step::resting(&[#(self.#sinks.pause(&self.streams)),*]))
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
    let streams = (0..flow.streams.len()).map(|position| quote! { rt::queue::Stream::new(&PLAN.streams[#position]) });
    quote! {
        pub(super) fn start(
            setup: &mut rt::flow::Setup<'_>,
        ) -> Result<Box<dyn rt::flow::Flow>, rt::error::Failure> {
            Ok(Box::new(Driver {
                #(#fields: #values,)*
                streams: [#(#streams),*],
            }))
        }
    }
}

fn instance(position: usize, node: &Node) -> TokenStream {
    let (node_type, takes_origin) = match node.role {
        Role::Source => (quote! { rt::flow::SourceNode }, true),
        Role::Processor => (quote! { rt::flow::ProcessorNode }, false),
        Role::Filter => (quote! { rt::flow::FilterNode }, false),
        Role::Sink => (quote! { rt::flow::SinkNode }, true),
    };
    let implementation = match &node.implementation {
        Implementation::Component { artifact, .. } => {
            let artifact = names::artifact(*artifact);
            match takes_origin {
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
