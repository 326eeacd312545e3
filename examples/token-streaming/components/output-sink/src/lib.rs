//! Prints sentences, numbered from 0.

use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct OutputSink {
    received: u64,
}

impl Lifecycle for OutputSink {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(OutputSink { received: 0 })
    }
}

impl Sink for OutputSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        println!(
            "[output-sink] sentence {}: {}",
            self.received,
            element.payload().text()?
        );
        self.received += 1;
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[output-sink] Stream complete.");
        Ok(())
    }
}

torvyn::export!(OutputSink: sink);
