//! Chains of stages, each of which is the only consumer of the previous one: an element passes from stage to stage
//! without waiting in the streams between them. This cannot be observed: consumers run first, so each of these streams
//! would hold one element until the driver's next step and no longer.
//!
//! Otherwise (an element waits, or for its next attempt, or a sink pauses), the nodes run one by one, through their
//! streams.

use super::base::Base;
use super::link::{Fused, Link};
use super::node::SourceNode;
use crate::buffer::Element;
use crate::context::RunContext;
use crate::crossing::Setup;
use crate::crossing::core::{SharedShell, Stop, take_counts};
use crate::error::{Failure, Operation};
use crate::plan::FlowPlan;
use crate::stage::Called;
use crate::stream::Stream;

/// The links of a chain and the streams between them. A link is a node, or the nodes of a fused chain.
#[derive(Debug)]
pub struct Chain {
    /// Streams between the links, one fewer than links.
    between: Box<[usize]>,
    /// Streams between the nodes of a link.
    within: Box<[usize]>,
    /// Streams of dead letters, whose consumers come first.
    aside: Box<[usize]>,
    /// Most steps of a quantum.
    quantum: u32,
}

impl Chain {
    /// The chain of `links` of a flow, each given with the positions of its nodes.
    #[must_use]
    pub fn new(flow: &'static FlowPlan, links: &[&[usize]]) -> Self {
        let input = |position: &usize| flow.nodes[*position].inputs[0];
        let positions = links.iter().copied().flatten();
        Self {
            between: links.iter().skip(1).map(|nodes| input(&nodes[0])).collect(),
            within: links.iter().flat_map(|nodes| nodes[1..].iter().map(input)).collect(),
            aside: positions
                .flat_map(|position| flow.nodes[*position].dead_letters)
                .copied()
                .collect(),
            quantum: flow.quantum,
        }
    }

    /// Whether an element may pass all of `nodes`, those after the first.
    #[inline]
    pub fn is_clear(&self, cx: &mut RunContext, streams: &[Stream], nodes: &[&dyn Link]) -> bool {
        self.lets_pass(cx, streams, nodes.iter().copied())
    }

    #[inline]
    fn lets_pass<'l>(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        mut links: impl Iterator<Item = &'l dyn Link>,
    ) -> bool {
        let is_passable = |stream: &usize| streams[*stream].can_be_passed();
        self.between.iter().all(is_passable)
            && self.within.iter().all(is_passable)
            && links.all(|link| link.is_clear(cx, streams))
    }

    /// Pulls elements and passes each from link to link as far as it goes: as many as the driver would in a row, since
    /// while the chain is clear, no node of it has anything else to do.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    #[inline]
    pub fn run(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        head: &mut impl Head,
        links: &mut [&mut dyn Link],
    ) -> Result<(), Failure> {
        let done = self.turn(cx, streams, head, links);
        head.end_turn(cx, streams);
        for link in links {
            link.end_turn(cx, streams);
        }
        done
    }

    #[inline]
    fn turn(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        head: &mut impl Head,
        links: &mut [&mut dyn Link],
    ) -> Result<(), Failure> {
        loop {
            let has_left = self.run_one(cx, streams, head, links)?;
            let goes_on = !has_left
                && cx.may_step(self.quantum)
                && self.aside.iter().all(|stream| streams[*stream].is_empty())
                && head.is_clear(cx, streams)
                && self.lets_pass(cx, streams, links.iter().map(|link| &**link));
            if !goes_on {
                return Ok(());
            }
            cx.begin_step();
            if !head.is_ready(cx, streams) {
                return Ok(());
            }
        }
    }

    /// Pulls one element and passes it on. Returns whether it left the chain, so that another node comes next.
    #[inline]
    fn run_one(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        head: &mut impl Head,
        links: &mut [&mut dyn Link],
    ) -> Result<bool, Failure> {
        let Some(mut element) = head.pull(cx, streams)? else {
            return Ok(true);
        };
        head.passed();
        let last = links.len() - 1;
        for (position, link) in links.iter_mut().enumerate() {
            streams[self.between[position]].count_passed(1);
            match link.pass(cx, streams, element)? {
                Some(output) if position == last => return link.put(cx, streams, output).map(|()| true),
                Some(output) => {
                    link.base_mut().passed();
                    element = output;
                }
                None => return Ok(false),
            }
        }
        Ok(false)
    }
}

/// The first link of a chain, from which its elements come.
pub trait Head {
    /// Whether an element may be pulled.
    fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool;

    /// Whether its elements may pass on directly.
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool;

    /// Pulls an element, which passes on. Without one, another node comes next.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure>;

    /// Counts an element that passed on.
    fn passed(&mut self);

    /// Counts what was not counted yet, after a number of elements in a row.
    #[inline]
    fn end_turn(&mut self, _: &mut RunContext, _: &mut [Stream]) {}
}

impl Head for SourceNode {
    #[inline]
    fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        SourceNode::is_ready(self, cx, streams)
    }

    #[inline]
    fn is_clear(&self, _: &mut RunContext, _: &[Stream]) -> bool {
        true
    }

    #[inline]
    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure> {
        SourceNode::pull(self, cx, streams)
    }

    #[inline]
    fn passed(&mut self) {
        SourceNode::passed(self);
    }
}

/// A chain whose stages share a shell.
pub struct FusedChain {
    chain: Chain,
    shell: SharedShell,
    nodes: Box<[usize]>,
    /// Whether every stage is the manifest's: the command line may replace the ends.
    is_whole: bool,
}

impl FusedChain {
    /// The chain of the nodes at `positions` of a flow, whose stages are the members of `shell` in that order.
    #[must_use]
    pub fn new(setup: &Setup<'_>, flow: &'static FlowPlan, positions: &[usize], shell: &SharedShell) -> Self {
        let is_replaced = |position: &usize| setup.ends().replace(flow.nodes[*position].name);
        Self {
            chain: Chain::new(flow, &positions.chunks(1).collect::<Vec<_>>()),
            shell: shell.clone(),
            nodes: positions.into(),
            is_whole: !positions.iter().any(is_replaced),
        }
    }

    /// Whether every stage is the manifest's, so that the shell can run them.
    #[inline]
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether elements may pass through the shell: `links` are the nodes after the first.
    #[inline]
    pub fn is_clear(&self, cx: &mut RunContext, streams: &[Stream], links: &[&dyn Link]) -> bool {
        self.is_whole && self.chain.is_clear(cx, streams, links)
    }

    /// As [`FusedChain::is_clear`], for a chain whose first node is no source.
    #[inline]
    pub fn is_clear_behind(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        first: &dyn Link,
        links: &[&dyn Link],
    ) -> bool {
        first.base().is_quiet() && self.is_clear(cx, streams, links)
    }

    /// Takes elements from the source through the shell, up to a quantum of them.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    pub fn pull(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        source: &mut SourceNode,
        links: &mut [&mut dyn Fused],
    ) -> Result<(), Failure> {
        let pulled = self.pull_on(cx, streams, source, links);
        self.count(cx, streams, links, 1);
        match pulled? {
            Some(output) => links[links.len() - 1].put(cx, streams, output),
            None => Ok(()),
        }
    }

    /// Takes elements from the source through the shell, until one leaves it or up to a quantum of them. Returns the
    /// output of the last node. The work of `links`, the nodes after the source, is still to be counted.
    fn pull_on(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        source: &mut SourceNode,
        links: &mut [&mut dyn Fused],
    ) -> Result<Option<Element>, Failure> {
        if !source.is_clear() {
            return source.run(cx, streams).map(|()| None);
        }
        let quantum = self.chain.quantum;
        let elements = u32::try_from(cx.left_for(true)).map_or(quantum, |left| left.min(quantum));
        let stop = self.shell.pull(cx, elements);
        let counts = take_counts(cx.pool(), self.nodes[0]);
        source.count(cx, counts);
        streams[self.chain.between[0]].count_passed(counts.emitted);
        match stop {
            None => Ok(None),
            Some(Stop { member: 0, came_to }) => source.conclude(cx, streams, came_to).map(|()| None),
            Some(Stop { member, came_to }) => self.conclude(cx, streams, links, member - 1, came_to),
        }
    }

    /// Takes the element that is next for the first node through the shell.
    ///
    /// # Errors
    /// As [`FusedChain::pull`].
    pub fn pass(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        links: &mut [&mut dyn Fused],
    ) -> Result<(), Failure> {
        let element = links[0].base_mut().take(cx, streams);
        let passed = self.pass_on(cx, streams, links, element);
        self.count(cx, streams, links, 0);
        match passed? {
            Some(output) => links[links.len() - 1].put(cx, streams, output),
            None => Ok(()),
        }
    }

    /// The nodes of the chain, which begins with a source, as the head of another chain.
    pub fn head<'c, 'n>(&'c self, source: &'c mut SourceNode, nodes: &'c mut [&'n mut dyn Fused]) -> FusedHead<'c, 'n> {
        FusedHead {
            chain: self,
            source,
            nodes,
        }
    }

    /// The nodes of the chain as a link of another chain.
    pub fn link<'c, 'n>(&'c self, nodes: &'c mut [&'n mut dyn Fused]) -> FusedLink<'c, 'n> {
        FusedLink { chain: self, nodes }
    }

    /// Takes an element, which the first node has received, through the shell. Returns the output of the last node. The
    /// other work of `links` is still to be counted.
    fn pass_on(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        links: &mut [&mut dyn Fused],
        element: Element,
    ) -> Result<Option<Element>, Failure> {
        match self.shell.pass(cx, element) {
            None => Ok(None),
            Some(Stop { member, came_to }) => self.conclude(cx, streams, links, member, came_to),
        }
    }

    /// Counts the work of `links`, the nodes from `first` on, since the last time: what glue has counted.
    fn count(&self, cx: &mut RunContext, streams: &mut [Stream], links: &mut [&mut dyn Fused], first: usize) {
        for (link, position) in links.iter_mut().zip(first..) {
            let counts = take_counts(cx.pool(), self.nodes[position]);
            link.count(cx.pool(), counts);
            if let Some(stream) = self.chain.between.get(position) {
                streams[*stream].count_passed(counts.emitted);
            }
        }
    }

    /// Continues after the call of `links[stopped]`, at which the shell stopped. Returns the output of the last node;
    /// that of any other one goes into its stream.
    fn conclude(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        links: &mut [&mut dyn Fused],
        stopped: usize,
        came_to: Called<u32>,
    ) -> Result<Option<Element>, Failure> {
        let element = self.shell.element(cx);
        match links[stopped].conclude(cx, streams, element, came_to)? {
            Some(output) if stopped + 1 < links.len() => links[stopped].put(cx, streams, output).map(|()| None),
            output => Ok(output),
        }
    }
}

/// The nodes of a fused chain as one link of a chain.
pub struct FusedLink<'c, 'n> {
    chain: &'c FusedChain,
    nodes: &'c mut [&'n mut dyn Fused],
}

impl FusedLink<'_, '_> {
    fn last(&self) -> &dyn Fused {
        &*self.nodes[self.nodes.len() - 1]
    }
}

/// Elements come to the first node, and leave from the last one.
impl Link for FusedLink<'_, '_> {
    fn base(&self) -> &Base {
        self.last().base()
    }

    fn base_mut(&mut self) -> &mut Base {
        let last = self.nodes.len() - 1;
        self.nodes[last].base_mut()
    }

    fn operation(&self) -> Operation {
        self.last().operation()
    }

    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        self.chain.pass_on(cx, streams, self.nodes, input)
    }

    #[inline]
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.nodes.iter().all(|node| node.is_clear(cx, streams))
    }

    #[inline]
    fn pass(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        self.nodes[0].base_mut().receive();
        self.handle(cx, streams, input)
    }

    fn end_turn(&mut self, cx: &mut RunContext, streams: &mut [Stream]) {
        self.chain.count(cx, streams, self.nodes, 0);
    }
}

/// The nodes of a fused chain as the head of a chain.
pub struct FusedHead<'c, 'n> {
    chain: &'c FusedChain,
    source: &'c mut SourceNode,
    /// The nodes after the source.
    nodes: &'c mut [&'n mut dyn Fused],
}

impl Head for FusedHead<'_, '_> {
    #[inline]
    fn is_ready(&mut self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.source.is_ready(cx, streams)
    }

    #[inline]
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.nodes.iter().all(|node| node.is_clear(cx, streams))
    }

    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure> {
        self.chain.pull_on(cx, streams, self.source, self.nodes)
    }

    #[inline]
    fn passed(&mut self) {
        let last = self.nodes.len() - 1;
        self.nodes[last].base_mut().passed();
    }

    fn end_turn(&mut self, cx: &mut RunContext, streams: &mut [Stream]) {
        self.chain.count(cx, streams, self.nodes, 1);
    }
}
