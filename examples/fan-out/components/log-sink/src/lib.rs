//! Prints the log events.

use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct LogSink;

impl Lifecycle for LogSink {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(LogSink)
    }
}

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

torvyn::export!(LogSink: sink);
