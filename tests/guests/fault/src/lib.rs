//! Failing on demand: `{"fault": "trap", "in": "process", "element": 3, "times": 1}`.

mod kind;

use std::time::Duration;

use serde::Deserialize;
use torvyn::Error;

pub use kind::Kind;

/// A failure, and the call in which it happens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    fault: Kind,
    #[serde(rename = "in")]
    call: String,
    /// Number of the instance's first failing call of that name, counted from 0.
    #[serde(default)]
    element: u64,
    /// Number of consecutive calls that fail; 0: all that follow.
    #[serde(default = "once")]
    times: u64,
    #[serde(skip)]
    calls: u64,
    #[serde(skip)]
    wait: Option<fn(Duration)>,
}

fn once() -> u64 {
    1
}

impl Fault {
    /// Parses the config, and fails if the failure is to happen in `init`.
    pub fn init(config: &str) -> Result<Self, Error> {
        Self::new(config, None)
    }

    /// The same for a component that can wait in the host, and imports what that needs.
    pub fn init_with_waits(config: &str) -> Result<Self, Error> {
        Self::new(config, Some(std::thread::sleep))
    }

    fn new(config: &str, wait: Option<fn(Duration)>) -> Result<Self, Error> {
        let mut fault: Fault = serde_json::from_str(config).map_err(Error::invalid_input)?;
        fault.wait = wait;
        fault.strike("init")?;
        Ok(fault)
    }

    /// Fails if the failure is to happen in this call of `call`.
    pub fn strike(&mut self, call: &str) -> Result<(), Error> {
        if self.call != call {
            return Ok(());
        }
        let number = self.calls;
        self.calls += 1;
        let last = match self.times {
            0 => u64::MAX,
            times => self.element.saturating_add(times - 1),
        };
        if (self.element..=last).contains(&number) {
            let why = format!("asked to fail in `{call}` at {number}");
            return self.fault.happen(why, self.wait);
        }
        Ok(())
    }
}
