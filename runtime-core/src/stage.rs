//! What a stage can do, whoever does it: a component behind one of the call paths, or a built-in.

use std::sync::Arc;

use crate::account::CopyStats;
use crate::buffer::Element;
use crate::buffer::{BufferId, ContentType};
use crate::context::RunContext;
use crate::demand::Demand;
use crate::error::Cause;
use crate::replica::Shared;

mod boxed;

pub use boxed::{SinkStage, SourceStage};

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
}

/// What a source can tell before it is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// A pull will not wait.
    Ready,
    /// Input is on its way: the flow is woken when it is there.
    Waiting,
}

/// What a sink did with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is where it was to go.
    Delivered(Demand),
    /// The sink has what it needs of it, and confirms it later.
    Held {
        /// There is something to be confirmed.
        has_news: bool,
        /// The sink takes another one.
        has_room: bool,
    },
}

/// What became of elements that a sink held, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// So many are where they were to go.
    pub arrived: u64,
    /// The others that it held never will be.
    pub trouble: Option<Trouble>,
}

/// Why elements that a sink held did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Sequence number of the first one.
    pub element: Option<u64>,
    /// How many there are.
    pub lost: u64,
    /// Why.
    pub cause: Cause,
}

/// What every stage has. A flow may move between threads; only one at a time works on it.
pub trait Stage: Send {
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

    /// Whether the stage can't be called any more: its instance trapped or was interrupted.
    fn is_dead(&self) -> bool {
        false
    }

    /// Makes a dead stage anew, with the same configuration.
    ///
    /// # Errors
    /// When that fails.
    fn revive(&mut self, _cx: &mut RunContext, _config: &str) -> Called<()> {
        Ok(())
    }
}

/// A stage that produces elements.
pub trait Source: Stage {
    /// Has the source share what it produces with itself in the other replicas of the flow. Called before `init`, of a flow
    /// with several; a component's configuration says what its part is.
    fn share(&mut self, _shared: Arc<Shared>) {}

    /// Whether a pull would wait. Asked only when the source may be pulled.
    fn supply(&mut self, _cx: &mut RunContext) -> Supply {
        Supply::Ready
    }

    /// Whether an element is on its way that must not be lost when the flow drains.
    fn is_pulling(&self) -> bool {
        false
    }

    /// The next element.
    ///
    /// # Errors
    /// What the source reports.
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled>;

    /// Tells about pressure downstream.
    ///
    /// # Errors
    /// What the source reports.
    fn notify(&mut self, _cx: &mut RunContext, _signal: Demand) -> Called<()> {
        Ok(())
    }
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

/// A stage that chooses where elements go. The payload of `input` stays the caller's.
pub trait Router: Stage {
    /// Names of the ports that get the element.
    ///
    /// # Errors
    /// What the router reports.
    fn route(&mut self, cx: &mut RunContext, input: Element) -> Called<Vec<String>>;
}

/// A stage that gathers elements. The payload of `input` stays the caller's.
pub trait Aggregator: Stage {
    /// Takes one element in, and returns a result that is due.
    ///
    /// # Errors
    /// What the aggregator reports.
    fn ingest(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>>;

    /// What is left when no further element will arrive.
    ///
    /// # Errors
    /// What the aggregator reports.
    fn flush(&mut self, cx: &mut RunContext) -> Called<Vec<Payload>>;
}

/// A stage that consumes elements. The payload of `input` stays the caller's.
///
/// A sink delivers an element before `push` returns, or holds it and confirms it later. One that holds elements wakes the
/// flow when it has room again, and when all that it was asked to write is written.
pub trait Sink: Stage {
    /// Whether it takes elements yet; the flow is woken when it does. Asked before the first element of the flow.
    ///
    /// # Errors
    /// Keeps the flow from starting.
    fn is_open(&mut self) -> Called<bool> {
        Ok(true)
    }

    /// Takes one element.
    ///
    /// # Errors
    /// What the sink reports.
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken>;

    /// Whether a sink that had no room takes another element.
    fn has_room(&mut self) -> bool {
        true
    }

    /// Has what is held go where it is to go, as far as that does not take waiting.
    fn flush(&mut self) {}

    /// What became of held elements since this was asked last.
    fn confirm(&mut self) -> Confirmed {
        Confirmed::default()
    }

    /// Everything ends at once: nothing more goes anywhere. Returns how many elements arrived since this was asked last.
    fn withdraw(&mut self) -> u64 {
        0
    }

    /// No further element will arrive, and none is held.
    ///
    /// # Errors
    /// What the sink reports.
    fn complete(&mut self, cx: &mut RunContext) -> Called<()>;
}
