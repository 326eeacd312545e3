//! Nodes that elements are handed to, without waiting in the stream in front of them.

use super::node::Base;
use crate::buffer::{BufferPool, Element};
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::error::{Failure, Operation};
use crate::stage::Called;
use crate::stream::Stream;

/// A node that elements can be handed to.
pub trait Link {
    /// What the node has in common with those of other roles.
    fn base(&self) -> &Base;

    /// The same, to be changed.
    fn base_mut(&mut self) -> &mut Base;

    /// What the stage does with an element.
    fn operation(&self) -> Operation;

    /// Handles one element. Returns what the node puts out, which is the caller's to count and to put where it belongs.
    ///
    /// # Errors
    /// When the stage failed, and its error policy ends the flow.
    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure>;

    /// Whether an element may be handed to it now.
    #[inline]
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.base().is_clear(cx, streams, Time::START)
    }

    /// Handles an element that did not wait in the stream in front of the node.
    ///
    /// # Errors
    /// As [`Link::handle`].
    #[inline]
    fn pass(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure> {
        self.base_mut().receive();
        self.handle(cx, streams, input)
    }

    /// Handles the element that waits, and puts the result into its streams.
    ///
    /// # Errors
    /// As [`Link::handle`], and when a stream overflows that may not.
    #[inline]
    fn run_one(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.base_mut().take(cx, streams);
        match self.handle(cx, streams, input)? {
            Some(output) => self.put(cx, streams, output),
            None => Ok(()),
        }
    }

    /// Puts an element that the node has put out into its streams.
    ///
    /// # Errors
    /// When that ends the flow.
    #[inline]
    fn put(&mut self, cx: &mut RunContext, streams: &mut [Stream], output: Element) -> Result<(), Failure> {
        let operation = self.operation();
        self.base_mut().emit(cx, streams, operation, output)
    }
}

/// A node whose stage is a member of a fused shell.
pub trait Fused: Link {
    /// Counts what the stage did within the shell.
    fn count(&mut self, pool: &BufferPool, counts: Counts);

    /// Goes on after a call within the shell that came to something unusual, or was the last of the chain. Returns what the
    /// node puts out.
    ///
    /// # Errors
    /// When the stage failed, and its error policy ends the flow.
    fn conclude(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
        came_to: Called<u32>,
    ) -> Result<Option<Element>, Failure>;
}
