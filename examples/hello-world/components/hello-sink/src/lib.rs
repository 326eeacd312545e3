//! Prints what it receives, and how much that was.

use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct HelloSink {
    received: u64,
}

impl Lifecycle for HelloSink {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(HelloSink { received: 0 })
    }

    fn teardown(self) {
        println!("[hello-sink] Received {} messages total.", self.received);
    }
}

impl Sink for HelloSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        println!("[hello-sink] seq={}: {}", element.sequence(), element.payload().text()?);
        self.received += 1;
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[hello-sink] Stream complete.");
        Ok(())
    }
}

torvyn::export!(HelloSink: sink);
