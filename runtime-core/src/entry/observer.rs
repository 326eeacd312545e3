//! What people are told of a run while it goes on: that it begins, and events.

use std::collections::BTreeMap;

use crate::clock::Time;
use crate::event::{Event, Observer, Severity};
use crate::state::FlowState;
use crate::stdio;

/// Warnings of one kind that are told; the others are counted in the report.
const TOLD_OF_A_KIND: u64 = 20;

/// Tells people of one run, on standard error.
pub(super) struct Teller {
    /// Events are told if at least so severe.
    told: Option<Severity>,
    /// The name of the flow, where several run.
    flow: Option<&'static str>,
    /// Warnings told, by kind.
    warnings: BTreeMap<&'static str, u64>,
    /// Told when elements begin to pass: a run that does not come so far has only its failure to tell.
    announcement: Option<String>,
}

impl Teller {
    pub(super) fn new(told: Option<Severity>, flow: Option<&'static str>, announcement: Option<String>) -> Self {
        Self {
            told,
            flow,
            warnings: BTreeMap::new(),
            announcement,
        }
    }

    fn warn(&mut self, at: Time, event: &Event) {
        let told = self.warnings.entry(event.name()).or_default();
        *told += 1;
        if *told <= TOLD_OF_A_KIND {
            stdio::tell(format!("warning: {}\n", event.to_text(at, self.flow)).as_bytes());
        } else if *told == TOLD_OF_A_KIND + 1 {
            let name = event.name();
            let flow = self.flow.map_or_else(String::new, |flow| format!(" of flow `{flow}`"));
            let text = format!("warning: further `{name}` events{flow} are only counted\n");
            stdio::tell(text.as_bytes());
        }
    }
}

impl Observer for Teller {
    fn observe(&mut self, at: Time, event: &Event) {
        if *event == Event::State(FlowState::Running)
            && let Some(text) = self.announcement.take()
        {
            stdio::tell(text.as_bytes());
        }
        match self.told {
            Some(Severity::Detail) => stdio::tell(format!("{}\n", event.to_text(at, self.flow)).as_bytes()),
            Some(Severity::Warning) if event.severity() == Severity::Warning => self.warn(at, event),
            Some(Severity::Warning) | None => {}
        }
    }
}
