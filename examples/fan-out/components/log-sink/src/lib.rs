//! Prints the log events.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct LogSink;

#[torvyn::component]
impl Sink for LogSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        println!("[log-sink] Received log: {}", element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[log-sink] Stream complete.");
        Ok(())
    }
}
