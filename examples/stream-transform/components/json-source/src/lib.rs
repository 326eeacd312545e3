//! Produces three user events as JSON.

use torvyn::{Error, Lifecycle, Output, Source};

const EVENTS: [&str; 3] = [
    r#"{"user":"alice","action":"login"}"#,
    r#"{"user":"bob","action":"purchase"}"#,
    r#"{"user":"carol","action":"logout"}"#,
];

struct JsonSource {
    events: std::slice::Iter<'static, &'static str>,
}

impl Lifecycle for JsonSource {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(JsonSource { events: EVENTS.iter() })
    }
}

impl Source for JsonSource {
    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.events.next().map(|event| Output::json(event)).transpose()
    }
}

torvyn::export!(JsonSource: source);
