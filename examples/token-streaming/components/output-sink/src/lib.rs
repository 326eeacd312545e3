//! Prints sentences, numbered from 0.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct OutputSink {
    received: u64,
}

#[torvyn::component]
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
