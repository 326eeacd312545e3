//! Marks each log event with the branch that it went through.

use serde_json::{Map, Value};
use torvyn::{Element, Error, Output, Processor};

#[derive(Default)]
struct LogProcessor;

#[torvyn::component]
impl Processor for LogProcessor {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let mut event: Map<String, Value> =
            serde_json::from_str(input.payload().text()?).map_err(Error::invalid_input)?;
        event.insert("processed_by".to_owned(), "log-pipeline".into());
        Output::serialize(&event).map(Some)
    }
}
