//! Events of a flow besides the passing of elements: pressure, pauses, failures and their consequences.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::{Time, nanos};
use crate::demand::Demand;
use crate::error::Category;
use crate::plan::StreamName;
use crate::printable;
use crate::state::FlowState;

/// Most events that a run keeps; the oldest are dropped.
const KEPT: usize = 4096;

/// An event of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A stream became full.
    Triggered {
        /// Name of the stream.
        stream: StreamName,
        /// Elements in the stream.
        depth: usize,
    },
    /// A stream that was full has room again.
    Relieved {
        /// Name of the stream.
        stream: StreamName,
        /// Elements in the stream.
        depth: usize,
        /// Time for which it was full.
        duration: Duration,
        /// Elements dropped meanwhile.
        dropped: u64,
    },
    /// A source was notified of pressure.
    Notified {
        /// The source.
        node: &'static str,
        /// Signal sent to it.
        signal: Demand,
    },
    /// A sink asked for a pause.
    SinkPaused {
        /// The sink.
        node: &'static str,
        /// Time for which it gets no element.
        duration: Duration,
    },
    /// A call failed.
    CallFailed {
        /// The stage.
        node: &'static str,
        /// The function called.
        operation: &'static str,
        /// Sequence number of the element.
        element: Option<u64>,
        /// Code in the catalogue.
        code: &'static str,
        /// Category; `None` for a failure that ends the flow under every policy.
        category: Option<Category>,
    },
    /// A stage was restarted.
    Restarted {
        /// The stage.
        node: &'static str,
        /// Number of its restarts, this one included.
        count: u64,
        /// Reason, in words.
        message: String,
    },
    /// A call will be repeated.
    Retry {
        /// The stage.
        node: &'static str,
        /// Sequence number of the element.
        element: Option<u64>,
        /// Number of failures up to now.
        attempt: u32,
        /// Time until the next attempt.
        delay: Duration,
    },
    /// An element ended at a stage that could not handle it.
    Skipped {
        /// The stage.
        node: &'static str,
        /// Sequence number of the element.
        element: Option<u64>,
        /// Category of the error.
        category: Category,
        /// Reason, in words.
        message: String,
    },
    /// An element left by port `error`.
    DeadLettered {
        /// The stage.
        node: &'static str,
        /// Sequence number of the element.
        element: Option<u64>,
        /// Category of the error.
        category: Category,
        /// Reason, in words.
        message: String,
    },
    /// The breaker of a stage opened: the stage is not called for a while.
    BreakerOpened {
        /// The stage.
        node: &'static str,
        /// Time for which it is not called.
        duration: Duration,
    },
    /// The breaker of a stage closed: the stage is called as usual.
    BreakerClosed {
        /// The stage.
        node: &'static str,
    },
    /// The teardown of a stage failed, which has no consequence.
    TeardownFailed {
        /// The stage.
        node: &'static str,
        /// Code in the catalogue.
        code: &'static str,
        /// Reason, in words.
        message: String,
    },
    /// The run entered a state.
    State(FlowState),
    /// The driver did not read the clock for longer than expected, so that other flows had to wait.
    SlowQuantum {
        /// Time between the two readings.
        duration: Duration,
    },
}

/// Severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A sign of trouble.
    Warning,
    /// Normal operation of the flow.
    Detail,
}

impl Event {
    /// Name of the event.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Event::Triggered { .. } => "backpressure-triggered",
            Event::Relieved { .. } => "backpressure-relieved",
            Event::Notified { .. } => "notified",
            Event::SinkPaused { .. } => "sink-paused",
            Event::CallFailed { .. } => "call-failed",
            Event::Restarted { .. } => "restarted",
            Event::Retry { .. } => "retry",
            Event::Skipped { .. } => "skipped",
            Event::DeadLettered { .. } => "dead-lettered",
            Event::BreakerOpened { .. } => "breaker-opened",
            Event::BreakerClosed { .. } => "breaker-closed",
            Event::TeardownFailed { .. } => "teardown-failed",
            Event::State(_) => "state",
            Event::SlowQuantum { .. } => "slow-quantum",
        }
    }

    /// Severity of the event.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Event::Restarted { .. }
            | Event::Skipped { .. }
            | Event::DeadLettered { .. }
            | Event::BreakerOpened { .. }
            | Event::TeardownFailed { .. }
            | Event::SlowQuantum { .. } => Severity::Warning,
            Event::Triggered { .. }
            | Event::Relieved { .. }
            | Event::Notified { .. }
            | Event::SinkPaused { .. }
            | Event::CallFailed { .. }
            | Event::Retry { .. }
            | Event::BreakerClosed { .. }
            | Event::State(_) => Severity::Detail,
        }
    }

    /// The event's fields, by name.
    fn fields(&self) -> Value {
        match self {
            Event::Triggered { stream, depth } => json!({ "stream": stream.to_string(), "depth": depth }),
            Event::Relieved {
                stream,
                depth,
                duration,
                dropped,
            } => json!({
                "stream": stream.to_string(), "depth": depth, "duration_ns": nanos(*duration), "dropped": dropped,
            }),
            Event::Notified { node, signal } => json!({ "node": node, "signal": signal.as_str() }),
            Event::SinkPaused { node, duration } => json!({ "node": node, "duration_ns": nanos(*duration) }),
            Event::CallFailed {
                node,
                operation,
                element,
                code,
                category,
            } => json!({
                "node": node, "operation": operation, "element": element, "code": code,
                "category": category.map(Category::as_str),
            }),
            Event::Restarted { node, count, message } => json!({ "node": node, "count": count, "message": message }),
            Event::Retry {
                node,
                element,
                attempt,
                delay,
            } => json!({ "node": node, "element": element, "attempt": attempt, "delay_ns": nanos(*delay) }),
            Event::Skipped {
                node,
                element,
                category,
                message,
            }
            | Event::DeadLettered {
                node,
                element,
                category,
                message,
            } => json!({
                "node": node, "element": element, "category": category.as_str(), "message": message,
            }),
            Event::BreakerOpened { node, duration } => json!({ "node": node, "duration_ns": nanos(*duration) }),
            Event::BreakerClosed { node } => json!({ "node": node }),
            Event::TeardownFailed { node, code, message } => {
                json!({ "node": node, "code": code, "message": message })
            }
            Event::State(state) => json!({ "state": state.as_str() }),
            Event::SlowQuantum { duration } => json!({ "duration_ns": nanos(*duration) }),
        }
    }

    /// The event as JSON.
    fn to_json(&self, at: Time) -> Value {
        let mut value = self.fields();
        value["at_ns"] = json!(at.as_nanos());
        value["event"] = json!(self.name());
        value
    }

    /// The event as a line of text, with its flow where several run.
    #[must_use]
    pub(crate) fn to_text(&self, at: Time, flow: Option<&str>) -> String {
        let mut text = format!("[{:>9.3} ms] {}", at.as_nanos() as f64 / 1e6, self.name());
        if let Some(flow) = flow {
            text.push_str(&format!(" flow={flow}"));
        }
        if let Value::Object(fields) = self.fields() {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "message") {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.push_str(&format!(" {name}={}", printable::line(&value)));
            }
            if let Some(message) = fields.get("message").and_then(Value::as_str) {
                text.push_str(&format!(": {message}"));
            }
        }
        text
    }
}

/// A receiver of events as they happen.
pub trait Observer: Send {
    /// Receives an event that happened at `at`.
    fn observe(&mut self, at: Time, event: &Event);
}

/// The events of one run.
#[derive(Default)]
pub struct EventLog {
    kept: VecDeque<(Time, Event)>,
    dropped: u64,
    observer: Option<Box<dyn Observer>>,
}

impl EventLog {
    /// Reports every further event to `observer`.
    pub(crate) fn observed_by(&mut self, observer: Option<Box<dyn Observer>>) {
        self.observer = observer;
    }

    /// Adds an event that happened at `at`.
    pub fn add(&mut self, at: Time, event: Event) {
        if let Some(observer) = &mut self.observer {
            observer.observe(at, &event);
        }
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.kept.push_back((at, event));
    }

    /// The events kept, oldest first.
    #[must_use]
    pub fn to_json(&self) -> Vec<Value> {
        self.kept.iter().map(|(at, event)| event.to_json(*at)).collect()
    }

    /// Number of events dropped to make room.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_tells_its_reason() {
        let restarted = Event::Restarted {
            node: "middle",
            count: 1,
            message: "node `middle` trapped in `process` of element 3: out of bounds".to_owned(),
        };
        let expected = "[    0.000 ms] restarted count=1 node=middle: node `middle` trapped in `process` of element 3: out of bounds";
        assert_eq!(restarted.to_text(Time::START, None), expected);
    }
}
