//! Produces a number of greetings: `{"count": N}` in the node's config, 5 without it.

use torvyn::{Error, Lifecycle, Output, Source};

const DEFAULT_COUNT: u64 = 5;

struct HelloSource {
    count: u64,
    produced: u64,
}

impl Lifecycle for HelloSource {
    fn init(config: &str) -> Result<Self, Error> {
        Ok(HelloSource {
            count: count(config)?,
            produced: 0,
        })
    }
}

impl Source for HelloSource {
    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.produced == self.count {
            return Ok(None);
        }
        self.produced += 1;
        Ok(Some(Output::text(&format!(
            "Hello, World! (message {})",
            self.produced
        ))?))
    }
}

fn count(config: &str) -> Result<u64, Error> {
    if config.is_empty() {
        return Ok(DEFAULT_COUNT);
    }
    let config: serde_json::Value = serde_json::from_str(config).map_err(Error::invalid_input)?;
    match config.get("count") {
        Some(count) => count
            .as_u64()
            .ok_or_else(|| Error::invalid_input("`count` must be a whole number")),
        None => Ok(DEFAULT_COUNT),
    }
}

torvyn::export!(HelloSource: source);
