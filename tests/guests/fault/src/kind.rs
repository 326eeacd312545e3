use std::time::Duration;

use serde::Deserialize;
use torvyn::Error;

/// A way to fail.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    None,
    /// Panics, with a message on standard error.
    Trap,
    /// Traps, without a message.
    Abort,
    /// Ends the process, as a program may.
    Exit,
    Loop,
    /// Recurses until the stack overflows.
    Recurse,
    /// Waits in the host for an hour.
    Sleep,
    /// Waits in the host for a moment, and continues.
    Nap,
    /// Allocates memory for ever.
    Grow,
    InvalidInput,
    Unavailable,
    Internal,
    DeadlineExceeded,
    Fatal,
    /// [`Error::Internal`] with a text of 100 MiB.
    HugeError,
}

impl Kind {
    /// Fails in this way. `wait` waits in the host, for components that can.
    pub fn happen(self, why: String, wait: Option<fn(Duration)>) -> Result<(), Error> {
        match self {
            Kind::None => Ok(()),
            Kind::Trap => panic!("{why}"),
            Kind::Abort => std::process::abort(),
            Kind::Exit => std::process::exit(7),
            Kind::Loop => spin(),
            Kind::Recurse => {
                std::hint::black_box(recurse(0));
                Ok(())
            }
            Kind::Sleep => wait_for(wait, Duration::from_secs(3600)),
            Kind::Nap => wait_for(wait, Duration::from_millis(20)),
            Kind::Grow => grow(),
            Kind::InvalidInput => Err(Error::InvalidInput(why)),
            Kind::Unavailable => Err(Error::Unavailable(why)),
            Kind::Internal => Err(Error::Internal(why)),
            Kind::DeadlineExceeded => Err(Error::DeadlineExceeded),
            Kind::Fatal => Err(Error::Fatal(why)),
            Kind::HugeError => Err(Error::Internal("x".repeat(100 << 20))),
        }
    }
}

fn wait_for(wait: Option<fn(Duration)>, time: Duration) -> Result<(), Error> {
    let wait = wait.ok_or_else(|| Error::fatal("this component can't wait"))?;
    wait(time);
    Ok(())
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn recurse(depth: u64) -> u64 {
    match std::hint::black_box(depth) {
        u64::MAX => 0,
        depth => recurse(depth + 1) + depth,
    }
}

fn grow() -> ! {
    let mut taken = Vec::new();
    loop {
        taken.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&taken);
    }
}
