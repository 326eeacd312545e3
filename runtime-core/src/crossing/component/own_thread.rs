//! A component source on a thread of its own. It may wait without holding up its flow.
//!
//! The source has buffers of its own, all from the system allocator; its elements move to the flow's buffers without a
//! copy. At most one pull is under way, so that nothing is read ahead for which the flow has no room.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::ComponentSource;
use crate::account::CopyStats;
use crate::buffer::{BufferError, BufferPool};
use crate::context::{Pressure, RunContext, RunOptions};
use crate::crossing::cause::instantiation;
use crate::crossing::setup::Setup;
use crate::demand::Demand;
use crate::error::{Cause, ResourceMisuse};
use crate::limits::TierSize;
use crate::plan::{FlowPlan, NodePlan, PoolPlan};
use crate::stage::{Called, Payload, Pulled, Source, Stage, Supply};
use crate::watchdog::{Halt, longest};

mod handover;

use handover::{Answer, Callee, Caller, Report, Unresponsive};

/// Time allowed for an answer beyond the limits of the calls it takes.
const PATIENCE: Duration = Duration::from_secs(1);

enum Request {
    Init(String),
    Pull,
    Notify(Demand),
    Restart(String),
    Teardown,
}

/// An element on its way between two pools.
struct DetachedElement {
    bytes: Vec<u8>,
    /// Content type of the buffer.
    own_type: String,
    /// Content type of the element.
    content_type: String,
}

/// The answer to a pull: `None` when the source is exhausted.
type Pull = Called<Option<DetachedElement>>;

/// State of the instance, reported with each answer.
#[derive(Default)]
struct State {
    copies: CopyStats,
    is_dead: bool,
}

/// The flow's side of the thread.
pub(crate) struct OwnThread {
    caller: Caller<Request, Called<()>, Pull, State>,
    /// Ends the calls that the thread makes.
    halt: Arc<Halt>,
    /// Position of the node.
    position: usize,
    /// Copies of the thread that the flow's pool has counted.
    counted: CopyStats,
}

impl OwnThread {
    /// Moves an instance, whose calls `halt` ends, to a new thread.
    ///
    /// # Errors
    /// When the system cannot start a thread.
    pub(crate) fn start(
        setup: &Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        stage: ComponentSource,
        halt: Arc<Halt>,
    ) -> Called<Self> {
        let plan = &flow.nodes[position];
        let options = RunOptions {
            limit: None,
            timeout: None,
            clock: halt.clock(),
        };
        let pool = BufferPool::new(&own_pool(plan), flow.nodes).map_err(|error| instantiation(&error))?;
        let cx = RunContext::new(
            flow,
            options,
            Arc::clone(&halt),
            setup.waker.clone(),
            pool,
            Pressure::default(),
        );
        let limits = &plan.limits;
        let of = |limit_ms: u64| longest(Duration::from_millis(limit_ms));
        let other = of(limits.init_timeout_ms.max(limits.teardown_timeout_ms));
        let patience = of(limits.invocation_timeout_ms)
            .saturating_add(other)
            .saturating_add(PATIENCE);
        let (caller, callee) = Caller::with_callee(setup.waker.clone(), patience);
        let worker = Worker {
            stage,
            cx,
            position,
            failed_notice: None,
        };
        thread::Builder::new()
            .name(format!("source-{}", plan.name))
            .spawn(move || worker.serve(callee))
            .map_err(|error| Cause::NoThread(format!("cannot start its thread: {error}")))?;
        Ok(Self {
            caller,
            halt,
            position,
            counted: CopyStats::default(),
        })
    }

    fn ask(&mut self, cx: &mut RunContext, request: Request) -> Called<()> {
        let answer = self.caller.ask(request).map_err(unresponsive);
        self.count_copies(cx);
        answer?
    }

    /// Adds to the flow's pool what the thread has copied since the last time.
    fn count_copies(&mut self, cx: &mut RunContext) {
        let copies = self.caller.state().copies;
        cx.pool().add_copies(self.position, copies.since(self.counted));
        self.counted = copies;
    }
}

fn unresponsive(Unresponsive: Unresponsive) -> Cause {
    Cause::Endpoint("the thread of the source does not answer".to_owned())
}

/// Plan of a pool whose buffers all come from the system allocator: only these leave a pool without a copy.
fn own_pool(plan: &NodePlan) -> PoolPlan {
    let none = TierSize {
        slot_bytes: 0,
        slots: 0,
    };
    PoolPlan {
        tiers: [none; 4],
        fallback_bytes: plan.limits.buffer_budget_bytes,
        max_buffer_bytes: plan.limits.max_buffer_bytes,
    }
}

impl Stage for OwnThread {
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        self.ask(cx, Request::Init(config.to_owned()))
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        self.halt.begin_end();
        if cx.halt.is_cancelled() {
            return Ok(());
        }
        if self.caller.is_pulling() {
            self.halt.let_go();
        }
        self.ask(cx, Request::Teardown)
    }

    fn is_dead(&self) -> bool {
        self.caller.state().is_dead
    }

    fn restart(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        self.ask(cx, Request::Restart(config.to_owned()))
    }
}

impl Source for OwnThread {
    fn supply(&mut self, _: &mut RunContext) -> Supply {
        match self.caller.has_pulled(Request::Pull) {
            true => Supply::Ready,
            false => Supply::Waiting,
        }
    }

    fn is_pulling(&self) -> bool {
        self.caller.is_pulling()
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        // `supply` has returned `Supply::Ready` before.
        let pulled = self.caller.pulled().map_err(unresponsive);
        self.count_copies(cx);
        match pulled?? {
            Some(element) => unpack(cx, element).map(Pulled::Element),
            None => Ok(Pulled::Exhausted),
        }
    }

    fn notify(&mut self, _: &mut RunContext, signal: Demand) -> Called<()> {
        // Sent between two pulls; a failure shows in the next one.
        self.caller.send(Request::Notify(signal)).map_err(unresponsive)
    }
}

fn unpack(cx: &mut RunContext, element: DetachedElement) -> Called<Payload> {
    let pool = cx.pool();
    let adopted = pool.adopt(element.bytes, &element.own_type).and_then(|buffer| {
        let content_type = pool.content_types.intern(&element.content_type)?;
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

/// The thread's side.
struct Worker {
    stage: ComponentSource,
    cx: RunContext,
    /// Position of the node.
    position: usize,
    /// Failure of a `notify-backpressure`, returned by the next pull.
    failed_notice: Option<Cause>,
}

impl Worker {
    fn serve(mut self, callee: Callee<Request, Called<()>, Pull, State>) {
        callee.serve(|request| {
            let is_last = matches!(request, Request::Teardown);
            let answer = self.answer(request)?;
            let state = State {
                copies: self.cx.pool().copies(self.position),
                is_dead: self.stage.is_dead(),
            };
            Some(Report { answer, state, is_last })
        });
    }

    fn answer(&mut self, request: Request) -> Option<Answer<Called<()>, Pull>> {
        let cx = &mut self.cx;
        cx.look_around();
        cx.halt.drives_here();
        Some(match request {
            Request::Init(config) => Answer::Done(self.stage.init(cx, &config)),
            Request::Pull => Answer::Pulled(self.pull()),
            Request::Notify(signal) => {
                self.failed_notice = self.failed_notice.take().or(self.stage.notify(cx, signal).err());
                return None;
            }
            Request::Restart(config) => Answer::Done(self.stage.restart(cx, &config)),
            Request::Teardown => Answer::Done(self.stage.teardown(cx)),
        })
    }

    fn pull(&mut self) -> Pull {
        if let Some(cause) = self.failed_notice.take() {
            return Err(cause);
        }
        match self.stage.pull(&mut self.cx)? {
            Pulled::Element(payload) => pack(self.cx.pool(), payload).map(Some).map_err(misuse),
            Pulled::Exhausted => Ok(None),
        }
    }
}

fn pack(pool: &mut BufferPool, payload: Payload) -> Result<DetachedElement, BufferError> {
    let own_type = pool.content_type(payload.buffer)?;
    let name = |content_type| pool.content_types.name(content_type).to_owned();
    let (own_type, content_type) = (name(own_type), name(payload.content_type));
    Ok(DetachedElement {
        bytes: pool.export(payload.buffer)?,
        own_type,
        content_type,
    })
}
