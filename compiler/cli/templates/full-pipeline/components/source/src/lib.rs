//! Source: a hundred log messages with timestamps.

wit_bindgen::generate!({
    world: "source",
    path: "wit",
    generate_all,
});

use std::cell::Cell;

use exports::torvyn::streaming::source::Guest;
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BackpressureSignal, BufferError, ElementMeta, OutputElement, ProcessError,
};

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

thread_local! {
    static EMITTED: Cell<usize> = const { Cell::new(0) };
}

struct LogSource;

impl Guest for LogSource {
    fn pull() -> Result<Option<OutputElement>, ProcessError> {
        let index = EMITTED.get();
        if index == COUNT {
            return Ok(None);
        }
        EMITTED.set(index + 1);

        let message = format!("[ts={}] {}", (index + 1) * 1_000_000, MESSAGES[index % MESSAGES.len()]);
        text(&message).map(Some).map_err(|error| ProcessError::Internal(error.to_string()))
    }

    fn notify_backpressure(_signal: BackpressureSignal) {
        // Nothing to pause: this source makes an element only when it is pulled.
    }
}

/// A new element: allocate, write, freeze, and hand the ownership to the runtime.
fn text(payload: &str) -> Result<OutputElement, BufferError> {
    let buffer = buffer_allocator::allocate(payload.len() as u64)?;
    buffer.append(payload.as_bytes())?;
    buffer.set_content_type("text/plain");
    Ok(OutputElement {
        // The runtime numbers and dates elements; an empty content type stands for the buffer's own.
        meta: ElementMeta { sequence: 0, timestamp_ns: 0, content_type: String::new() },
        payload: buffer.freeze(),
    })
}

export!(LogSource);
