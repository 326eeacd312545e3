//! The clock of chains whose stages run at the same time: what the source and the last stage tell each other beside the
//! messages.
//!
//! Where throughput is measured, the source waits once, until all messages of the warm-up have arrived. Where latencies
//! are, it waits before each message until the one before has arrived.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use comparison_work::{Checksum, message};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Failed;
use crate::load::{Load, Measure, Window, nanos};

/// Whether the source waits before message `number`; never before the first one.
fn waits_before(load: &Load, number: u64) -> bool {
    let waits = match load.measure {
        Measure::Throughput => number == load.warm_up,
        Measure::Latency => true,
    };
    waits && number > 0
}

/// When the source went on last.
struct Departure {
    since: Instant,
    nanos: AtomicU64,
}

/// Both ends.
pub(crate) fn pace(load: Load) -> (Emitter, Meter) {
    let (go, wait) = unbounded_channel();
    let departure = Arc::new(Departure {
        since: Instant::now(),
        nanos: AtomicU64::new(0),
    });
    let emitter = Emitter {
        load,
        next: 0,
        wait,
        may_go: false,
        departure: Arc::clone(&departure),
    };
    let meter = Meter {
        load,
        checksum: Checksum::default(),
        go,
        departure,
        window: Window::new(),
    };
    (emitter, meter)
}

/// The source.
pub(crate) struct Emitter {
    load: Load,
    next: u64,
    wait: UnboundedReceiver<()>,
    may_go: bool,
    departure: Arc<Departure>,
}

impl Emitter {
    /// The next message with its number, on a thread that may wait; `None` after the last, or when the last stage is gone.
    pub(crate) fn next(&mut self) -> Option<(u64, Vec<u8>)> {
        if waits_before(&self.load, self.next) {
            self.wait.blocking_recv()?;
        }
        self.emit()
    }

    /// The same for a task.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(u64, Vec<u8>)>> {
        if waits_before(&self.load, self.next) && !self.may_go {
            match self.wait.poll_recv(cx) {
                Poll::Ready(Some(())) => self.may_go = true,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
        self.may_go = false;
        Poll::Ready(self.emit())
    }

    fn emit(&mut self) -> Option<(u64, Vec<u8>)> {
        let number = self.next;
        if number == self.load.total() {
            return None;
        }
        if waits_before(&self.load, number) || number == 0 {
            let departed = nanos(self.departure.since.elapsed());
            self.departure.nanos.store(departed, Ordering::Release);
        }
        self.next += 1;
        Some((number, message(number, self.load.shape.payload)))
    }
}

/// The sink.
pub(crate) struct Meter {
    load: Load,
    checksum: Checksum,
    go: UnboundedSender<()>,
    departure: Arc<Departure>,
    window: Window,
}

impl Meter {
    /// Takes a message in.
    pub(crate) fn take(&mut self, message: &[u8]) {
        self.checksum.fold(message);
        let taken = self.checksum.messages;
        match self.load.measure {
            Measure::Throughput if taken == self.load.total() => {
                self.window.elapsed = self.since_departure();
                self.window.timed = self.load.messages;
            }
            Measure::Latency if taken > self.load.warm_up => {
                let latency = self.since_departure();
                self.window.record(latency);
            }
            Measure::Throughput | Measure::Latency => {}
        }
        if waits_before(&self.load, taken) {
            // A source that is gone has ended the chain; what is missing is found at the end.
            let _ = self.go.send(());
        }
    }

    fn since_departure(&self) -> Duration {
        let departed = Duration::from_nanos(self.departure.nanos.load(Ordering::Acquire));
        self.departure.since.elapsed().saturating_sub(departed)
    }

    /// Messages taken in.
    pub(crate) fn messages(&self) -> u64 {
        self.checksum.messages
    }

    /// What it found.
    pub(crate) fn finish(self) -> Result<Window, Failed> {
        self.load.check(self.checksum)?;
        Ok(self.window)
    }
}
