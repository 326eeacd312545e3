//! Nodes that accept elements directly, without a wait in their input stream.

use super::base::Base;
use crate::buffer::{BufferPool, Element};
use crate::clock::Time;
use crate::context::RunContext;
use crate::crossing::core::Counts;
use crate::error::{Failure, Operation};
use crate::stage::Called;
use crate::stream::Stream;

/// A node that accepts elements directly.
pub trait Link {
    /// The part of the node common to all roles.
    fn base(&self) -> &Base;

    /// The same, mutable.
    fn base_mut(&mut self) -> &mut Base;

    /// The operation of the stage on an element.
    fn operation(&self) -> Operation;

    /// Handles one element. Returns the node's output, which the caller has to count and to put into its stream.
    ///
    /// # Errors
    /// When the stage failed, and its error policy ends the flow.
    fn handle(
        &mut self,
        cx: &mut RunContext,
        streams: &mut [Stream],
        input: Element,
    ) -> Result<Option<Element>, Failure>;

    /// Whether the node accepts an element directly now.
    #[inline]
    fn is_clear(&self, cx: &mut RunContext, streams: &[Stream]) -> bool {
        self.base().is_clear(cx, streams, Time::START)
    }

    /// Handles an element that did not wait in the node's input stream.
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

    /// Counts what the node has not counted yet, after a number of elements in a row.
    #[inline]
    fn end_turn(&mut self, _: &mut RunContext, _: &mut [Stream]) {}

    /// Handles the waiting element, and puts the output into its streams.
    ///
    /// # Errors
    /// As [`Link::handle`], and when a stream overflows that fails on overflow.
    #[inline]
    fn run_one(&mut self, cx: &mut RunContext, streams: &mut [Stream]) -> Result<(), Failure> {
        let input = self.base_mut().take(cx, streams);
        match self.handle(cx, streams, input)? {
            Some(output) => self.put(cx, streams, output),
            None => Ok(()),
        }
    }

    /// Puts the node's output into its streams.
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
    /// Counts the work of the stage within the shell.
    fn count(&mut self, pool: &BufferPool, counts: Counts);

    /// Continues after a call within the shell that had an unusual outcome or was the last of the chain. Returns the
    /// node's output.
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
