//! Policies of stages and streams: for full streams, several inputs, and errors.

use std::fmt;

/// Policy of a full stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverflowPolicy {
    /// The producer is not scheduled until there is room.
    Block,
    /// The oldest element is dropped.
    DropOldest,
    /// The new element is dropped.
    DropNewest,
    /// The flow fails.
    Error,
    /// As [`OverflowPolicy::Block`], and elements enter at a limited rate.
    RateLimit {
        /// Elements per second; at least 1.
        per_second: u64,
    },
}

crate::words! {
    /// The word for an [`OverflowPolicy`].
    pub enum OverflowWord {
        /// [`OverflowPolicy::Block`].
        Block = "block",
        /// [`OverflowPolicy::DropOldest`].
        DropOldest = "drop-oldest",
        /// [`OverflowPolicy::DropNewest`].
        DropNewest = "drop-newest",
        /// [`OverflowPolicy::Error`].
        Error = "error",
        /// [`OverflowPolicy::RateLimit`], whose rate is a key of its own.
        RateLimit = "rate-limit",
    }
}

crate::words! {
    /// Order in which a node's inputs are tried.
    pub enum Merge {
        /// Each in turn.
        RoundRobin = "round-robin",
        /// In the order of the node's inputs.
        Priority = "priority",
    }
}

crate::words! {
    /// Effect of a full stream on the others of its port.
    pub enum FanOut {
        /// All wait for the slowest.
        Minimum = "minimum",
        /// None: each applies its own policy.
        Independent = "independent",
    }
}

crate::words! {
    /// Policy of an allocation whose pool is empty.
    pub enum Exhaustion {
        /// Take memory from the system allocator, and count that.
        FallbackAlloc = "fallback-alloc",
        /// Fail the allocation.
        Error = "error",
    }
}

crate::words! {
    /// The action for an element that cannot be handled, when no further attempt is made.
    pub enum LastResort {
        /// The flow fails.
        Terminate = "terminate",
        /// The element is dropped.
        Skip = "skip",
        /// The input element leaves by port `error`.
        DeadLetter = "dead-letter",
    }
}

crate::words! {
    /// The word for an [`ErrorAction`] in the manifest.
    pub enum ActionWord {
        /// [`LastResort::Terminate`] at once.
        Terminate = "terminate",
        /// [`LastResort::Skip`] at once.
        Skip = "skip",
        /// [`ErrorAction::Retry`].
        Retry = "retry",
        /// [`LastResort::DeadLetter`] at once.
        DeadLetter = "dead-letter",
    }
}

/// The action after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorAction {
    /// The last resort, at once.
    Now(LastResort),
    /// Further attempts with the same element.
    Retry {
        /// Attempts after the first one; at least 1.
        max: u32,
        /// Milliseconds before the first of them; doubled before each further one.
        backoff_ms: u64,
        /// The action when all of them failed.
        then: LastResort,
    },
}

/// The actions after a failed call, by category of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorPolicies {
    /// The element was malformed.
    pub invalid_input: ErrorAction,
    /// Something that the stage needs was unavailable.
    pub unavailable: ErrorAction,
    /// The stage has a fault; a trap counts as one.
    pub internal: ErrorAction,
    /// The call took too long.
    pub deadline_exceeded: ErrorAction,
}

/// Policies of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodePolicies {
    /// Order in which inputs are tried.
    pub merge: Merge,
    /// Effect of a full stream on the others of its port.
    pub fan_out: FanOut,
    /// Error policy.
    pub on_error: ErrorPolicies,
}

impl NodePolicies {
    /// The policies of a node whose manifest sets none.
    pub const DEFAULT: NodePolicies = NodePolicies {
        merge: Merge::RoundRobin,
        fan_out: FanOut::Minimum,
        on_error: ErrorPolicies::TERMINATE,
    };
}

impl OverflowPolicy {
    /// Its word, which names the variant too.
    #[must_use]
    pub const fn word(self) -> OverflowWord {
        match self {
            OverflowPolicy::Block => OverflowWord::Block,
            OverflowPolicy::DropOldest => OverflowWord::DropOldest,
            OverflowPolicy::DropNewest => OverflowWord::DropNewest,
            OverflowPolicy::Error => OverflowWord::Error,
            OverflowPolicy::RateLimit { .. } => OverflowWord::RateLimit,
        }
    }

    /// The word in the manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.word().as_str()
    }

    /// The rate of the stream, as most elements per second; `None` without one.
    #[must_use]
    pub const fn per_second(self) -> Option<u64> {
        match self {
            OverflowPolicy::RateLimit { per_second } => Some(per_second),
            OverflowPolicy::Block | OverflowPolicy::DropOldest | OverflowPolicy::DropNewest | OverflowPolicy::Error => {
                None
            }
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

impl ErrorAction {
    /// The action when no further attempt is made.
    #[must_use]
    pub const fn last_resort(self) -> LastResort {
        match self {
            ErrorAction::Now(resort) | ErrorAction::Retry { then: resort, .. } => resort,
        }
    }
}

impl ErrorPolicies {
    /// Every error ends the flow.
    pub const TERMINATE: ErrorPolicies = ErrorPolicies::all(ErrorAction::Now(LastResort::Terminate));

    /// The same action for every category.
    #[must_use]
    pub const fn all(action: ErrorAction) -> Self {
        Self {
            invalid_input: action,
            unavailable: action,
            internal: action,
            deadline_exceeded: action,
        }
    }

    /// Every category by its word in the manifest, with its action.
    #[must_use]
    pub fn by_category(&self) -> [(&'static str, ErrorAction); 4] {
        [
            ("invalid-input", self.invalid_input),
            ("unavailable", self.unavailable),
            ("internal", self.internal),
            ("deadline-exceeded", self.deadline_exceeded),
        ]
    }

    /// Whether an element can leave through port `error`.
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
        match self.per_second() {
            Some(per_second) => write!(f, " ({per_second} per second)"),
            None => Ok(()),
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

/// One action if it is the same for all categories, otherwise each category with its action.
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
