//! Produces metrics and log lines in turn, as JSON.

use torvyn::{Error, Output, Source};

const EVENTS: [&str; 4] = [
    r#"{"type":"metric","name":"cpu_usage","value":72.5}"#,
    r#"{"type":"log","level":"info","message":"user login successful"}"#,
    r#"{"type":"metric","name":"mem_used","value":4096}"#,
    r#"{"type":"log","level":"warn","message":"disk usage above 80%"}"#,
];

struct EventSource {
    events: std::slice::Iter<'static, &'static str>,
}

#[torvyn::component]
impl Source for EventSource {
    fn init(_: ()) -> Result<Self, Error> {
        Ok(EventSource { events: EVENTS.iter() })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.events.next().map(|event| Output::json(event)).transpose()
    }
}
