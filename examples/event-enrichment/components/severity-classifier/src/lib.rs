//! Adds `severity`, a number that follows from the event's `level`, and `alert`: whether that is at least the threshold
//! of the node's config, `{"alert_threshold": 7}`.

use serde::Deserialize;
use serde_json::{Map, Value};
use torvyn::{Element, Error, Output, Processor};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeverityClassifier {
    alert_threshold: u32,
}

#[torvyn::component]
impl Processor for SeverityClassifier {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let mut event: Map<String, Value> =
            serde_json::from_str(input.payload().text()?).map_err(Error::invalid_input)?;
        let severity = severity(event.get("level").and_then(Value::as_str).unwrap_or_default());
        event.insert("severity".to_owned(), severity.into());
        event.insert("alert".to_owned(), (severity >= self.alert_threshold).into());
        Output::serialize(&event).map(Some)
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
