//! Processor: each message in capitals, with its number in front.

wit_bindgen::generate!({
    world: "transform",
    path: "wit",
    generate_all,
});

use exports::torvyn::streaming::processor::Guest;
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

struct Uppercase;

impl Guest for Uppercase {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        // The payload lies in host memory: this is where its bytes are copied in.
        let payload = input.payload.read_all();
        let line = String::from_utf8_lossy(&payload);

        let line = format!("[{:04}] {}", input.meta.sequence, line.to_uppercase());
        let output = text(&line).map_err(|error| ProcessError::Internal(error.to_string()))?;
        Ok(ProcessResult::Emit(output))
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

export!(Uppercase);
