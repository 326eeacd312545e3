//! Marks each metric event with the branch that it went through.

use serde_json::{Map, Value};
use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct MetricProcessor;

#[torvyn::component]
impl Processor for MetricProcessor {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let mut event: Map<String, Value> =
            serde_json::from_str(input.payload().text()?).map_err(Error::invalid_input)?;
        event.insert("processed_by".to_owned(), "metrics-pipeline".into());
        Output::serialize(&event).map(Some)
    }
}
