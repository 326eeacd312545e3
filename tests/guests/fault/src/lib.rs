//! Failing on demand: `{"fault": "trap", "in": "process", "element": 3}`.

use std::time::Duration;

use serde::Deserialize;
use torvyn::Error;

/// What goes wrong, and where.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    fault: Kind,
    #[serde(rename = "in")]
    call: String,
    /// Counted from 0; `init`, `complete` and `teardown` are always number 0.
    #[serde(default)]
    element: u64,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    None,
    Trap,
    Loop,
    /// Waits in the host for an hour.
    Sleep,
    /// Waits in the host for a moment, and goes on.
    Nap,
    /// Takes memory for ever.
    Grow,
    InvalidInput,
    Unavailable,
    Internal,
    DeadlineExceeded,
    Fatal,
}

impl Fault {
    /// Reads the config, and fails if that is to happen in `init`.
    pub fn init(config: &str) -> Result<Self, Error> {
        let fault: Fault = serde_json::from_str(config).map_err(Error::invalid_input)?;
        fault.strike("init", 0)?;
        Ok(fault)
    }

    /// Fails if that is to happen in the `element`-th call of `call`.
    pub fn strike(&self, call: &str, element: u64) -> Result<(), Error> {
        if self.call != call || self.element != element {
            return Ok(());
        }
        let why = format!("asked to fail in `{call}` at {element}");
        match self.fault {
            Kind::None => Ok(()),
            Kind::Trap => panic!("{why}"),
            Kind::Loop => spin(),
            Kind::Sleep => {
                std::thread::sleep(Duration::from_secs(3600));
                Ok(())
            }
            Kind::Nap => {
                std::thread::sleep(Duration::from_millis(20));
                Ok(())
            }
            Kind::Grow => grow(),
            Kind::InvalidInput => Err(Error::InvalidInput(why)),
            Kind::Unavailable => Err(Error::Unavailable(why)),
            Kind::Internal => Err(Error::Internal(why)),
            Kind::DeadlineExceeded => Err(Error::DeadlineExceeded),
            Kind::Fatal => Err(Error::Fatal(why)),
        }
    }
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn grow() -> ! {
    let mut taken = Vec::new();
    loop {
        taken.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&taken);
    }
}
