//! Upper-cases text, with buffers from `torvyn:resources/buffer-ops` as the tutorials spell it. No lifecycle.

wit_bindgen::generate!({
    inline: "
        package alias:component;

        world alias {
            import torvyn:streaming/types@0.1.0;
            import torvyn:resources/buffer-ops@0.1.0;
            export torvyn:streaming/processor@0.1.0;
        }
    ",
    path: ["../../../wit/torvyn-streaming", "../../../wit/torvyn-resources"],
    generate_all,
});

use exports::torvyn::streaming::processor::Guest;
use torvyn::resources::buffer_ops;
use torvyn::streaming::types::{ElementMeta, OutputElement, ProcessError, ProcessResult, StreamElement};

struct Uppercase;

impl Guest for Uppercase {
    fn process(input: StreamElement) -> Result<ProcessResult, ProcessError> {
        let internal = |error| ProcessError::Internal(format!("{error:?}"));
        let upper = input.payload.read_all().to_ascii_uppercase();
        let buffer = buffer_ops::clone_into_mutable(input.payload).map_err(internal)?;
        buffer.write(0, &upper).map_err(internal)?;
        let meta = ElementMeta {
            content_type: "text/plain".to_owned(),
            ..input.meta
        };
        Ok(ProcessResult::Emit(OutputElement {
            meta,
            payload: buffer.freeze(),
        }))
    }
}

export!(Uppercase);
