//! The failures of a node that its error policy has to remember (design section 6).

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Time;
use crate::error::Category;
use crate::policy::{ErrorAction, ErrorPolicies};

/// Period within which restarts are counted.
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// Longest time between two attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// State of a node's error policy.
#[derive(Debug, Default)]
pub(super) struct Policy {
    /// Failures of the current element.
    pub(super) attempts: u32,
    /// Time of its next attempt.
    pub(super) retry_at: Time,
    /// Present while the breaker is open, and until the first call after that has returned.
    pub(super) breaker: Option<Breaker>,
    /// Times of restarts within the last minute.
    restarts: VecDeque<Time>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Breaker {
    pub(super) open_until: Time,
}

impl Policy {
    /// Time at which the stage may be called again.
    #[inline]
    pub(super) fn due(&self) -> Time {
        let open_until = self.breaker.map_or(Time::START, |breaker| breaker.open_until);
        self.retry_at.max(open_until)
    }

    /// Whether a successful call would change the state.
    #[inline]
    pub(super) fn is_eventful(&self) -> bool {
        self.attempts > 0 || self.breaker.is_some()
    }

    /// Notes a successful call. Returns whether it closed the breaker.
    pub(super) fn succeeded(&mut self) -> bool {
        self.forget_element();
        self.breaker.take().is_some()
    }

    pub(super) fn forget_element(&mut self) {
        self.attempts = 0;
        self.retry_at = Time::START;
    }

    /// Counts a restart and returns `true`, unless there were `limit` within a minute.
    pub(super) fn count_restart(&mut self, now: Time, limit: u32) -> bool {
        while self
            .restarts
            .front()
            .is_some_and(|time| now.since(*time) >= RESTART_WINDOW)
        {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= limit as usize {
            return false;
        }
        self.restarts.push_back(now);
        true
    }
}

/// The action for a category.
pub(super) fn action(plan: &ErrorPolicies, category: Category) -> ErrorAction {
    match category {
        Category::InvalidInput => plan.invalid_input,
        Category::Unavailable => plan.unavailable,
        Category::Internal => plan.internal,
        Category::DeadlineExceeded => plan.deadline_exceeded,
    }
}

/// `base_ms` doubled `doublings` times, at most [`LONGEST_BACKOFF`].
pub(super) fn backoff(base_ms: u64, doublings: u32) -> Duration {
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    Duration::from_millis(base_ms.saturating_mul(factor)).min(LONGEST_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_up_to_a_minute() {
        assert_eq!(backoff(10, 0), Duration::from_millis(10));
        assert_eq!(backoff(10, 3), Duration::from_millis(80));
        assert_eq!(backoff(0, 9), Duration::ZERO);
        assert_eq!(backoff(1, 63), LONGEST_BACKOFF);
        assert_eq!(backoff(60_000, 200), LONGEST_BACKOFF);
    }

    #[test]
    fn restarts_are_counted_within_a_minute() {
        let mut policy = Policy::default();
        let at = |seconds| Time::START.after(Duration::from_secs(seconds));
        assert!(policy.count_restart(at(0), 2));
        assert!(policy.count_restart(at(30), 2));
        assert!(!policy.count_restart(at(59), 2));
        assert!(policy.count_restart(at(60), 2), "the first is a minute old");
        assert!(!policy.count_restart(at(61), 2));
        assert!(!policy.count_restart(at(1000), 0));
    }
}
