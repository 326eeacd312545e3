//! What a sink answers, and what sources are told about pressure.

/// Answer of a sink.
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
