//! Produces a number of greetings: `{"count": N}` in the node's config, 5 without it.

use serde::Deserialize;
use torvyn::{Error, Output, Source};

#[derive(Deserialize)]
#[serde(default)]
struct Config {
    count: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config { count: 5 }
    }
}

struct HelloSource {
    count: u64,
    produced: u64,
}

#[torvyn::component]
impl Source for HelloSource {
    fn init(config: Config) -> Result<Self, Error> {
        Ok(HelloSource {
            count: config.count,
            produced: 0,
        })
    }

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
