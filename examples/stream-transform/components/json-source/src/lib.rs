//! Produces three user events as JSON.

use torvyn::{Error, Output, Source};

const EVENTS: [&str; 3] = [
    r#"{"user":"alice","action":"login"}"#,
    r#"{"user":"bob","action":"purchase"}"#,
    r#"{"user":"carol","action":"logout"}"#,
];

struct JsonSource {
    events: std::slice::Iter<'static, &'static str>,
}

#[torvyn::component]
impl Source for JsonSource {
    fn init(_: ()) -> Result<Self, Error> {
        Ok(JsonSource { events: EVENTS.iter() })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.events.next().map(|event| Output::json(event)).transpose()
    }
}
