//! Chains of stages, each of which is the only consumer of the previous one: an element passes from stage to stage
//! without waiting in the streams between them. This cannot be observed: consumers run first, so each of these streams
//! would hold one element until the driver's next step and no longer.
//!
//! Otherwise (an element waits, or for its next attempt, or a sink pauses), the nodes run one by one, through their
//! streams.

use super::link::Link;
use super::node::SourceNode;
use crate::buffer::Element;
use crate::context::RunContext;
use crate::error::Failure;
use crate::plan::FlowPlan;
use crate::stream::Stream;

/// The links of a chain and the streams between them. A link is a node, or the nodes of a fused chain.
#[derive(Debug)]
pub struct Chain {
    /// Streams between the links, one fewer than links.
    pub(super) between: Box<[usize]>,
    /// Streams between the nodes of a link.
    within: Box<[usize]>,
    /// Streams of dead letters, whose consumers come first.
    aside: Box<[usize]>,
    /// Most steps of a quantum.
    pub(super) quantum: u32,
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
        let mut pulled = 0;
        let done = self.turn(cx, streams, head, links, &mut pulled);
        head.passed(pulled);
        streams[self.between[0]].count_passed(pulled);
        head.end_turn(cx, streams);
        for link in links {
            link.end_turn(cx, streams);
        }
        done
    }

    /// Works until something else comes next. `pulled` counts the elements that the head gave.
    #[inline]
    fn turn(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        head: &mut impl Head,
        links: &mut [&mut dyn Link],
        pulled: &mut u64,
    ) -> Result<(), Failure> {
        loop {
            cx.begin_passing();
            let has_left = self.run_one(cx, streams, head, links, pulled)?;
            let goes_on = !has_left
                && cx.may_step(self.quantum)
                && (!cx.is_disturbed() || self.is_clear_again(cx, streams, head, links));
            if !goes_on {
                return Ok(());
            }
            cx.begin_step();
            if !head.is_supplied(cx) {
                return Ok(());
            }
        }
    }

    #[cold]
    fn is_clear_again(
        &self,
        cx: &mut RunContext,
        streams: &[Stream],
        head: &impl Head,
        links: &[&mut dyn Link],
    ) -> bool {
        self.aside.iter().all(|stream| streams[*stream].is_empty())
            && head.is_clear(cx, streams)
            && self.lets_pass(cx, streams, links.iter().map(|link| &**link))
    }

    /// Pulls one element and passes it on. Returns whether it left the chain, so that another node comes next.
    #[inline]
    fn run_one(
        &self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        head: &mut impl Head,
        links: &mut [&mut dyn Link],
        pulled: &mut u64,
    ) -> Result<bool, Failure> {
        let Some(mut element) = head.pull(cx, streams)? else {
            return Ok(true);
        };
        *pulled += 1;
        let last = links.len() - 1;
        for (position, link) in links.iter_mut().enumerate() {
            if position > 0 {
                streams[self.between[position]].count_passed(1);
            }
            match link.pass(cx, streams, element)? {
                Some(output) if position == last => return link.put(cx, streams, output).map(|()| true),
                Some(output) => {
                    link.base_mut().passed(1);
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
    /// Whether an element may be pulled and passed on, apart from its input.
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool;

    /// Whether there is input for an element to be pulled, while the chain is clear.
    fn is_supplied(&mut self, cx: &mut RunContext) -> bool;

    /// Pulls an element, which passes on. Without one, another node comes next.
    ///
    /// # Errors
    /// When a stage failed, and its error policy ends the flow.
    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure>;

    /// Counts elements that passed on.
    fn passed(&mut self, elements: u64);

    /// Counts what was not counted yet, after a number of elements in a row.
    #[inline]
    fn end_turn(&mut self, _: &mut RunContext, _: &mut [Stream]) {}
}

impl Head for SourceNode {
    #[inline]
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.may_be_pulled(cx, streams)
    }

    #[inline]
    fn is_supplied(&mut self, cx: &mut RunContext) -> bool {
        SourceNode::is_supplied(self, cx)
    }

    #[inline]
    fn pull(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<Option<Element>, Failure> {
        SourceNode::pull(self, cx, streams)
    }

    #[inline]
    fn passed(&mut self, elements: u64) {
        SourceNode::passed(self, elements);
    }
}
