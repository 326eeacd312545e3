//! Takes its time: `{"pause": true, "every": 2, "work_ms": 5, "print": true}`.
//!
//! `work_ms`: time for which each `push` computes. `pause`: it then asks for a pause; with `every`, only after each
//! `every`-th element. `print`: one line per element, and one for `complete`.

use std::time::{Duration, Instant};

use serde::Deserialize;
use torvyn::{Element, Error, Signal, Sink};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SlowSink {
    pause: bool,
    every: Option<u64>,
    work_ms: u64,
    print: bool,
    #[serde(skip)]
    pushed: u64,
}

#[torvyn::component]
impl Sink for SlowSink {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn push(&mut self, element: &Element<'_>) -> Result<Signal, Error> {
        work(Duration::from_millis(self.work_ms));
        self.pushed += 1;
        if self.print {
            println!("push {} {}", element.sequence(), element.payload().text()?);
        }
        let due = self.pause && self.pushed.is_multiple_of(self.every.unwrap_or(1));
        Ok(if due { Signal::Pause } else { Signal::Ready })
    }

    fn complete(&mut self) -> Result<(), Error> {
        if self.print {
            println!("complete after {}", self.pushed);
        }
        Ok(())
    }
}

/// Computes without waiting in the host.
fn work(time: Duration) {
    if time.is_zero() {
        return;
    }
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}
