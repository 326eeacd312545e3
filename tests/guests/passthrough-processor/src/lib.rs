//! Copies its input to its output: `guest` through its own memory (the default), `host` inside the host.

use torvyn::{Element, Error, Output, OutputBuffer, Processor};

enum Passthrough {
    Guest,
    Host,
}

#[torvyn::component]
impl Processor for Passthrough {
    fn init(config: String) -> Result<Self, Error> {
        match config.as_str() {
            "" | "guest" => Ok(Passthrough::Guest),
            "host" => Ok(Passthrough::Host),
            other => Err(Error::InvalidInput(format!("`guest` or `host`, not `{other}`"))),
        }
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let payload = input.payload();
        let output = match self {
            Passthrough::Guest => Output::bytes(input.content_type(), payload.bytes())?,
            Passthrough::Host => OutputBuffer::copy_of(payload)?.finish(),
        };
        Ok(Some(output))
    }
}
