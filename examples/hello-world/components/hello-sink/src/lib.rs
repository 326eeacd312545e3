//! Prints what it receives, and how much that was.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct HelloSink {
    received: u64,
}

#[torvyn::component]
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

    fn teardown(self) {
        println!("[hello-sink] Received {} messages total.", self.received);
    }
}
