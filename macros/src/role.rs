//! The roles of components: each trait has the component's beginning, its work and its end.

use crate::config::Configuration;
use crate::element::Element;
use crate::error::Error;
use crate::output::Output;
use crate::route::Route;

/// A component that produces elements.
pub trait Source: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The next element, or `None` when none will follow. Called only while there is room downstream.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn pull(&mut self) -> Result<Option<Output>, Error>;

    /// Called when a stream downstream has filled up ([`Signal::Pause`]) or has room again ([`Signal::Ready`]).
    fn notify_backpressure(&mut self, _signal: Signal) {}

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
    fn teardown(self) {}
}

/// A component that makes at most one element from each.
pub trait Processor: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The element made from `input`; `None` drops it.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error>;

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
    fn teardown(self) {}
}

/// A component that lets elements pass or drops them.
pub trait Filter: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Whether the element passes, unchanged and uncopied.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error>;

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
    fn teardown(self) {}
}

/// A component that chooses the destinations of elements.
pub trait Router: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// The output ports that get the element, unchanged and uncopied. A port without an edge in the flow is an error of
    /// the node.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn route(&mut self, element: &Element<'_>) -> Result<Route, Error>;

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
    fn teardown(self) {}
}

/// A component that gathers elements into fewer ones.
pub trait Aggregator: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Takes one element, and returns a result when one is due.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error>;

    /// The remaining results; called when no further element will arrive.
    ///
    /// # Errors
    /// Any error fails the flow.
    fn flush(&mut self) -> Result<Vec<Output>, Error>;

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
    fn teardown(self) {}
}

/// A component that consumes elements.
pub trait Sink: Sized + 'static {
    /// Type that the node's `config` is read as; see [`Configuration`].
    type Config: Configuration;

    /// Makes the component. Called before any element.
    ///
    /// # Errors
    /// Any error keeps the flow from starting.
    fn init(config: Self::Config) -> Result<Self, Error>;

    /// Takes one element, and returns whether more are welcome.
    ///
    /// # Errors
    /// The category selects the action of the node's error policy.
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error>;

    /// Flushes everything buffered; called when no further element will arrive.
    ///
    /// # Errors
    /// Any error fails the flow.
    fn complete(&mut self) -> Result<(), Error> {
        Ok(())
    }

    /// Ends the component. Called once at the end, also after errors, but not after a trap or a forced
    /// termination.
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
