//! What a stage can do, whoever does it: a component behind one of the call paths, or a built-in.

use crate::buffer::{BufferId, ContentType};
use crate::context::RunContext;
use crate::element::Element;
use crate::error::Cause;
use crate::host::CopyStats;

/// What a call returns, or why it failed.
pub type Called<T> = Result<T, Cause>;

/// A payload on its way into the flow: the caller owns it.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The bytes.
    pub buffer: BufferId,
    /// Content type of the element.
    pub content_type: ContentType,
}

/// Answer of a source.
#[derive(Clone, Copy, Debug)]
pub enum Pulled {
    /// The next element.
    Element(Payload),
    /// There will never be another.
    Exhausted,
    /// Waiting for input ended because the flow is to stop.
    Interrupted,
}

/// Answer of a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// More elements are welcome.
    Ready,
    /// No more elements for now.
    Pause,
}

/// What every stage has.
pub trait Stage {
    /// Called once before any element, with the node's configuration.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()>;

    /// Called once at the end, also after failures of other stages.
    ///
    /// # Errors
    /// Reported; nothing else follows from it.
    fn teardown(&mut self, cx: &mut RunContext) -> Called<()>;

    /// What was copied across the sandbox so far.
    fn copies(&self) -> CopyStats {
        CopyStats::default()
    }
}

/// A stage that produces elements.
pub trait Source: Stage {
    /// The next element. May wait for it, but not longer than until the flow is to stop.
    ///
    /// # Errors
    /// What the source reports.
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled>;
}

/// A stage that makes at most one element of each. The payload of `input` stays the caller's.
pub trait Processor: Stage {
    /// Handles one element.
    ///
    /// # Errors
    /// What the processor reports.
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>>;
}

/// A stage that lets elements pass or not. The payload of `input` stays the caller's.
pub trait Filter: Stage {
    /// Whether the element goes on.
    ///
    /// # Errors
    /// What the filter reports.
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool>;
}

/// A stage that consumes elements. The payload of `input` stays the caller's.
pub trait Sink: Stage {
    /// Takes one element.
    ///
    /// # Errors
    /// What the sink reports.
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand>;

    /// No further element will arrive.
    ///
    /// # Errors
    /// What the sink reports.
    fn complete(&mut self, cx: &mut RunContext) -> Called<()>;
}
