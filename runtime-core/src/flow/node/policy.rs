//! What follows a failed call (design section 6): the node's error policy, the circuit breaker, restarts.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Place, release};
use crate::buffer::ContentType;
use crate::clock::Time;
use crate::context::RunContext;
use crate::element::Element;
use crate::error::{Category, Cause, Failure, Operation};
use crate::event::Event;
use crate::plan::{ErrorAction, ErrorPlan, LastResort};
use crate::queue::Stream;
use crate::stage::Stage;

/// What restarts are counted in.
const RESTART_WINDOW: Duration = Duration::from_secs(60);

/// Longest time between two attempts.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// Content type of a dead letter whose element had none.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// What a node remembers of its failures.
#[derive(Debug, Default)]
pub(super) struct Policy {
    /// Failures of the element in hand.
    attempts: u32,
    /// When it may be tried again.
    retry_at: Time,
    /// There while the stage is left alone, and until the first call after that has ended.
    breaker: Option<Breaker>,
    /// When the stage was made anew, within the last minute.
    restarts: VecDeque<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Breaker {
    open_until: Time,
}

impl Policy {
    /// When the stage may be called again.
    #[inline]
    pub(super) fn due(&self) -> Time {
        let open_until = self.breaker.map_or(Time::START, |breaker| breaker.open_until);
        self.retry_at.max(open_until)
    }

    /// Whether there is something that a successful call ends.
    #[inline]
    pub(super) fn is_eventful(&self) -> bool {
        self.attempts > 0 || self.breaker.is_some()
    }

    /// A call went well. Returns whether that closed the breaker.
    pub(super) fn succeeded(&mut self) -> bool {
        self.forget_element();
        self.breaker.take().is_some()
    }

    fn forget_element(&mut self) {
        self.attempts = 0;
        self.retry_at = Time::START;
    }

    /// Counts a restart, unless that would be more than `limit` within a minute.
    fn count_restart(&mut self, now: Time, limit: u32) -> bool {
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

/// What the policy says about a category.
pub(super) fn action(plan: &ErrorPlan, category: Category) -> ErrorAction {
    match category {
        Category::InvalidInput => plan.invalid_input,
        Category::Unavailable => plan.unavailable,
        Category::Internal => plan.internal,
        Category::DeadlineExceeded => plan.deadline_exceeded,
    }
}

/// `base` doubled `doublings` times, bounded.
fn backoff(base_ms: u64, doublings: u32) -> Duration {
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    Duration::from_millis(base_ms.saturating_mul(factor)).min(LONGEST_BACKOFF)
}

/// A failed call of the element `input`, or of a source.
pub(super) fn failed<S: Stage>(
    place: &mut Place<S>,
    cx: &mut RunContext,
    streams: &mut [Stream],
    operation: Operation,
    input: Option<Element>,
    cause: Cause,
) -> Result<(), Failure> {
    let element = Some(input.map_or_else(|| cx.next_sequence(), |input| input.sequence));
    let category = cause.category();
    let failure = place.failure(operation, element, cause);
    note_failure(place, cx, &failure);
    let decided = match category {
        Some(category) => decide(place, cx, category, &failure).map(|next| (category, next)),
        None => Err(failure.clone()),
    };
    match decided {
        Ok((_, Next::Retry { delay })) => {
            place.stats.retries += 1;
            place.policy.retry_at = cx.now().after(delay);
            cx.note(Event::Retry {
                node: place.plan.name,
                element,
                attempt: place.policy.attempts,
                delay,
            });
            place.hand = input;
            Ok(())
        }
        Ok((category, Next::Settle { how, open })) => {
            place.policy.forget_element();
            let settled = settle(place, cx, input, category, how, failure)?;
            if let Some(duration) = open {
                place.policy.breaker = Some(Breaker {
                    open_until: cx.now().after(duration),
                });
                cx.note(Event::BreakerOpened {
                    node: place.plan.name,
                    duration,
                });
            }
            match settled {
                Some(letter) => place.put(cx, streams, operation, letter, place.plan.dead_letters.iter()),
                None => Ok(()),
            }
        }
        Err(failure) => give_up(place, cx, input, failure),
    }
}

/// Counts and tells a failed call.
pub(super) fn note_failure<S: Stage>(place: &mut Place<S>, cx: &mut RunContext, failure: &Failure) {
    place.stats.errors += 1;
    cx.note(Event::CallFailed {
        node: place.plan.name,
        operation: failure.operation.as_str(),
        element: failure.element,
        code: failure.code(),
        category: failure.cause.category(),
    });
}

/// What is done about a failed call.
enum Next {
    /// It is repeated.
    Retry { delay: Duration },
    /// Nothing more is tried; the breaker opens for this time.
    Settle { how: LastResort, open: Option<Duration> },
}

fn decide<S: Stage>(
    place: &mut Place<S>,
    cx: &mut RunContext,
    category: Category,
    failure: &Failure,
) -> Result<Next, Failure> {
    let action = action(&place.plan.on_error, category);
    if place.stage.is_dead() && action != ErrorAction::Now(LastResort::Terminate) {
        restart(place, cx, failure)?;
    }
    let is_trial = place.policy.breaker.is_some();
    if is_trial && category != Category::Unavailable {
        place.policy.breaker = None;
        cx.note(Event::BreakerClosed { node: place.plan.name });
    }
    Ok(match action {
        ErrorAction::Now(how) => Next::Settle { how, open: None },
        ErrorAction::Retry { max, backoff_ms, then } => {
            place.policy.attempts += 1;
            let attempt = place.policy.attempts;
            let is_unavailable = category == Category::Unavailable;
            if attempt <= max && !(is_trial && is_unavailable) {
                return Ok(Next::Retry {
                    delay: backoff(backoff_ms, attempt - 1),
                });
            }
            Next::Settle {
                how: then,
                open: is_unavailable.then(|| backoff(backoff_ms, max)),
            }
        }
    })
}

/// Makes a dead stage anew.
pub(super) fn restart<S: Stage>(place: &mut Place<S>, cx: &mut RunContext, failure: &Failure) -> Result<(), Failure> {
    let limit = cx.max_restarts;
    if !place.policy.count_restart(cx.now(), limit) {
        return Err(Failure {
            cause: Cause::TooManyRestarts {
                limit,
                last: Box::new(failure.cause.clone()),
            },
            ..failure.clone()
        });
    }
    place.stats.restarts += 1;
    cx.pool().reclaim(place.position);
    let revived = place.stage.revive(cx, &place.config);
    revived.map_err(|cause| place.report(cx, Operation::Init, cause))?;
    cx.note(Event::Restarted {
        node: place.plan.name,
        count: place.stats.restarts,
        message: failure.summary(),
    });
    Ok(())
}

/// Ends an element that can't be handled. Returns what leaves by port `error`.
fn settle<S: Stage>(
    place: &mut Place<S>,
    cx: &mut RunContext,
    input: Option<Element>,
    category: Category,
    how: LastResort,
    failure: Failure,
) -> Result<Option<Element>, Failure> {
    let (node, element) = (place.plan.name, failure.element);
    match (how, input) {
        (LastResort::Terminate, _) => give_up(place, cx, input, failure).map(|()| None),
        (LastResort::DeadLetter, Some(input)) => {
            place.stats.dead_lettered += 1;
            cx.note(Event::DeadLettered {
                node,
                element,
                category,
                message: failure.summary(),
            });
            Ok(Some(Element {
                content_type: letter_type(cx, input.content_type, category, node),
                ..input
            }))
        }
        // A source has no element that could be sent anywhere; the compiler refuses that policy for it.
        (LastResort::Skip | LastResort::DeadLetter, _) => {
            place.stats.skipped += 1;
            cx.note(Event::Skipped {
                node,
                element,
                category,
                message: failure.summary(),
            });
            if let Some(input) = input {
                release(cx, input);
            }
            Ok(None)
        }
    }
}

fn give_up<S: Stage>(
    place: &mut Place<S>,
    cx: &mut RunContext,
    input: Option<Element>,
    failure: Failure,
) -> Result<(), Failure> {
    if let Some(input) = input {
        place.stats.failed += 1;
        release(cx, input);
    }
    Err(failure)
}

/// The content type of a dead letter: its own, with what happened as parameters.
fn letter_type(cx: &mut RunContext, own: ContentType, category: Category, node: &str) -> ContentType {
    let types = &mut cx.pool().content_types;
    let name = match types.name(own) {
        "" => UNKNOWN_TYPE,
        name => name,
    };
    let letter = format!("{name}; torvyn-error={}; torvyn-node={node}", category.as_str());
    // A flow that has used up its content types still delivers the letter.
    types.intern(&letter).unwrap_or(own)
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
