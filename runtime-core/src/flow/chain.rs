//! Chains of stages, each of which is the only consumer of the previous one: an element passes from stage to stage
//! without waiting in the streams between them. This cannot be observed: consumers run first, so each of these streams
//! would hold one element until the driver's next step and no longer.
//!
//! Otherwise (an element waits, or for its next attempt, or a sink pauses), the nodes run one by one, through their
//! streams.

use super::link::{Fused, Link};
use super::node::SourceNode;
use crate::context::RunContext;
use crate::crossing::Setup;
use crate::crossing::core::{SharedShell, Stop, take_counts};
use crate::error::Failure;
use crate::plan::FlowPlan;
use crate::stage::Called;
use crate::stream::Stream;

/// The nodes of a chain, by position, and the streams between them.
#[derive(Debug)]
pub struct Chain {
    /// Streams between the nodes, one fewer than nodes.
    between: Box<[usize]>,
    /// Streams of dead letters, whose consumers come first.
    aside: Box<[usize]>,
    /// Most steps of a quantum.
    quantum: u32,
}

impl Chain {
    /// The chain of the nodes at `positions` of a flow.
    #[must_use]
    pub fn new(flow: &'static FlowPlan, positions: &[usize]) -> Self {
        let inputs = positions.iter().skip(1).map(|position| flow.nodes[*position].inputs[0]);
        let aside = positions.iter().flat_map(|position| flow.nodes[*position].dead_letters);
        Self {
            between: inputs.collect(),
            aside: aside.copied().collect(),
            quantum: flow.quantum,
        }
    }

    /// Whether an element may pass all of `links`, the nodes after the first.
    #[inline]
    pub fn is_clear(&self, cx: &mut RunContext, streams: &[Stream], links: &[&dyn Link]) -> bool {
        self.lets_pass(cx, streams, links.iter().copied())
    }

    #[inline]
    fn lets_pass<'l>(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        mut links: impl Iterator<Item = &'l dyn Link>,
    ) -> bool {
        self.between.iter().all(|stream| streams[*stream].can_be_passed())
            && links.all(|link| link.is_clear(cx, streams))
    }

    /// Pulls elements and passes each from node to node as far as it goes: as many as the driver would in a row, since
    /// while the chain is clear, no node of it has anything else to do.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    #[inline]
    pub fn run(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        source: &mut SourceNode,
        links: &mut [&mut dyn Link],
    ) -> Result<(), Failure> {
        loop {
            let has_left = self.run_one(cx, streams, source, links)?;
            let goes_on = !has_left
                && cx.may_step(self.quantum)
                && self.aside.iter().all(|stream| streams[*stream].is_empty())
                && self.lets_pass(cx, streams, links.iter().map(|link| &**link));
            if !goes_on {
                return Ok(());
            }
            cx.begin_step();
            if !source.is_ready(cx, streams) {
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
        source: &mut SourceNode,
        links: &mut [&mut dyn Link],
    ) -> Result<bool, Failure> {
        let Some(mut element) = source.pull(cx, streams)? else {
            return Ok(true);
        };
        source.passed();
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
            chain: Chain::new(flow, positions),
            shell: shell.clone(),
            nodes: positions.into(),
            is_whole: !positions.iter().any(is_replaced),
        }
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
        if !source.is_clear() {
            return source.run(cx, streams);
        }
        let quantum = self.chain.quantum;
        let elements = u32::try_from(cx.left_for(true)).map_or(quantum, |left| left.min(quantum));
        let stop = self.shell.pull(cx, elements);
        let counts = take_counts(cx.pool(), self.nodes[0]);
        source.count(cx, counts);
        self.count(cx, streams, links, counts.emitted, 1);
        match stop {
            None => Ok(()),
            Some(Stop { member: 0, came_to }) => source.conclude(cx, streams, came_to),
            Some(Stop { member, came_to }) => self.conclude(cx, streams, links[member - 1], came_to),
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
        let stop = self.shell.pass(cx, element);
        let counts = take_counts(cx.pool(), self.nodes[0]);
        // The first call was counted when its element was taken.
        links[0].count(cx.pool(), counts);
        self.count(cx, streams, &mut links[1..], counts.emitted, 1);
        match stop {
            None => Ok(()),
            Some(Stop { member, came_to }) => self.conclude(cx, streams, links[member], came_to),
        }
    }

    /// Counts the work of the nodes from `first` on, after the previous one emitted `emitted` elements.
    fn count(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        links: &mut [&mut dyn Fused],
        mut emitted: u64,
        first: usize,
    ) {
        for (link, position) in links.iter_mut().zip(first..) {
            streams[self.chain.between[position - 1]].count_passed(emitted);
            let counts = take_counts(cx.pool(), self.nodes[position]);
            link.count(cx.pool(), counts);
            emitted = counts.emitted;
        }
    }

    fn conclude(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        link: &mut dyn Fused,
        came_to: Called<u32>,
    ) -> Result<(), Failure> {
        let element = self.shell.element(cx);
        match link.conclude(cx, streams, element, came_to)? {
            Some(output) => link.put(cx, streams, output),
            None => Ok(()),
        }
    }
}
