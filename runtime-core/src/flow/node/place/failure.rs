//! Consequences of a failed call: another attempt, a restart of the stage, an end for the element or for the flow.

use std::time::Duration;

use crate::buffer::ContentType;
use crate::buffer::Element;
use crate::context::RunContext;
use crate::error::{Category, Cause, Failure, Operation};
use crate::event::Event;
use crate::flow::base::{Base, release};
use crate::flow::policy::{Breaker, action, backoff};
use crate::policy::{ErrorAction, LastResort};
use crate::stage::Stage;
use crate::stream::Stream;

/// Content type of a dead letter whose element had none.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Applies the error policy to a failed call with the element `input`; for a source, without one.
pub(super) fn failed(
    place: &mut Base,
    stage: &mut dyn Stage,
    cx: &mut RunContext,
    streams: &mut [Stream],
    operation: Operation,
    input: Option<Element>,
    cause: Cause,
) -> Result<(), Failure> {
    let element = Some(input.map_or_else(|| cx.next_sequence(), |input| input.sequence));
    let category = cause.category();
    let failure = place.failure(operation, element, cause);
    place.note_failure(cx, &failure);
    let decided = match category {
        Some(category) => decide(place, stage, cx, category, &failure).map(|next| (category, next)),
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

/// Consequence of a failed call.
enum Next {
    /// Another attempt after this time.
    Retry { delay: Duration },
    /// No further attempt; the breaker opens for the time in `open`.
    Settle { how: LastResort, open: Option<Duration> },
}

fn decide(
    place: &mut Base,
    stage: &mut dyn Stage,
    cx: &mut RunContext,
    category: Category,
    failure: &Failure,
) -> Result<Next, Failure> {
    let action = action(&place.plan.policies.on_error, category);
    if stage.is_dead() && action != ErrorAction::Now(LastResort::Terminate) {
        restart(place, stage, cx, failure)?;
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

/// Restarts a dead stage.
pub(super) fn restart(
    place: &mut Base,
    stage: &mut dyn Stage,
    cx: &mut RunContext,
    failure: &Failure,
) -> Result<(), Failure> {
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
    let restarted = stage.restart(cx, &place.config);
    restarted.map_err(|cause| place.report(cx, Operation::Init, cause))?;
    cx.note(Event::Restarted {
        node: place.plan.name,
        count: place.stats.restarts,
        message: failure.summary(),
    });
    Ok(())
}

/// Ends an element that cannot be handled. Returns its dead letter, if there is one, for port `error`.
fn settle(
    place: &mut Base,
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
        // A source has no element to send; the compiler rejects that policy for it.
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

fn give_up(place: &mut Base, cx: &mut RunContext, input: Option<Element>, failure: Failure) -> Result<(), Failure> {
    if let Some(input) = input {
        place.stats.failed += 1;
        release(cx, input);
    }
    Err(failure)
}

/// The content type of a dead letter: the element's own, with category and node as parameters.
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
