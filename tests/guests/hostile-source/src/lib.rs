//! Counts, and never returns buffers: `{"count": N, "leak": M, "size": BYTES}` leaks M buffers per element.

use serde::Deserialize;
use torvyn::{Error, Output, OutputBuffer, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostileSource {
    count: u64,
    leak: u64,
    #[serde(default)]
    size: u64,
    #[serde(skip)]
    next: u64,
}

#[torvyn::component]
impl Source for HostileSource {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.next == self.count {
            return Ok(None);
        }
        for _ in 0..self.leak {
            std::mem::forget(OutputBuffer::with_capacity(self.size)?);
        }
        self.next += 1;
        Output::text(&(self.next - 1).to_string()).map(Some)
    }
}
