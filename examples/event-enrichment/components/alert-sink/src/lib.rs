//! Prints the events that are alerts, and how many were not.

use serde::Deserialize;
use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct AlertSink {
    suppressed: u64,
}

/// What the sink needs of an event; the rest is skipped unread.
#[derive(Deserialize)]
struct Event {
    alert: bool,
}

#[torvyn::component]
impl Sink for AlertSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        let text = element.payload().text()?;
        let event: Event = serde_json::from_str(text).map_err(Error::invalid_input)?;
        if event.alert {
            println!("[alert-sink] ALERT seq={}: {text}", element.sequence());
        } else {
            self.suppressed += 1;
        }
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[alert-sink] Non-alert events: {} (suppressed)", self.suppressed);
        println!("[alert-sink] Stream complete.");
        Ok(())
    }
}
