//! What stages and streams do when things are full, uneven or go wrong.

use std::fmt;

/// What a full stream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowPolicy {
    /// The producer is not scheduled until there is room.
    Block,
    /// The oldest element makes room.
    DropOldest,
    /// The new element is dropped.
    DropNewest,
    /// The flow fails.
    Error,
    /// Like [`OverflowPolicy::Block`], and so many elements enter at most.
    RateLimit {
        /// Elements per second; at least 1.
        per_second: u64,
    },
}

/// Which of its inputs a node takes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Each in turn.
    RoundRobin,
    /// The first that holds an element, in the order of the node's inputs.
    Priority,
}

/// What a full stream does to the others of its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOut {
    /// All wait for the slowest.
    Minimum,
    /// Each goes by its own policy.
    Independent,
}

/// What follows when an element can't be handled and is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastResort {
    /// The flow fails.
    Terminate,
    /// The element is left out.
    Skip,
    /// The input element goes out of port [`ERROR_PORT`](super::ERROR_PORT).
    DeadLetter,
}

/// What follows a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorAction {
    /// At once.
    Now(LastResort),
    /// The same element is tried again.
    Retry {
        /// Attempts after the first one; at least 1.
        max: u32,
        /// Milliseconds before the first of them; doubled before each further one.
        backoff_ms: u64,
        /// What follows when all of them failed.
        then: LastResort,
    },
}

/// What follows a failed call, by category of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorPolicies {
    /// The element was not acceptable.
    pub invalid_input: ErrorAction,
    /// Something that the stage needs was not there.
    pub unavailable: ErrorAction,
    /// The stage has a fault; traps count as this.
    pub internal: ErrorAction,
    /// The call took too long.
    pub deadline_exceeded: ErrorAction,
}

impl OverflowPolicy {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OverflowPolicy::Block => "block",
            OverflowPolicy::DropOldest => "drop-oldest",
            OverflowPolicy::DropNewest => "drop-newest",
            OverflowPolicy::Error => "error",
            OverflowPolicy::RateLimit { .. } => "rate-limit",
        }
    }

    /// Whether a full stream of this policy makes its producer wait, rather than lose elements or fail.
    #[must_use]
    pub fn waits(self) -> bool {
        match self {
            OverflowPolicy::Block | OverflowPolicy::RateLimit { .. } => true,
            OverflowPolicy::DropOldest | OverflowPolicy::DropNewest | OverflowPolicy::Error => false,
        }
    }
}

impl Merge {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Merge::RoundRobin => "round-robin",
            Merge::Priority => "priority",
        }
    }
}

impl FanOut {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FanOut::Minimum => "minimum",
            FanOut::Independent => "independent",
        }
    }
}

impl LastResort {
    /// The word in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LastResort::Terminate => "terminate",
            LastResort::Skip => "skip",
            LastResort::DeadLetter => "dead-letter",
        }
    }
}

impl ErrorAction {
    /// What follows in the end.
    #[must_use]
    pub fn last_resort(self) -> LastResort {
        match self {
            ErrorAction::Now(resort) | ErrorAction::Retry { then: resort, .. } => resort,
        }
    }
}

impl ErrorPolicies {
    /// Every error ends the flow.
    pub const TERMINATE: ErrorPolicies = ErrorPolicies::all(ErrorAction::Now(LastResort::Terminate));

    /// The same for every category.
    #[must_use]
    pub const fn all(action: ErrorAction) -> Self {
        Self {
            invalid_input: action,
            unavailable: action,
            internal: action,
            deadline_exceeded: action,
        }
    }

    /// The categories by the words of the manifest, each with its action.
    #[must_use]
    pub fn by_category(&self) -> [(&'static str, ErrorAction); 4] {
        [
            ("invalid-input", self.invalid_input),
            ("unavailable", self.unavailable),
            ("internal", self.internal),
            ("deadline-exceeded", self.deadline_exceeded),
        ]
    }

    /// Whether an element can leave through port [`ERROR_PORT`](super::ERROR_PORT).
    #[must_use]
    pub fn dead_letters(&self) -> bool {
        self.by_category()
            .iter()
            .any(|(_, action)| action.last_resort() == LastResort::DeadLetter)
    }
}

impl fmt::Display for OverflowPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            OverflowPolicy::RateLimit { per_second } => write!(f, " ({per_second} per second)"),
            OverflowPolicy::Block | OverflowPolicy::DropOldest | OverflowPolicy::DropNewest | OverflowPolicy::Error => {
                Ok(())
            }
        }
    }
}

impl fmt::Display for ErrorAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorAction::Now(resort) => f.write_str(resort.as_str()),
            ErrorAction::Retry { max, backoff_ms, then } => {
                write!(f, "retry {max} times from {backoff_ms} ms, then {}", then.as_str())
            }
        }
    }
}

/// One action where all are the same, else each category with its own.
impl fmt::Display for ErrorPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == ErrorPolicies::all(self.internal) {
            return self.internal.fmt(f);
        }
        for (position, (category, action)) in self.by_category().into_iter().enumerate() {
            write!(f, "{}{category}: {action}", if position == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: ErrorAction = ErrorAction::Retry {
        max: 3,
        backoff_ms: 10,
        then: LastResort::DeadLetter,
    };

    #[test]
    fn policies_are_named_once_where_all_are_the_same() {
        assert_eq!(ErrorPolicies::TERMINATE.to_string(), "terminate");
        let mixed = ErrorPolicies {
            unavailable: RETRY,
            ..ErrorPolicies::TERMINATE
        };
        assert_eq!(
            mixed.to_string(),
            "invalid-input: terminate; unavailable: retry 3 times from 10 ms, then dead-letter; \
             internal: terminate; deadline-exceeded: terminate"
        );
    }

    #[test]
    fn the_end_of_a_retry_can_be_a_dead_letter() {
        let retry = ErrorPolicies {
            unavailable: RETRY,
            ..ErrorPolicies::TERMINATE
        };
        assert!(retry.dead_letters());
        assert!(!ErrorPolicies::all(ErrorAction::Now(LastResort::Skip)).dead_letters());
    }
}
