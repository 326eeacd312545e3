//! Asks for a pause after each element, and prints every 100th.

use torvyn::{Element, Error, Signal, Sink};

const LOGGED: u64 = 100;

#[derive(Default)]
struct SlowSink {
    received: u64,
}

#[torvyn::component]
impl Sink for SlowSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        if self.received.is_multiple_of(LOGGED) {
            let (sequence, text) = (element.sequence(), element.payload().text()?);
            println!("[slow-sink] seq={sequence}: {text} (every 100th logged)");
        }
        self.received += 1;
        Ok(Signal::Pause)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[slow-sink] Stream complete.");
        Ok(())
    }

    fn teardown(self) {
        println!("[slow-sink] Processed {} elements total.", self.received);
    }
}
