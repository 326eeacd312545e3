//! Counts from 0, and waits in the host before each element: `{"count": N, "ms": M}`. Without `count` for ever.

use std::time::Duration;

use serde::Deserialize;
use torvyn::{Error, Output, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitingSource {
    count: Option<u64>,
    ms: u64,
    #[serde(skip)]
    next: u64,
}

#[torvyn::component]
impl Source for WaitingSource {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.count == Some(self.next) {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(self.ms));
        self.next += 1;
        Output::text(&(self.next - 1).to_string()).map(Some)
    }
}
