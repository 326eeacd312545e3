//! The roles of stages as traits, implemented by components on each of the call paths and by built-ins.

use std::sync::Arc;

use crate::buffer::Element;
use crate::buffer::{BufferId, ContentType};
use crate::context::RunContext;
use crate::demand::Demand;
use crate::error::Cause;
use crate::replica::Shared;

mod boxed;

pub use boxed::{SinkStage, SourceStage};

/// Result of a call, or the cause of its failure.
pub type Called<T> = Result<T, Cause>;

/// A payload on its way into the flow, owned by the caller.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The bytes.
    pub buffer: BufferId,
    /// Content type of the element.
    pub content_type: ContentType,
}

/// Result of a pull.
#[derive(Clone, Copy, Debug)]
pub enum Pulled {
    /// The next element.
    Element(Payload),
    /// The end: no element will follow.
    Exhausted,
}

/// State of a source before a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Supply {
    /// The next pull will not wait.
    Ready,
    /// The source waits for input; it wakes the flow when input arrives.
    Waiting,
}

/// Result of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The element has reached its destination.
    Delivered(Demand),
    /// The sink has copied the element, and will confirm it later.
    Held {
        /// Whether there are confirmations to collect.
        has_news: bool,
        /// Whether there is room for another element.
        has_room: bool,
    },
}

/// Outcome for elements that a sink held, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// Number of elements that reached their destination.
    pub arrived: u64,
    /// Failure of the other held elements.
    pub trouble: Option<Trouble>,
}

/// Failed delivery of held elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Sequence number of the first element lost.
    pub element: Option<u64>,
    /// Number of elements lost.
    pub lost: u64,
    /// Cause of the failure.
    pub cause: Cause,
}

/// A stage of any role. A flow may move between threads; only one at a time works on it.
pub trait Stage: Send {
    /// Called once before any element, with the node's configuration.
    ///
    /// # Errors
    /// Those of the stage; the flow then does not start.
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()>;

    /// Called once at the end, also after failures of other stages.
    ///
    /// # Errors
    /// Those of the stage; they are only reported.
    fn teardown(&mut self, cx: &mut RunContext) -> Called<()>;

    /// Whether the stage cannot be called any more, because its instance trapped or was interrupted.
    fn is_dead(&self) -> bool {
        false
    }

    /// Restarts a dead stage, with the same configuration.
    ///
    /// # Errors
    /// When that fails.
    fn restart(&mut self, _cx: &mut RunContext, _config: &str) -> Called<()> {
        Ok(())
    }
}

/// A stage that produces elements.
pub trait Source: Stage {
    /// Divides the source's elements with the same source in the other replicas of the flow. Called before `init` in a
    /// flow with several replicas. A component ignores this: its configuration states its part.
    fn share(&mut self, _shared: Arc<Shared>) {}

    /// The state of the source. Called only when the source may be pulled.
    fn supply(&mut self, _cx: &mut RunContext) -> Supply {
        Supply::Ready
    }

    /// Whether a requested element is under way, which must not be lost when the flow drains.
    fn is_pulling(&self) -> bool {
        false
    }

    /// The next element.
    ///
    /// # Errors
    /// Those of the source.
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled>;

    /// Notifies the source of pressure downstream.
    ///
    /// # Errors
    /// Those of the source.
    fn notify(&mut self, _cx: &mut RunContext, _signal: Demand) -> Called<()> {
        Ok(())
    }
}

/// A stage that makes at most one element from each. The payload of `input` stays the caller's.
pub trait Processor: Stage {
    /// Handles one element.
    ///
    /// # Errors
    /// Those of the processor.
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>>;
}

/// A stage that lets elements pass or drops them. The payload of `input` stays the caller's.
pub trait Filter: Stage {
    /// Whether the element passes.
    ///
    /// # Errors
    /// Those of the filter.
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool>;
}

/// A stage that chooses the destinations of elements. The payload of `input` stays the caller's.
pub trait Router: Stage {
    /// Names of the ports that get the element.
    ///
    /// # Errors
    /// Those of the router.
    fn route(&mut self, cx: &mut RunContext, input: Element) -> Called<Vec<String>>;
}

/// A stage that gathers elements. The payload of `input` stays the caller's.
pub trait Aggregator: Stage {
    /// Takes one element, and returns a result if one is due.
    ///
    /// # Errors
    /// Those of the aggregator.
    fn ingest(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>>;

    /// The remaining results; called when no further element will arrive.
    ///
    /// # Errors
    /// Those of the aggregator.
    fn flush(&mut self, cx: &mut RunContext) -> Called<Vec<Payload>>;
}

/// A stage that consumes elements. The payload of `input` stays the caller's.
///
/// A sink delivers an element before `push` returns, or holds it and confirms it later. A sink that holds elements
/// wakes the flow when it has room again, and when everything that `flush` requested has been written.
pub trait Sink: Stage {
    /// Whether the sink accepts elements yet; the flow is woken once it does. Called before the first element of the
    /// flow.
    ///
    /// # Errors
    /// When its destination cannot be opened; the flow then does not start.
    fn is_open(&mut self) -> Called<bool> {
        Ok(true)
    }

    /// Takes one element.
    ///
    /// # Errors
    /// Those of the sink.
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken>;

    /// Whether a sink that had no room has room for another element.
    fn has_room(&mut self) -> bool {
        true
    }

    /// Starts the delivery of held elements, as far as that is possible without waiting.
    fn flush(&mut self) {}

    /// The outcome for held elements since the last call.
    fn confirm(&mut self) -> Confirmed {
        Confirmed::default()
    }

    /// Stops all deliveries, because the run was cancelled. Returns the number of elements delivered since the last
    /// `confirm`.
    fn withdraw(&mut self) -> u64 {
        0
    }

    /// Ends the sink: no further element will arrive, and none is held.
    ///
    /// # Errors
    /// Those of the sink.
    fn complete(&mut self, cx: &mut RunContext) -> Called<()>;
}
