//! Copies its input, except for elements that fail: `{"elements": [2, 5], "every": 10, "how": "internal", "times": 2}`.
//!
//! Elements fail whose sequence number is in `elements`, or a multiple of `every`. Each does so the first `times` times
//! that this instance is called with it; without `times`, always.

use std::collections::BTreeMap;

use fault::Kind;
use serde::Deserialize;
use torvyn::{Element, Error, Output, OutputBuffer, Processor};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailingProcessor {
    #[serde(default)]
    elements: Vec<u64>,
    every: Option<u64>,
    how: Kind,
    times: Option<u64>,
    #[serde(skip)]
    failures: BTreeMap<u64, u64>,
}

#[torvyn::component]
impl Processor for FailingProcessor {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let sequence = input.sequence();
        if self.fails(sequence) {
            self.how.happen(format!("element {sequence} is to fail"), None)?;
        }
        Ok(Some(OutputBuffer::copy_of(input.payload())?.finish()))
    }
}

impl FailingProcessor {
    fn fails(&mut self, sequence: u64) -> bool {
        let of_every = self.every.is_some_and(|every| sequence.is_multiple_of(every));
        if !of_every && !self.elements.contains(&sequence) {
            return false;
        }
        let Some(times) = self.times else { return true };
        let failures = self.failures.entry(sequence).or_default();
        *failures += 1;
        *failures <= times
    }
}
