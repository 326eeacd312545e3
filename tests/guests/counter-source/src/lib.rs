//! Counts from 0: `{"count": N, "size": BYTES, "announce": true}`. Without `count` for ever; `size` pads with zeros on
//! the left; `announce` prints each `notify-backpressure`.

use serde::Deserialize;
use torvyn::{Error, Output, Signal, Source};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    count: Option<u64>,
    size: usize,
    announce: bool,
}

struct CounterSource {
    config: Config,
    next: u64,
}

#[torvyn::component]
impl Source for CounterSource {
    fn init(config: Config) -> Result<Self, Error> {
        Ok(CounterSource { config, next: 0 })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        if self.config.count == Some(self.next) {
            return Ok(None);
        }
        let digits = self.next.to_string();
        let zeros = self.config.size.saturating_sub(digits.len());
        let text = "0".repeat(zeros) + &digits;
        self.next += 1;
        Output::text(&text).map(Some)
    }

    fn notify_backpressure(&mut self, signal: Signal) {
        if self.config.announce {
            match signal {
                Signal::Ready => println!("notified: ready"),
                Signal::Pause => println!("notified: pause"),
            }
        }
    }
}
