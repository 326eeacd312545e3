//! The states of a run (design section 6).

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowState {
    /// Requested.
    Created,
    /// Plan, ends and configurations have been checked against each other.
    Validated,
    /// The stages are made.
    Instantiated,
    /// Elements pass.
    Running,
    /// Every stage waits.
    Suspended,
    /// No new element enters.
    Draining,
    /// All elements were delivered.
    Completed,
    /// A stage failed, or the flow's deadline passed.
    Failed,
    /// Cancelled from outside.
    Cancelled,
}

impl FlowState {
    /// Every state.
    pub const ALL: [FlowState; 9] = [
        FlowState::Created,
        FlowState::Validated,
        FlowState::Instantiated,
        FlowState::Running,
        FlowState::Suspended,
        FlowState::Draining,
        FlowState::Completed,
        FlowState::Failed,
        FlowState::Cancelled,
    ];

    /// The word in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FlowState::Created => "created",
            FlowState::Validated => "validated",
            FlowState::Instantiated => "instantiated",
            FlowState::Running => "running",
            FlowState::Suspended => "suspended",
            FlowState::Draining => "draining",
            FlowState::Completed => "completed",
            FlowState::Failed => "failed",
            FlowState::Cancelled => "cancelled",
        }
    }

    /// Whether no other state follows.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, FlowState::Completed | FlowState::Failed | FlowState::Cancelled)
    }

    /// Whether a run may go from this state to `next`.
    #[must_use]
    pub fn may_become(self, next: FlowState) -> bool {
        use FlowState::{Cancelled, Completed, Created, Draining, Failed, Instantiated, Running, Suspended, Validated};
        match self {
            Created => matches!(next, Validated | Failed),
            Validated => matches!(next, Instantiated | Failed),
            Instantiated => matches!(next, Running | Failed | Cancelled),
            Running => matches!(next, Suspended | Draining | Failed | Cancelled),
            Suspended => matches!(next, Running | Draining | Failed | Cancelled),
            Draining => matches!(next, Completed | Failed | Cancelled),
            Completed | Failed | Cancelled => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FlowState::{
        self, Cancelled, Completed, Created, Draining, Failed, Instantiated, Running, Suspended, Validated,
    };

    const ALLOWED: [(FlowState, FlowState); 18] = [
        (Created, Validated),
        (Created, Failed),
        (Validated, Instantiated),
        (Validated, Failed),
        (Instantiated, Running),
        (Instantiated, Failed),
        (Instantiated, Cancelled),
        (Running, Suspended),
        (Running, Draining),
        (Running, Failed),
        (Running, Cancelled),
        (Suspended, Running),
        (Suspended, Draining),
        (Suspended, Failed),
        (Suspended, Cancelled),
        (Draining, Completed),
        (Draining, Failed),
        (Draining, Cancelled),
    ];

    #[test]
    fn exactly_these_transitions_are_allowed() {
        for from in FlowState::ALL {
            for to in FlowState::ALL {
                assert_eq!(from.may_become(to), ALLOWED.contains(&(from, to)), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn nothing_follows_a_final_state() {
        for state in FlowState::ALL {
            let follows = FlowState::ALL.into_iter().any(|next| state.may_become(next));
            assert_eq!(state.is_final(), !follows, "{state:?}");
        }
    }
}
