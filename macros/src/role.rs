//! What a component implements: one of the roles. Each says how it comes to life and ends, and what it does between.

use crate::config::Configuration;
use crate::element::Element;
use crate::error::Error;
use crate::output::Output;
use crate::route::Route;

/// Produces elements.
pub trait Source: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The next element, or `None` when there will never be another. Called only while there is room downstream.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn pull(&mut self) -> Result<Option<Output>, Error>;

    /// The streams that the source feeds filled up ([`Signal::Pause`]) or have room again ([`Signal::Ready`]).
    fn notify_backpressure(&mut self, _signal: Signal) {}

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// Makes at most one element of each.
pub trait Processor: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The element's successor; `None` drops it.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error>;

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// Lets elements pass or not.
pub trait Filter: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Whether the element goes on, unchanged and uncopied.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error>;

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// Chooses where elements go.
pub trait Router: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The output ports that get the element, unchanged and uncopied. A name that the flow gives no edge is an error of
    /// the node.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error>;

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// Gathers elements into fewer ones.
pub trait Aggregator: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Takes one element in; returns a result when one is due.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error>;

    /// What is left, now that no further element will arrive.
    ///
    /// # Errors
    /// The flow fails.
    fn flush(&mut self) -> Result<Vec<Output>, Error>;

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// Consumes elements.
pub trait Sink: Sized + 'static {
    /// What the node's `config` is read as; [`Configuration`] says how.
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Takes one element, and tells whether more are welcome.
    ///
    /// # Errors
    /// The category selects what the flow does.
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error>;

    /// No further element will arrive: flush what is buffered.
    ///
    /// # Errors
    /// The flow fails.
    fn complete(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Called once at the end, also after failures; not after a forced termination.
    fn teardown(self) {}
}

/// A consumer's demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signal {
    /// More elements are welcome.
    #[default]
    Ready,
    /// No more elements for now.
    Pause,
}
