//! Produces numbered elements as fast as it is asked to: `{"count": N}` in the node's config, 1000 without it.
//!
//! Counts how often the runtime tells it to pause and to go on. There is nothing more to do here: while its stream is
//! full, a source is not asked. One that reads from outside (a socket, say) would stop reading.

use serde::Deserialize;
use torvyn::{Error, Output, Signal, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    count: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config { count: 1000 }
    }
}

struct FastSource {
    count: u64,
    produced: u64,
    pauses: u64,
    resumptions: u64,
}

#[torvyn::component]
impl Source for FastSource {
    fn init(config: Config) -> Result<Self, Error> {
        Ok(FastSource {
            count: config.count,
            produced: 0,
            pauses: 0,
            resumptions: 0,
        })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.produced == self.count {
            return Ok(None);
        }
        let output = Output::text(&format!("element-{}", self.produced))?;
        self.produced += 1;
        Ok(Some(output))
    }

    fn notify_backpressure(&mut self, signal: Signal) {
        match signal {
            Signal::Pause => self.pauses += 1,
            Signal::Ready => self.resumptions += 1,
        }
    }

    fn teardown(self) {
        // Not on standard output: how often depends on how busy the machine is.
        eprintln!(
            "[fast-source] Told to pause {} times, to go on {} times.",
            self.pauses, self.resumptions
        );
    }
}
