//! Passes each element on as it is. `process` is the place to change that.

wit_bindgen::generate!({
    world: "{{world}}",
    path: "wit",
    generate_all,
});

use exports::torvyn::streaming::processor::Guest;
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{
    BufferError, ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement,
};

struct Transform;

impl Guest for Transform {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        // The payload lies in host memory: this is where its bytes are copied in.
        let payload = input.payload.read_all();
        let content_type = input.payload.content_type();

        let output = output(&payload, &content_type).map_err(|error| ProcessError::Internal(error.to_string()))?;
        Ok(ProcessResult::Emit(output))
    }
}

/// A new element with a copy of `payload`.
fn output(payload: &[u8], content_type: &str) -> Result<OutputElement, BufferError> {
    let buffer = buffer_allocator::allocate(payload.len() as u64)?;
    buffer.append(payload)?;
    buffer.set_content_type(content_type);
    Ok(OutputElement {
        // The runtime numbers and dates elements; an empty content type stands for the buffer's own.
        meta: ElementMeta { sequence: 0, timestamp_ns: 0, content_type: String::new() },
        payload: buffer.freeze(),
    })
}

export!(Transform);
