//! The driver of one flow: its stages as fields, and the choice of the stage to run next.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::chains::{Chain, Link, chains};
use crate::ir::{Builtin, CallPath, FlowIr, Implementation, Node, NodeIdx, Role, Shell, ShellIdx};
use crate::names;

/// Emits `struct Driver`, its `Flow` implementation, and its constructor `start`.
pub(crate) fn driver(flow: &FlowIr) -> TokenStream {
    let definition = definition(flow);
    let step = step(flow);
    let start = start(flow);
    let fields = idents(flow);
    quote! {
        #definition

        impl rt::Flow for Driver {
            fn plan(&self) -> &'static rt::FlowPlan {
                &PLAN
            }

            #step

            fn nodes(&mut self) -> Vec<&mut dyn rt::Node> {
                vec![#(&mut self.#fields),*]
            }

            fn streams(&self) -> &[rt::Stream] {
                &self.streams
            }

            fn streams_mut(&mut self) -> &mut [rt::Stream] {
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
    let types = flow.nodes.iter().map(field_type);
    let fused = shells(flow).map(|(shell, _)| names::fused(shell));
    let chains = chains(flow).into_iter().map(|chain| names::chain(chain.first()));
    let streams = flow.streams.len();
    quote! {
        struct Driver {
            #(#fields: #types,)*
            #(#fused: rt::FusedChain,)*
            #(#chains: rt::Chain,)*
            streams: [rt::Stream; #streams],
        }
    }
}

fn shells(flow: &FlowIr) -> impl Iterator<Item = (ShellIdx, &Shell)> {
    let shells = flow.shells.iter().enumerate();
    shells.map(|(position, shell)| (ShellIdx::new(position), shell))
}

fn node_type(role: Role) -> TokenStream {
    match role {
        Role::Source => quote! { rt::SourceNode },
        Role::Processor => quote! { rt::ProcessorNode },
        Role::Filter => quote! { rt::FilterNode },
        Role::Router => quote! { rt::RouterNode },
        Role::Aggregator => quote! { rt::AggregatorNode },
        Role::Sink => quote! { rt::SinkNode },
    }
}

/// Returns the type of a node, with the type of its stage unless the role determines it.
fn field_type(node: &Node) -> TokenStream {
    let node_type = node_type(node.role);
    let component = match node.role {
        Role::Source | Role::Sink => return node_type,
        Role::Processor => quote! { rt::ComponentProcessor },
        Role::Filter => quote! { rt::ComponentFilter },
        Role::Router => quote! { rt::ComponentRouter },
        Role::Aggregator => quote! { rt::ComponentAggregator },
    };
    match node.path.is_core() {
        true => quote! { #node_type<rt::CoreStage> },
        false => quote! { #node_type<#component> },
    }
}

/// Emits one step, which runs the first ready stage of the schedule and returns whether there was one.
fn step(flow: &FlowIr) -> TokenStream {
    let idents = idents(flow);
    let turns = flow.schedule.iter().map(|turn| {
        let node = &idents[turn.position()];
        let run = run(flow, *turn, &idents);
        quote! {
            if self.#node.is_ready(cx, &self.streams) {
                #run
                return Ok(true);
            }
        }
    });
    quote! {
        fn step(&mut self, cx: &mut rt::RunContext) -> Result<bool, rt::Failure> {
            #(#turns)*
            Ok(false)
        }
    }
}

/// Emits the call that runs a stage. The first stage of a chain passes elements through the whole chain while it is
/// clear.
fn run(flow: &FlowIr, node: NodeIdx, idents: &[Ident]) -> TokenStream {
    let first = &idents[node.position()];
    let alone = quote! { self.#first.run(cx, &mut self.streams)?; };
    let others = |members: &[NodeIdx]| -> Vec<Ident> {
        let others = members[1..].iter();
        others.map(|member| idents[member.position()].clone()).collect()
    };
    if let Some(chain) = chains(flow).into_iter().find(|chain| chain.first() == node) {
        let field = names::chain(node);
        let nodes = chain.links.iter().flat_map(|link| &link.nodes);
        let others = nodes.skip(1).map(|node| &idents[node.position()]);
        let whole = chain.links.iter().filter_map(|link| link.shell).map(names::fused);
        let head = head(&chain.links[0], idents);
        let links = chain.links[1..].iter().map(|link| self::link(link, idents));
        return quote! {
            if #(self.#whole.is_whole() &&)* self.#field.is_clear(cx, &self.streams, &[#(&self.#others),*]) {
                self.#field.run(cx, &mut self.streams, #head, &mut [#(#links),*])?;
            } else {
                #alone
            }
        };
    }
    let Some((shell, members)) = shells(flow).find(|(_, shell)| shell.members[0] == node) else {
        return alone;
    };
    let (fused, others) = (names::fused(shell), others(&members.members));
    match flow.nodes[node.position()].role {
        Role::Source => quote! {
            if self.#fused.is_clear(cx, &self.streams, &[#(&self.#others),*]) {
                self.#fused.pull(cx, &mut self.streams, &mut self.#first, &mut [#(&mut self.#others),*])?;
            } else {
                #alone
            }
        },
        Role::Processor | Role::Filter | Role::Router | Role::Aggregator | Role::Sink => quote! {
            if self.#fused.is_clear_behind(cx, &self.streams, &self.#first, &[#(&self.#others),*]) {
                self.#fused.pass(cx, &mut self.streams, &mut [&mut self.#first, #(&mut self.#others),*])?;
            } else {
                #alone
            }
        },
    }
}

/// Returns the expression for the first link of a chain.
fn head(head: &Link, idents: &[Ident]) -> TokenStream {
    let (source, others) = (&idents[head.nodes[0].position()], head.nodes[1..].iter());
    let others = others.map(|node| &idents[node.position()]);
    match head.shell.map(names::fused) {
        None => quote! { &mut self.#source },
        Some(fused) => quote! { &mut self.#fused.head(&mut self.#source, &mut [#(&mut self.#others),*]) },
    }
}

/// Returns the expression for a link of a chain.
fn link(link: &Link, idents: &[Ident]) -> TokenStream {
    let nodes = link.nodes.iter().map(|node| &idents[node.position()]);
    match link.shell.map(names::fused) {
        None => quote! { #(&mut self.#nodes)* },
        Some(fused) => quote! { &mut self.#fused.link(&mut [#(&mut self.#nodes),*]) },
    }
}

fn start(flow: &FlowIr) -> TokenStream {
    let fields = idents(flow);
    let values = flow
        .nodes
        .iter()
        .enumerate()
        .map(|(position, node)| instance(position, node));
    let shells = || shells(flow);
    let variables = shells().map(|(idx, shell)| shell_variable(idx, shell));
    let fused = shells().map(|(idx, shell)| fused_value(idx, shell));
    let chains = chains(flow).into_iter().map(|chain| chain_value(&chain));
    quote! {
        pub(super) fn start(
            setup: &mut rt::Setup<'_>,
        ) -> Result<Box<dyn rt::Flow>, rt::Failure> {
            #(#variables)*
            Ok(Box::new(Driver {
                #(#fields: #values,)*
                #(#fused,)*
                #(#chains,)*
                streams: rt::streams(&PLAN),
            }))
        }
    }
}

fn shell_variable(idx: ShellIdx, shell: &Shell) -> TokenStream {
    let (variable, artifact) = (names::shell(idx), names::artifact(shell.artifact));
    let members = positions(shell);
    quote! { let #variable = rt::shell(setup, &PLAN, &#members, &super::#artifact)?; }
}

fn fused_value(idx: ShellIdx, shell: &Shell) -> TokenStream {
    let (fused, variable) = (names::fused(idx), names::shell(idx));
    let members = positions(shell);
    quote! { #fused: rt::FusedChain::new(setup, &PLAN, &#members, &#variable) }
}

fn chain_value(chain: &Chain) -> TokenStream {
    let field = names::chain(chain.first());
    let links = chain.links.iter().map(|link| {
        let nodes = link.nodes.iter().map(|node| node.position());
        quote! { &[#(#nodes),*] }
    });
    quote! { #field: rt::Chain::new(&PLAN, &[#(#links),*]) }
}

/// Returns the positions of a shell's members in the flow.
fn positions(shell: &Shell) -> TokenStream {
    let members = shell.members.iter().map(|member| member.position());
    quote! { [#(#members),*] }
}

fn instance(position: usize, node: &Node) -> TokenStream {
    let node_type = node_type(node.role);
    let origin = origin(node);
    quote! { #node_type::new(setup, &PLAN, #position, #origin)? }
}

/// Returns the expression that `start` creates a stage from.
fn origin(node: &Node) -> TokenStream {
    match (&node.path, &node.implementation) {
        (CallPath::Component { artifact, .. }, _) => {
            let artifact = names::artifact(*artifact);
            quote! { rt::component(&super::#artifact) }
        }
        (CallPath::Direct { artifact, .. }, _) => {
            let artifact = names::artifact(*artifact);
            quote! { rt::direct(&super::#artifact) }
        }
        (CallPath::Fused { shell, member }, _) => {
            let shell = names::shell(*shell);
            let member = *member as usize;
            quote! { rt::member(&#shell, #member) }
        }
        (CallPath::Builtin, Implementation::Builtin(builtin)) => {
            let (stage, builtin) = (boxed_stage(node.role), builtin_value(*builtin));
            quote! { rt::Ready::<#stage>(Box::new(#builtin)) }
        }
        (CallPath::Builtin, Implementation::Component { .. }) => {
            unreachable!("invariant: a component is called as one")
        }
    }
}

/// Returns the type of built-in stages of a role.
fn boxed_stage(role: Role) -> TokenStream {
    match role {
        Role::Source => quote! { rt::SourceStage },
        Role::Sink => quote! { rt::SinkStage },
        Role::Processor | Role::Filter | Role::Router | Role::Aggregator => {
            unreachable!("invariant: built-ins are sources and sinks")
        }
    }
}

/// Returns `rt::TYPE::default()`: the type has the name of the built-in.
fn builtin_value(builtin: Builtin) -> TokenStream {
    let stage = format_ident!("{}", builtin.variant());
    quote! { rt::#stage::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::sample;

    /// Returns the emitted driver of a flow, without white space.
    fn text(flow: &FlowIr) -> String {
        driver(flow).to_string().split_whitespace().collect()
    }

    #[test]
    fn the_first_stage_of_a_chain_runs_all_of_it() {
        let text = text(&sample::fused().flows[0]);
        for expected in [
            "n1_processor:rt::ProcessorNode<rt::CoreStage>,",
            "fused_0:rt::FusedChain,",
            "letshell_0=rt::shell(setup,&PLAN,&[0usize,1usize],&super::ARTIFACT_0)?;",
            "rt::SourceNode::new(setup,&PLAN,0usize,rt::member(&shell_0,0usize))?",
            "fused_0:rt::FusedChain::new(setup,&PLAN,&[0usize,1usize],&shell_0),",
            "ifself.n0_source.is_ready(cx,&self.streams){if\
             self.fused_0.is_clear(cx,&self.streams,&[&self.n1_processor]){",
            "self.fused_0.pull(cx,&mutself.streams,&mutself.n0_source,&mut[&mutself.n1_processor])?;",
            "}else{self.n0_source.run(cx,&mutself.streams)?;}returnOk(true);}",
            "ifself.n1_processor.is_ready(cx,&self.streams){self.n1_processor.run(cx,&mutself.streams)?;returnOk(true);}",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn a_shell_is_one_link_of_a_chain() {
        let mut flow = sample::fused().flows.remove(0);
        // A built-in source upstream of a shell, and a sink downstream of it.
        flow.nodes[2].role = Role::Processor;
        let fused = |member| CallPath::Fused {
            shell: ShellIdx::new(0),
            member,
        };
        for (node, path) in [CallPath::Builtin, fused(0), fused(1)].into_iter().enumerate() {
            flow.nodes[node].path = path;
        }
        flow.nodes[0].implementation = Implementation::Builtin(Builtin::Generator);
        flow.shells[0].members = [1, 2].map(NodeIdx::new).to_vec();
        let text = text(&flow);
        for expected in [
            "chain_0:rt::Chain::new(&PLAN,&[&[0usize],&[1usize,2usize],&[3usize]]),",
            "ifself.fused_0.is_whole()&&self.chain_0.is_clear(cx,&self.streams,\
             &[&self.n1_processor,&self.n2_router,&self.n3_sink]){",
            "self.chain_0.run(cx,&mutself.streams,&mutself.n0_source,\
             &mut[&mutself.fused_0.link(&mut[&mutself.n1_processor,&mutself.n2_router]),&mutself.n3_sink])?;",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn a_shell_with_a_source_is_the_head_of_a_chain() {
        let mut flow = sample::fused().flows.remove(0);
        flow.nodes[2].role = Role::Processor;
        let text = text(&flow);
        for expected in [
            "chain_0:rt::Chain::new(&PLAN,&[&[0usize,1usize],&[2usize],&[3usize]]),",
            "self.chain_0.run(cx,&mutself.streams,&mutself.fused_0.head(&mutself.n0_source,&mut[&mutself.n1_processor]),\
             &mut[&mutself.n2_router,&mutself.n3_sink])?;",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }

    #[test]
    fn the_type_of_a_stage_is_that_of_its_path() {
        let core = text(&sample::fused().flows[0]);
        assert!(
            !core.contains("rt::component") && !core.contains("rt::Component"),
            "{core}"
        );
        assert!(core.contains("n2_router:rt::RouterNode<rt::CoreStage>,"));
        assert!(core.contains("(setup,&PLAN,2usize,rt::direct(&super::ARTIFACT_1))?"));
        let component = text(&sample::program().flows[0]);
        assert!(
            !component.contains("rt::direct") && !component.contains("rt::CoreStage"),
            "{component}"
        );
        assert!(component.contains("n2_router:rt::RouterNode<rt::ComponentRouter>,"));
        let builtin = "0usize,rt::Ready::<rt::SourceStage>(Box::new(rt::Generator::default()))";
        assert!(component.contains(builtin), "{component}");
        assert!(component.contains("(setup,&PLAN,2usize,rt::component(&super::ARTIFACT_0))?"));
    }
}
