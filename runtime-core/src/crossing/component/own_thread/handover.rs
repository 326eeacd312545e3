//! Messages between a flow and the thread of one of its sources: requests in one direction, reports in the other, each
//! with a wake-up for the flow. At most one pull is under way.

use std::time::Duration;

use crate::executor::Waker;
use crate::sync::mpsc::{Receiver, Sender, channel};

/// Answer of the thread to a request.
pub(super) enum Answer<D, P> {
    /// The answer to any request but a pull.
    Done(D),
    /// The answer to a pull.
    Pulled(P),
}

/// Report of the thread: an answer, and its state afterwards.
pub(super) struct Report<D, P, S> {
    pub(super) answer: Answer<D, P>,
    pub(super) state: S,
    /// Whether the thread ends with this report.
    pub(super) is_last: bool,
}

/// An error: the thread has ended, or did not answer in time.
pub(super) struct Unresponsive;

/// The flow's side.
pub(super) struct Caller<Q, D, P, S> {
    requests: Sender<Q>,
    reports: Receiver<Report<D, P, S>>,
    /// A pull was requested and its answer not yet taken.
    pulling: bool,
    pulled: Option<Result<P, Unresponsive>>,
    state: S,
    /// Longest time to wait for an answer.
    patience: Duration,
}

/// The thread's side.
pub(super) struct Callee<Q, D, P, S> {
    inbox: Receiver<Q>,
    outbox: Sender<Report<D, P, S>>,
    waker: Waker,
}

impl<Q, D, P, S: Default> Caller<Q, D, P, S> {
    /// Both sides. `waker` wakes the flow.
    pub(super) fn with_callee(waker: Waker, patience: Duration) -> (Self, Callee<Q, D, P, S>) {
        let (requests, inbox) = channel();
        let (outbox, reports) = channel();
        let caller = Self {
            requests,
            reports,
            pulling: false,
            pulled: None,
            state: S::default(),
            patience,
        };
        (caller, Callee { inbox, outbox, waker })
    }
}

impl<Q, D, P, S> Caller<Q, D, P, S> {
    /// Sends a request that has no answer.
    pub(super) fn send(&self, request: Q) -> Result<(), Unresponsive> {
        self.requests.send(request).map_err(|_| Unresponsive)
    }

    /// Sends a request other than a pull, and waits for the answer.
    pub(super) fn ask(&mut self, request: Q) -> Result<D, Unresponsive> {
        self.send(request)?;
        loop {
            let report = self.reports.recv_timeout(self.patience).map_err(|_| Unresponsive)?;
            if let Some(done) = self.take(report) {
                return Ok(done);
            }
        }
    }

    /// Requests a pull unless one is under way. Returns whether its answer has arrived; the flow is woken when it does.
    pub(super) fn has_pulled(&mut self, pull: Q) -> bool {
        if !self.pulling {
            self.pulling = true;
            if let Err(gone) = self.send(pull) {
                self.pulled = Some(Err(gone));
            }
        }
        while self.pulled.is_none() {
            match self.reports.try_recv() {
                Ok(report) => {
                    let _done = self.take(report);
                }
                Err(_nothing_yet) => return false,
            }
        }
        true
    }

    /// Whether a pull was requested and its answer not yet taken.
    pub(super) fn is_pulling(&self) -> bool {
        self.pulling
    }

    /// The answer to the pull, which must have arrived.
    pub(super) fn pulled(&mut self) -> Result<P, Unresponsive> {
        self.pulling = false;
        self.pulled.take().expect("invariant: the answer to the pull is here")
    }

    /// The state of the thread after its last report.
    pub(super) fn state(&self) -> &S {
        &self.state
    }

    /// Keeps a report. Returns its answer unless that is to a pull.
    fn take(&mut self, report: Report<D, P, S>) -> Option<D> {
        self.state = report.state;
        match report.answer {
            Answer::Done(done) => Some(done),
            Answer::Pulled(pulled) => {
                self.pulled = Some(Ok(pulled));
                None
            }
        }
    }
}

impl<Q, D, P, S> Callee<Q, D, P, S> {
    /// Reports the outcome of each request, until the last report or until the flow is gone.
    pub(super) fn serve(self, mut work: impl FnMut(Q) -> Option<Report<D, P, S>>) {
        while let Ok(request) = self.inbox.recv() {
            let Some(report) = work(request) else { continue };
            let is_last = report.is_last;
            if self.outbox.send(report).is_err() {
                return;
            }
            self.waker.wake();
            if is_last {
                return;
            }
        }
    }
}
