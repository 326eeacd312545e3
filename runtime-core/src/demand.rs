//! The signal of backpressure: returned by sinks and sent to sources.

/// Demand of a sink for elements; also sent to sources upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// More elements are welcome.
    Ready,
    /// No more elements for now.
    Pause,
}

impl Demand {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Demand::Ready => "ready",
            Demand::Pause => "pause",
        }
    }
}
