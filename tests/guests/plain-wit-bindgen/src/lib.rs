//! Upper-cases text; made with plain wit-bindgen from the published contracts, without any crate of ours.

use std::cell::Cell;

wit_bindgen::generate!({
    world: "managed-transform",
    path: "../../../wit/torvyn-streaming",
});

use exports::torvyn::streaming::{lifecycle, processor};
use torvyn::streaming::buffer_allocator;
use torvyn::streaming::types::{ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement};

thread_local! {
    static PROCESSED: Cell<u64> = const { Cell::new(0) };
}

struct Uppercase;

impl lifecycle::Guest for Uppercase {
    fn init(_config: String) -> Result<(), ProcessError> {
        PROCESSED.set(0);
        Ok(())
    }

    fn teardown() {
        println!("processed {}", PROCESSED.get());
    }
}

impl processor::Guest for Uppercase {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let text = String::from_utf8(input.payload.read_all())
            .map_err(|error| ProcessError::InvalidInput(error.to_string()))?
            .to_uppercase();
        let internal = |error| ProcessError::Internal(format!("{error:?}"));
        let buffer = buffer_allocator::allocate(text.len() as u64).map_err(internal)?;
        buffer.append(text.as_bytes()).map_err(internal)?;
        buffer.set_content_type("text/plain");
        PROCESSED.set(PROCESSED.get() + 1);
        let meta = ElementMeta {
            sequence: input.meta.sequence,
            timestamp_ns: 0,
            content_type: String::new(),
        };
        Ok(ProcessResult::Emit(OutputElement {
            meta,
            payload: buffer.freeze(),
        }))
    }
}

export!(Uppercase);
