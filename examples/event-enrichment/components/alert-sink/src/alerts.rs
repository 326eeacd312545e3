//! Alerts on standard output.

use serde::Deserialize;

#[derive(Default)]
pub struct Alerts {
    suppressed: u64,
}

/// What the sink needs of an event; the rest is skipped unread.
#[derive(Deserialize)]
struct Event {
    alert: bool,
}

impl Alerts {
    /// Prints `event`, which is JSON, if it is an alert.
    pub fn take(&mut self, event: &str, sequence: u64) -> serde_json::Result<()> {
        let Event { alert } = serde_json::from_str(event)?;
        if alert {
            println!("[alert-sink] ALERT seq={sequence}: {event}");
        } else {
            self.suppressed += 1;
        }
        Ok(())
    }

    /// Prints how many events were no alerts.
    pub fn finish(&self) {
        println!("[alert-sink] Non-alert events: {} (suppressed)", self.suppressed);
        println!("[alert-sink] Stream complete.");
    }
}
