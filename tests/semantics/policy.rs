//! The model's reactions to failed calls: error policies, restarts, circuit breakers.

use serde_json::json;

use crate::model::{Element, Failure, Fault, MAX_RESTARTS, MS, Run};
use crate::shape::{Action, Category, ERROR_PORT, LastResort, Role};

/// Period within which restarts count.
const RESTART_WINDOW: u64 = 60_000 * MS;
/// Longest wait of a retry or a breaker.
const LONGEST_WAIT: u64 = 60_000 * MS;

/// `backoff_ms` doubled `doublings` times, in nanoseconds.
fn wait(backoff_ms: u64, doublings: u32) -> u64 {
    (0..doublings).fold((backoff_ms * MS).min(LONGEST_WAIT), |wait, _| {
        (wait * 2).min(LONGEST_WAIT)
    })
}

impl Run<'_> {
    /// Counts a failed call; one of `flush` has no element.
    pub(crate) fn call_failed(
        &mut self,
        at: usize,
        operation: &'static str,
        element: Option<u64>,
        fault: Fault,
    ) -> Failure {
        self.nodes[at].counters.errors += 1;
        let (code, category) = (fault.code(), fault.category().map(Category::as_str));
        let fields = json!({ "operation": operation, "element": element, "code": code, "category": category });
        self.tell("call-failed", at, fields);
        Failure {
            code,
            node: at,
            operation,
            element,
        }
    }

    /// Applies the error policy to a failed call for an element, or to a failed pull.
    pub(crate) fn fail(&mut self, at: usize, input: Option<Element>, fault: Fault) -> Result<(), Failure> {
        let sequence = input.as_ref().map_or(self.next_sequence, |input| input.sequence);
        let failure = self.call_failed(at, self.nodes[at].role.operation(), Some(sequence), fault);
        let Some(category) = fault.category() else {
            return self.terminate(at, failure);
        };
        let action = self.shape.nodes[at].on_error.of(category);
        if fault == Fault::Trap {
            self.nodes[at].alive = false;
            if action != Action::TERMINATE && !self.restart(at) {
                return self.terminate(
                    at,
                    Failure {
                        code: "E0416",
                        ..failure
                    },
                );
            }
        }
        if category != Category::Unavailable {
            self.close_breaker(at);
        }
        self.nodes[at].attempts += 1;
        match action {
            Action::Retry { max, backoff_ms, .. } if self.may_retry(at, max) => {
                self.retry(at, input, sequence, backoff_ms);
                Ok(())
            }
            Action::Retry { max, backoff_ms, .. } if category == Category::Unavailable => {
                self.give_up(at, input, failure, category, Some(wait(backoff_ms, max)))
            }
            Action::Retry { .. } | Action::Now(_) => self.give_up(at, input, failure, category, None),
        }
    }

    /// Restarts an instance; `false` when that happened too often.
    fn restart(&mut self, at: usize) -> bool {
        let (now, node) = (self.now, &mut self.nodes[at]);
        let recent = node.restarts.iter().filter(|then| now - **then < RESTART_WINDOW);
        if recent.count() >= MAX_RESTARTS {
            return false;
        }
        node.restarts.push(now);
        node.counters.restarts += 1;
        node.guest.restart();
        node.alive = true;
        let count = node.counters.restarts;
        self.tell("restarted", at, json!({ "count": count }));
        true
    }

    /// A breaker that is not closed here had a trial call that failed.
    fn may_retry(&self, at: usize, max: u32) -> bool {
        self.nodes[at].attempts <= max && self.nodes[at].breaker.is_none()
    }

    fn retry(&mut self, at: usize, input: Option<Element>, sequence: u64, backoff_ms: u64) {
        let node = &mut self.nodes[at];
        let attempt = node.attempts;
        let delay = wait(backoff_ms, attempt - 1);
        node.counters.retries += 1;
        node.retry_at = self.now + delay;
        node.in_hand = input;
        let fields = json!({ "element": sequence, "attempt": attempt, "delay_ns": delay });
        self.tell("retry", at, fields);
    }

    /// Gives the element up; `open_for`: the time for which the breaker opens.
    fn give_up(
        &mut self,
        at: usize,
        input: Option<Element>,
        failure: Failure,
        category: Category,
        open_for: Option<u64>,
    ) -> Result<(), Failure> {
        let last = self.shape.nodes[at].on_error.of(category).last_resort();
        let fields = json!({ "element": failure.element, "category": category.as_str() });
        self.nodes[at].attempts = 0;
        match last {
            LastResort::Terminate => return self.terminate(at, failure),
            LastResort::Skip => {
                self.nodes[at].counters.skipped += 1;
                self.tell("skipped", at, fields);
            }
            LastResort::DeadLetter => {
                self.nodes[at].counters.dead_lettered += 1;
                self.tell("dead-lettered", at, fields);
            }
        }
        if let Some(duration) = open_for {
            self.nodes[at].breaker = Some(self.now + duration);
            self.tell("breaker-opened", at, json!({ "duration_ns": duration }));
        }
        match (last, input) {
            (LastResort::DeadLetter, Some(input)) => self.dead_letter(at, input, category),
            (LastResort::Terminate | LastResort::Skip | LastResort::DeadLetter, _) => Ok(()),
        }
    }

    fn terminate(&mut self, at: usize, failure: Failure) -> Result<(), Failure> {
        if self.nodes[at].role != Role::Source {
            self.nodes[at].counters.failed += 1;
        }
        Err(failure)
    }

    /// Closes the breaker after a call that succeeded or failed in another way.
    pub(crate) fn close_breaker(&mut self, at: usize) {
        if self.nodes[at].breaker.take().is_some() {
            self.tell("breaker-closed", at, json!({}));
        }
    }

    fn dead_letter(&mut self, at: usize, input: Element, category: Category) -> Result<(), Failure> {
        let own = match input.content_type.as_str() {
            "" => "application/octet-stream",
            own => own,
        };
        let (node, operation) = (&self.shape.nodes[at].name, self.nodes[at].role.operation());
        let content_type = format!("{own}; torvyn-error={}; torvyn-node={node}", category.as_str());
        let streams = self.shape.port(at, ERROR_PORT);
        self.push(at, operation, &Element { content_type, ..input }, &streams)
    }
}
