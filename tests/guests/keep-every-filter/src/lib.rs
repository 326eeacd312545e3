//! Keeps every n-th element, the first one included: `{"every": N}`.

use serde::Deserialize;
use torvyn::{Element, Error, Filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeepEvery {
    every: u64,
}

#[torvyn::component]
impl Filter for KeepEvery {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        Ok(element.sequence().is_multiple_of(self.every))
    }
}
