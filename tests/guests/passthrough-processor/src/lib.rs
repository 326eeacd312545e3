//! Copies its input to its output: `guest` through its own memory (the default), `host` inside the host.

use torvyn::{Element, Error, Lifecycle, Output, OutputBuffer, Processor};

enum Passthrough {
    Guest,
    Host,
}

impl Lifecycle for Passthrough {
    fn init(config: &str) -> Result<Self, Error> {
        match config {
            "" | "guest" => Ok(Passthrough::Guest),
            "host" => Ok(Passthrough::Host),
            other => Err(Error::InvalidInput(format!("`guest` or `host`, not `{other}`"))),
        }
    }
}

impl Processor for Passthrough {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let payload = input.payload();
        let output = match self {
            Passthrough::Guest => Output::bytes(input.content_type(), &payload.bytes())?,
            Passthrough::Host => OutputBuffer::copy_of(payload)?.finish(),
        };
        Ok(Some(output))
    }
}

torvyn::export!(Passthrough: processor);
