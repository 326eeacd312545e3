//! Endings and results of runs.

use crate::error::Failure;
use crate::state::FlowState;

/// The way in which a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every source ended, or the element limit was reached.
    Completed,
    /// The time given on the command line passed; the flow was drained, unless a call did not return.
    TimedOut,
    /// Drained after a signal.
    Interrupted,
    /// Cancelled by a second signal.
    Cancelled,
    /// A stage failed, or the flow's deadline passed.
    Failed,
}

impl Ending {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Completed => "completed",
            Ending::TimedOut => "timed-out",
            Ending::Interrupted => "interrupted",
            Ending::Cancelled => "cancelled",
            Ending::Failed => "failed",
        }
    }

    pub(super) fn state(self, has_failures: bool) -> FlowState {
        match self {
            Ending::TimedOut if has_failures => FlowState::Failed,
            Ending::Completed | Ending::TimedOut | Ending::Interrupted => FlowState::Completed,
            Ending::Cancelled => FlowState::Cancelled,
            Ending::Failed => FlowState::Failed,
        }
    }
}

/// Result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The way in which it ended.
    pub ending: Ending,
    /// The failure that ended it, and failures at its end.
    pub failures: Vec<Failure>,
}
