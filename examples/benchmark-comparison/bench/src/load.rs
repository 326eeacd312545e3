//! What a path is asked to do in one window, and what it found.

use std::time::{Duration, Instant};

use comparison_work::{Checksum, message, stamp};
use hdrhistogram::Histogram;

use crate::Failed;

/// A chain of stages and the messages that go through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Shape {
    /// Bytes of a message as the source makes it.
    pub(crate) payload: usize,
    /// Components of the chain: a source, processors, a sink. A chain of one is the source alone; its messages end in the
    /// host.
    pub(crate) stages: usize,
}

impl Shape {
    /// Stages between source and sink.
    pub(crate) fn processors(self) -> usize {
        self.stages.saturating_sub(2)
    }

    /// Times a message is handed on; by a source alone once too, to the host.
    pub(crate) fn edges(self) -> usize {
        self.stages.saturating_sub(1).max(1)
    }

    /// Whether the chain ends with a sink of its own.
    pub(crate) fn has_sink(self) -> bool {
        self.stages > 1
    }

    /// What the sink finds after so many messages.
    pub(crate) fn checksum(self, messages: u64) -> Checksum {
        let mut checksum = Checksum::default();
        for number in 0..messages {
            let mut message = message(number, self.payload);
            for _ in 0..self.processors() {
                stamp(&mut message, number);
            }
            checksum.fold(&message);
        }
        checksum
    }
}

/// What is measured. The two are never measured together: reading the clock for each message takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The time for all messages.
    Throughput,
    /// The time for each message, from before the source makes it until the sink has taken it, with no other on its way.
    Latency,
}

/// One window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) shape: Shape,
    pub(crate) measure: Measure,
    /// Messages before those that are measured.
    pub(crate) warm_up: u64,
    /// Messages that are measured.
    pub(crate) messages: u64,
    /// What the sink finds in the end.
    pub(crate) expected: Checksum,
}

impl Load {
    pub(crate) fn total(&self) -> u64 {
        self.warm_up + self.messages
    }

    /// Refuses a wrong result.
    pub(crate) fn check(&self, found: Checksum) -> Result<(), Failed> {
        if found == self.expected {
            return Ok(());
        }
        Err(format!("the sink found {found}, expected {}", self.expected).into())
    }
}

/// What a window found.
#[derive(Debug)]
pub(crate) struct Window {
    /// Time for the messages that were timed together; zero where latencies were measured.
    pub(crate) elapsed: Duration,
    /// How many these were.
    pub(crate) timed: u64,
    /// In nanoseconds; empty where throughput was measured.
    pub(crate) latencies: Histogram<u64>,
    /// Copies of payloads between a stage and the host, over all messages; `None` where that is not how they travel.
    pub(crate) copies: Option<u64>,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self {
            elapsed: Duration::ZERO,
            timed: 0,
            latencies: Histogram::new(3).expect("invariant: three digits are allowed"),
            copies: None,
        }
    }

    /// Time for everything that was measured.
    pub(crate) fn took(&self) -> Duration {
        let latencies = Duration::from_nanos((self.latencies.mean() * self.latencies.len() as f64) as u64);
        self.elapsed + latencies
    }

    pub(crate) fn record(&mut self, latency: Duration) {
        let recorded = self.latencies.record(nanos(latency));
        recorded.expect("invariant: it grows as needed");
    }
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A chain that takes one message from end to end before the next, on the caller's thread.
pub(crate) trait Chain {
    /// One message.
    fn message(&mut self) -> Result<(), Failed>;
}

/// Sends the messages of a window through a chain.
pub(crate) fn drive(load: &Load, chain: &mut impl Chain) -> Result<Window, Failed> {
    let mut window = Window::new();
    for _ in 0..load.warm_up {
        chain.message()?;
    }
    match load.measure {
        Measure::Throughput => {
            let started = Instant::now();
            for _ in 0..load.messages {
                chain.message()?;
            }
            window.elapsed = started.elapsed();
            window.timed = load.messages;
        }
        Measure::Latency => {
            for _ in 0..load.messages {
                let started = Instant::now();
                chain.message()?;
                window.record(started.elapsed());
            }
        }
    }
    Ok(window)
}
