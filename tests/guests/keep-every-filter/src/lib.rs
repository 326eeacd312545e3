//! Keeps every n-th element, the first one included: `{"every": N}`.

use serde::Deserialize;
use torvyn::{Element, Error, Filter, Lifecycle};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeepEvery {
    every: u64,
}

impl Lifecycle for KeepEvery {
    fn init(config: &str) -> Result<Self, Error> {
        serde_json::from_str(config).map_err(Error::invalid_input)
    }
}

impl Filter for KeepEvery {
    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.sequence().is_multiple_of(self.every))
    }
}

torvyn::export!(KeepEvery: filter);
