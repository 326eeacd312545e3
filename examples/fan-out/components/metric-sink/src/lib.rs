//! Prints the metric events.

use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct MetricSink;

#[torvyn::component]
impl Sink for MetricSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        println!("[metric-sink] Received metric: {}", element.payload().text()?);
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        println!("[metric-sink] Stream complete.");
        Ok(())
    }
}
