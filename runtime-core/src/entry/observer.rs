//! Messages about a run while it goes on: its start, and its events.

use std::collections::BTreeMap;

use crate::clock::Time;
use crate::event::{Event, Observer, Severity};
use crate::state::FlowState;
use crate::stdio;

/// Most warnings of one kind that are shown; further ones are only counted in the report.
const SHOWN_OF_A_KIND: u64 = 20;

/// Reports one run on standard error.
pub(super) struct Reporter {
    /// Least severity of the events shown; `None` shows no event.
    least: Option<Severity>,
    /// Name of the flow, where several run.
    flow: Option<&'static str>,
    /// Number of warnings shown, by kind.
    warnings: BTreeMap<&'static str, u64>,
    /// Announcement, shown when elements begin to pass: a run that ends before only reports its failure.
    announcement: Option<String>,
}

impl Reporter {
    pub(super) fn new(least: Option<Severity>, flow: Option<&'static str>, announcement: Option<String>) -> Self {
        Self {
            least,
            flow,
            warnings: BTreeMap::new(),
            announcement,
        }
    }

    fn warn(&mut self, at: Time, event: &Event) {
        let shown = self.warnings.entry(event.name()).or_default();
        *shown += 1;
        if *shown <= SHOWN_OF_A_KIND {
            stdio::write_message(format!("warning: {}\n", event.to_text(at, self.flow)).as_bytes());
        } else if *shown == SHOWN_OF_A_KIND + 1 {
            let name = event.name();
            let flow = self.flow.map_or_else(String::new, |flow| format!(" of flow `{flow}`"));
            let text = format!("warning: further `{name}` events{flow} are only counted\n");
            stdio::write_message(text.as_bytes());
        }
    }
}

impl Observer for Reporter {
    fn observe(&mut self, at: Time, event: &Event) {
        if *event == Event::State(FlowState::Running)
            && let Some(text) = self.announcement.take()
        {
            stdio::write_message(text.as_bytes());
        }
        match self.least {
            Some(Severity::Detail) => stdio::write_message(format!("{}\n", event.to_text(at, self.flow)).as_bytes()),
            Some(Severity::Warning) if event.severity() == Severity::Warning => self.warn(at, event),
            Some(Severity::Warning) | None => {}
        }
    }
}
