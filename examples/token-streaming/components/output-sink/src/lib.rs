//! Prints sentences, numbered from 0.

mod printed;

use printed::Printed;
use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct OutputSink {
    printed: Printed,
}

#[torvyn::component]
impl Sink for OutputSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        self.printed.print(&element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.printed.finish();
        Ok(())
    }
}
