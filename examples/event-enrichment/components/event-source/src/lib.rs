//! Produces the log events of a small system, as JSON.

use torvyn::{Error, Output, Source};

const EVENTS: [&str; 5] = [
    r#"{"ip":"192.0.2.10","level":"info","message":"user login successful"}"#,
    r#"{"ip":"198.51.100.42","level":"warn","message":"high memory usage detected"}"#,
    r#"{"ip":"203.0.113.5","level":"error","message":"disk full on /data"}"#,
    r#"{"ip":"192.0.2.10","level":"info","message":"config reload completed"}"#,
    r#"{"ip":"198.51.100.1","level":"critical","message":"auth service down"}"#,
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
