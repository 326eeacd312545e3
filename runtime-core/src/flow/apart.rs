//! A component source on a thread of its own, because it may wait: its flow goes on meanwhile.
//!
//! It has buffers of its own, all from the system allocator; what it makes moves to the flow's without a copy. At most
//! one pull is on its way, so nothing is read ahead that the flow has no room for.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use super::Pressure;
use super::setup::Setup;
use crate::buffer::{BufferError, BufferPool};
use crate::context::{RunContext, RunOptions};
use crate::crossing::component::ComponentSource;
use crate::error::{Cause, ResourceMisuse};
use crate::host::CopyStats;
use crate::plan::{FlowPlan, NodePlan, PoolPlan, TierPlan};
use crate::stage::{Called, Demand, Payload, Pulled, Source, Stage, Supply};

/// How long the thread may take for more than its calls may.
const PATIENCE: Duration = Duration::from_secs(1);

enum Request {
    Init(String),
    Pull,
    Notify(Demand),
    Revive(String),
    Teardown,
}

/// An element between two pools.
struct Parcel {
    bytes: Vec<u8>,
    /// Content type of the buffer.
    own_type: String,
    /// Content type of the element.
    content_type: String,
}

enum Answer {
    Done(Called<()>),
    Pulled(Called<Option<Parcel>>),
}

/// What the thread tells with each answer.
struct Report {
    answer: Answer,
    copies: CopyStats,
    is_dead: bool,
}

/// The flow's end of the thread.
pub(crate) struct Apart {
    requests: Sender<Request>,
    reports: Receiver<Report>,
    /// A pull was asked for, and its answer not taken.
    pulling: bool,
    pulled: Option<Called<Option<Parcel>>>,
    copies: CopyStats,
    is_dead: bool,
    /// Longest time that any answer may take.
    patience: Duration,
}

impl Apart {
    /// Moves an instance to a new thread.
    ///
    /// # Errors
    /// When the system has no thread.
    pub(crate) fn start(
        setup: &Setup<'_>,
        flow: &'static FlowPlan,
        plan: &'static NodePlan,
        stage: ComponentSource,
    ) -> Called<Self> {
        let (requests, inbox) = channel();
        let (outbox, reports) = channel();
        let options = RunOptions {
            limit: None,
            timeout: None,
            clock: setup.clock,
            told: None,
        };
        let pool = BufferPool::new(&own_pool(plan), flow.nodes);
        let cx = RunContext::new(
            flow,
            options,
            Arc::clone(setup.control()),
            setup.waker.clone(),
            pool,
            Pressure::default(),
        );
        let worker = Worker {
            stage,
            cx,
            outbox,
            failed_notice: None,
        };
        thread::Builder::new()
            .name(format!("source-{}", plan.name))
            .spawn(move || worker.serve(&inbox))
            .map_err(|error| Cause::Instantiation(format!("there is no thread for it: {error}")))?;
        let limits = &plan.limits;
        let longest = limits.invocation_timeout_ms + limits.init_timeout_ms.max(limits.teardown_timeout_ms);
        Ok(Self {
            requests,
            reports,
            pulling: false,
            pulled: None,
            copies: CopyStats::default(),
            is_dead: false,
            patience: Duration::from_millis(longest) + PATIENCE,
        })
    }

    fn ask(&mut self, request: Request) -> Called<()> {
        self.requests.send(request).map_err(|_| gone())?;
        loop {
            let report = self.reports.recv_timeout(self.patience).map_err(|_| gone())?;
            if let Some(done) = self.take(report) {
                return done;
            }
        }
    }

    /// Keeps what the thread reports. Returns the answer to anything but a pull.
    fn take(&mut self, report: Report) -> Option<Called<()>> {
        self.copies = report.copies;
        self.is_dead = report.is_dead;
        match report.answer {
            Answer::Done(done) => Some(done),
            Answer::Pulled(pulled) => {
                self.pulled = Some(pulled);
                None
            }
        }
    }
}

fn gone() -> Cause {
    Cause::Endpoint("the thread of the source does not answer".to_owned())
}

/// All from the system allocator: only such buffers can leave a pool without a copy.
fn own_pool(plan: &NodePlan) -> PoolPlan {
    let none = TierPlan {
        slot_bytes: 0,
        slots: 0,
    };
    PoolPlan {
        tiers: [none; 4],
        fallback_bytes: plan.limits.buffer_budget_bytes,
        max_buffer_bytes: plan.limits.max_buffer_bytes,
    }
}

impl Stage for Apart {
    fn init(&mut self, _: &mut RunContext, config: &str) -> Called<()> {
        self.ask(Request::Init(config.to_owned()))
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        match cx.control.is_cancelled() {
            true => Ok(()),
            false => self.ask(Request::Teardown),
        }
    }

    fn copies(&self) -> CopyStats {
        self.copies
    }

    fn is_dead(&self) -> bool {
        self.is_dead
    }

    fn revive(&mut self, _: &mut RunContext, config: &str) -> Called<()> {
        self.ask(Request::Revive(config.to_owned()))
    }
}

impl Source for Apart {
    fn supply(&mut self, _: &mut RunContext) -> Supply {
        if !self.pulling {
            self.pulling = true;
            if self.requests.send(Request::Pull).is_err() {
                self.pulled = Some(Err(gone()));
            }
        }
        while self.pulled.is_none() {
            match self.reports.try_recv() {
                Ok(report) => {
                    let _done = self.take(report);
                }
                Err(_nothing_yet) => return Supply::Waiting,
            }
        }
        Supply::Ready
    }

    fn is_pulling(&self) -> bool {
        self.pulling
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        self.pulling = false;
        let pulled = self.pulled.take().expect("invariant: a pull follows `Supply::Ready`");
        match pulled? {
            Some(parcel) => unpack(cx, parcel).map(Pulled::Element),
            None => Ok(Pulled::Exhausted),
        }
    }

    fn notify(&mut self, _: &mut RunContext, signal: Demand) -> Called<()> {
        // Told between two pulls; a failure shows in the next one.
        self.requests.send(Request::Notify(signal)).map_err(|_| gone())
    }
}

fn unpack(cx: &mut RunContext, parcel: Parcel) -> Called<Payload> {
    let pool = cx.pool();
    let adopted = pool.adopt(parcel.bytes, &parcel.own_type).and_then(|buffer| {
        let content_type = pool.content_types.intern(&parcel.content_type)?;
        Ok(Payload { buffer, content_type })
    });
    adopted.map_err(misuse)
}

fn misuse(error: BufferError) -> Cause {
    let found = ResourceMisuse {
        function: "pull",
        error,
    };
    Cause::Misuse(found.code(), found.to_string())
}

/// The thread's end.
struct Worker {
    stage: ComponentSource,
    cx: RunContext,
    outbox: Sender<Report>,
    /// A `notify-backpressure` that failed: what the next pull returns.
    failed_notice: Option<Cause>,
}

impl Worker {
    fn serve(mut self, inbox: &Receiver<Request>) {
        for request in inbox {
            let is_last = matches!(request, Request::Teardown);
            let Some(answer) = self.answer(request) else { continue };
            let report = Report {
                answer,
                copies: self.stage.copies(),
                is_dead: self.stage.is_dead(),
            };
            if self.outbox.send(report).is_err() {
                return;
            }
            self.cx.waker.wake();
            if is_last {
                return;
            }
        }
    }

    fn answer(&mut self, request: Request) -> Option<Answer> {
        let cx = &mut self.cx;
        cx.look_around();
        Some(match request {
            Request::Init(config) => Answer::Done(self.stage.init(cx, &config)),
            Request::Pull => Answer::Pulled(self.pull()),
            Request::Notify(signal) => {
                self.failed_notice = self.failed_notice.take().or(self.stage.notify(cx, signal).err());
                return None;
            }
            Request::Revive(config) => Answer::Done(self.stage.revive(cx, &config)),
            Request::Teardown => Answer::Done(self.stage.teardown(cx)),
        })
    }

    fn pull(&mut self) -> Called<Option<Parcel>> {
        if let Some(cause) = self.failed_notice.take() {
            return Err(cause);
        }
        match self.stage.pull(&mut self.cx)? {
            Pulled::Element(payload) => pack(self.cx.pool(), payload).map(Some).map_err(misuse),
            Pulled::Exhausted => Ok(None),
        }
    }
}

fn pack(pool: &mut BufferPool, payload: Payload) -> Result<Parcel, BufferError> {
    let own_type = pool.content_type(payload.buffer)?;
    let name = |content_type| pool.content_types.name(content_type).to_owned();
    let (own_type, content_type) = (name(own_type), name(payload.content_type));
    Ok(Parcel {
        bytes: pool.export(payload.buffer)?,
        own_type,
        content_type,
    })
}
