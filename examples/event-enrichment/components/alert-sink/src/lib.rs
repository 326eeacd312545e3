//! Prints the events that are alerts, and how many were not.

mod alerts;

use alerts::Alerts;
use torvyn::{Element, Error, Signal, Sink};

#[derive(Default)]
struct AlertSink {
    alerts: Alerts,
}

#[torvyn::component]
impl Sink for AlertSink {
    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        let taken = self.alerts.take(element.payload().text()?, element.sequence());
        taken.map_err(Error::invalid_input)?;
        Ok(Signal::Ready)
    }

    fn complete(&mut self) -> Result<(), Error> {
        self.alerts.finish();
        Ok(())
    }
}
