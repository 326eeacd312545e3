//! The severities of levels.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityClassifier {
    alert_threshold: u32,
}

impl SeverityClassifier {
    /// The event, which is JSON, with its severity.
    pub fn classify(&self, event: &str) -> serde_json::Result<Map<String, Value>> {
        let mut event: Map<String, Value> = serde_json::from_str(event)?;
        let severity = severity(event.get("level").and_then(Value::as_str).unwrap_or_default());
        event.insert("severity".to_owned(), severity.into());
        event.insert("alert".to_owned(), (severity >= self.alert_threshold).into());
        Ok(event)
    }
}

fn severity(level: &str) -> u32 {
    match level {
        "debug" => 1,
        "info" => 3,
        "warn" => 5,
        "error" => 9,
        "critical" => 10,
        _ => 0,
    }
}
