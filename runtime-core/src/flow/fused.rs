//! Chains whose stages share a shell: elements pass from stage to stage without the host. Such a chain runs alone, or as
//! a link or the head of another chain.

use super::base::Base;
use super::chain::{Chain, Head};
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
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.source.may_be_pulled(cx, streams) && self.nodes.iter().all(|node| node.is_clear(cx, streams))
    }

    #[inline]
    fn is_supplied(&mut self, cx: &mut RunContext) -> bool {
        self.source.is_supplied(cx)
    }

    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure> {
        self.chain.pull_on(cx, streams, self.source, self.nodes)
    }

    #[inline]
    fn passed(&mut self, elements: u64) {
        let last = self.nodes.len() - 1;
        self.nodes[last].base_mut().passed(elements);
    }

    fn end_turn(&mut self, cx: &mut RunContext, streams: &mut [Stream]) {
        self.chain.count(cx, streams, self.nodes, 1);
    }
}
