//! Adds `severity`, a number that follows from the event's `level`, and `alert`: whether that is at least the threshold
//! of the node's config, `{"alert_threshold": 7}`.

mod severity;

use severity::SeverityClassifier;
use torvyn::{Element, Error, Output, Processor};

#[torvyn::component]
impl Processor for SeverityClassifier {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let event = self.classify(input.payload().text()?).map_err(Error::invalid_input)?;
        Output::serialize(&event).map(Some)
    }
}
