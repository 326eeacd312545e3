//! Prints the metric events.

use torvyn::{Element, Error, Lifecycle, Signal, Sink};

struct MetricSink;

impl Lifecycle for MetricSink {
    fn init(_config: &str) -> Result<Self, Error> {
        Ok(MetricSink)
    }
}

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

torvyn::export!(MetricSink: sink);
