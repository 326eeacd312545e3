//! Prints each event.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct JsonSink;

#[torvyn::component]
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
