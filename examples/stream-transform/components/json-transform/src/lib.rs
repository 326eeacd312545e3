//! Renames `user` to `username` and adds `processed_at`.
//!
//! The input is lent for the duration of the call; the output is a new buffer that the runtime takes over.

use serde_json::{Map, Value};
use torvyn::{Element, Error, Output, Processor};

/// Fixed, so that the example's output can be compared.
const PROCESSED_AT: &str = "2025-01-15T10:30:00Z";

#[derive(Default)]
struct JsonTransform;

#[torvyn::component]
impl Processor for JsonTransform {
    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let event: Map<String, Value> = serde_json::from_str(input.payload().text()?).map_err(Error::invalid_input)?;
        Output::serialize(&transform(event)).map(Some)
    }
}

fn transform(event: Map<String, Value>) -> Map<String, Value> {
    let renamed = event.into_iter().map(|(key, value)| match key.as_str() {
        "user" => ("username".to_owned(), value),
        _ => (key, value),
    });
    let added = ("processed_at".to_owned(), Value::from(PROCESSED_AT));
    renamed.chain([added]).collect()
}
