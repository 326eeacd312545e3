//! Prints each event.

use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct JsonSink;

impl Lifecycle for JsonSink {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(JsonSink)
    }
}

impl Sink for JsonSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        println!("[json-sink] seq={}: {}", element.sequence(), element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[json-sink] Stream complete.");
        Ok(())
    }
}

torvyn::export!(JsonSink: sink);
