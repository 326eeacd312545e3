//! Source: a hundred log messages with timestamps.

use torvyn::{Error, Output, Source};

const COUNT: usize = 100;

const MESSAGES: [&str; 10] = [
    "connection accepted from 10.0.1.42",
    "request received: GET /api/status",
    "database query completed in 12ms",
    "response sent: 200 OK",
    "connection accepted from 10.0.1.87",
    "request received: POST /api/events",
    "authentication succeeded for user admin",
    "event stored: id=evt_38f71a",
    "response sent: 201 Created",
    "connection closed: 10.0.1.42",
];

#[derive(Default)]
struct LogSource {
    emitted: usize,
}

#[torvyn::component]
impl Source for LogSource {
    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.emitted == COUNT {
            return Ok(None);
        }
        let message = MESSAGES[self.emitted % MESSAGES.len()];
        self.emitted += 1;
        Output::text(&format!("[ts={}] {message}", self.emitted * 1_000_000)).map(Some)
    }
}
