//! State shared by the stages of a running flow: buffers, clock, limits, and requests to stop.

use std::sync::Arc;
use std::time::Duration;

use crate::buffer::BufferPool;
use crate::clock::{Clock, ClockKind, Time};
use crate::error::Failure;
use crate::event::{Event, EventLog, Observer};
use crate::executor::Waker;
use crate::plan::FlowPlan;
use crate::replica::Replica;
use crate::state::FlowState;
use crate::watchdog::Halt;

mod ends;
mod limit;
mod pressure;
mod quantum;
mod waiting;

pub(crate) use ends::Input;
pub use ends::{Ends, Output};
pub use pressure::Pressure;

/// Options of a run beyond its plan.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// Number of elements after which the sources stop.
    pub limit: Option<u64>,
    /// Time after which the flow is drained.
    pub timeout: Option<Duration>,
    /// The clock of the run.
    pub clock: ClockKind,
}

/// The reason why sources are no longer pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// The element limit was reached.
    Limit,
    /// The time given on the command line has passed.
    Timeout,
    /// A request from outside, such as a signal.
    Stop,
}

/// A node with its flow, since names are unique only within a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeName {
    /// Name of the flow.
    pub(crate) flow: &'static str,
    /// Name of the node.
    pub(crate) node: &'static str,
}

/// State of one run, passed to each step.
pub struct RunContext {
    /// The node whose stage is being prepared; before the first one, the flow with no node.
    pub(crate) preparing: NodeName,
    /// Its position in the flow.
    pub(crate) preparing_at: usize,
    /// The flow's buffers; `None` only while a component's store holds them.
    pool: Option<Box<BufferPool>>,
    /// Requests from outside to end the run.
    pub(crate) halt: Arc<Halt>,
    /// Reasons in `halt` that the driver has already seen.
    seen: u8,
    /// Wakes the flow, so that it checks its stages again.
    pub waker: Waker,
    clock: Clock,
    state: FlowState,
    events: EventLog,
    /// Full streams, as reported to sources.
    pub pressure: Pressure,
    timeout: Time,
    deadline: Time,
    /// The replica of the flow that this run is.
    pub replica: Replica,
    /// Position of the router whose ports the replicas divide.
    replicas_by: Option<usize>,
    /// Elements that the sources may still emit; with a limit shared by replicas, in this turn.
    remaining: u64,
    /// Elements reserved for pulls that have not returned yet.
    reserved: u64,
    /// Elements reserved from the shared limit that have been neither reported as emitted nor returned.
    drawn: u64,
    next_sequence: u64,
    drain: Option<Drain>,
    /// Steps of this quantum so far.
    steps: u32,
    /// Whether a chain that was clear may not be any more.
    is_disturbed: bool,
    /// Earliest time at which a waiting stage can continue, among the stages checked in this step.
    wake_at: Time,
    /// Whether a source checked in this step waits for input.
    awaits_input: bool,
    /// Whether a sink checked in this step has no room for now.
    awaits_sink: bool,
    /// Number of elements that sinks hold.
    held: u64,
    /// Failures that do not end the run but make its result a failure.
    reported: Vec<Failure>,
    /// Time for which a sink that returned `pause` gets no element.
    pub sink_pause: Duration,
    /// Most restarts of a stage within a minute.
    pub max_restarts: u32,
}

impl RunContext {
    /// The state at the start of a run.
    #[must_use]
    pub fn new(
        plan: &FlowPlan,
        options: RunOptions,
        halt: Arc<Halt>,
        waker: Waker,
        pool: BufferPool,
        pressure: Pressure,
    ) -> Self {
        let limit_of = |limit: Option<Duration>| limit.map_or(Time::NEVER, |limit| Time::START.after(limit));
        Self {
            preparing: NodeName {
                flow: plan.name,
                node: "",
            },
            preparing_at: 0,
            pool: Some(Box::new(pool)),
            seen: 0,
            waker,
            clock: Clock::since(options.clock, halt.started()),
            halt,
            state: FlowState::Created,
            events: EventLog::default(),
            pressure,
            timeout: limit_of(options.timeout),
            deadline: limit_of(plan.deadline_ms.map(Duration::from_millis)),
            replica: Replica::alone(),
            replicas_by: plan.replicas_by,
            remaining: options.limit.unwrap_or(u64::MAX),
            reserved: 0,
            drawn: 0,
            next_sequence: 0,
            drain: (options.limit == Some(0)).then_some(Drain::Limit),
            steps: 0,
            is_disturbed: false,
            wake_at: Time::NEVER,
            awaits_input: false,
            awaits_sink: false,
            held: 0,
            reported: Vec::new(),
            sink_pause: Duration::from_millis(plan.sink_pause_ms),
            max_restarts: plan.max_restarts,
        }
    }

    /// Whether there are replicas, each of which gets all elements of the sources.
    pub(crate) fn each_gets_all(&self) -> bool {
        self.replicas_by.is_some() && self.replica.count() > 1
    }

    /// Whether the replicas of the flow divide the ports of the router at node `position`.
    #[inline]
    pub(crate) fn shares_ports_of(&self, position: usize) -> bool {
        self.replicas_by == Some(position)
    }

    /// Makes the run that of `replica`.
    #[must_use]
    pub fn of(mut self, replica: Replica) -> Self {
        if replica.shares_limit() {
            self.remaining = 0;
        }
        self.replica = replica;
        self
    }

    /// Makes the run report its events to `observer`.
    #[must_use]
    pub fn observed_by(mut self, observer: Option<Box<dyn Observer>>) -> Self {
        self.events.observed_by(observer);
        self
    }

    /// The flow's buffers.
    #[inline]
    pub fn pool(&mut self) -> &mut BufferPool {
        self.pool
            .as_mut()
            .expect("invariant: the pool is away only during a component's call")
    }

    pub(crate) fn lend_pool(&mut self) -> Box<BufferPool> {
        self.pool.take().expect("invariant: one component is called at a time")
    }

    pub(crate) fn return_pool(&mut self, pool: Box<BufferPool>) {
        self.pool = Some(pool);
    }

    /// Time at the last reading of the clock, once a quantum.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The flow's clock.
    pub(crate) fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Nanoseconds since the Unix epoch, at the last reading of the clock.
    #[must_use]
    pub fn wall_ns(&self) -> u64 {
        self.clock.wall_ns()
    }

    /// Nanoseconds until the run's deadline or timeout, whichever is earlier; 0 without either, otherwise at least 1.
    #[must_use]
    pub fn deadline_ns(&self) -> u64 {
        match self.deadline.min(self.timeout) {
            Time::NEVER => 0,
            limit => limit.as_nanos().saturating_sub(self.now().as_nanos()).max(1),
        }
    }

    /// Logs an event.
    pub fn note(&mut self, event: Event) {
        self.events.add(self.clock.now(), event);
    }

    /// Records a failure that does not end the flow.
    pub(crate) fn report(&mut self, failure: Failure) {
        self.reported.push(failure);
    }

    /// The failures recorded since the last call.
    pub(crate) fn take_reported(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.reported)
    }

    /// The events logged up to now.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// The state of the run.
    #[must_use]
    pub fn state(&self) -> FlowState {
        self.state
    }

    /// Changes the state of the run.
    ///
    /// # Panics
    /// When the new state may not follow the current one: a bug of the driver.
    pub(crate) fn enter(&mut self, state: FlowState) {
        assert!(
            self.state.may_become(state),
            "invariant: {:?} does not become {state:?}",
            self.state
        );
        let is_pause = |state| matches!(state, FlowState::Running | FlowState::Suspended);
        let told = !(is_pause(self.state) && is_pause(state));
        self.state = state;
        if told {
            self.note(Event::State(state));
        }
    }

    /// Reads the clock and checks for requests to stop.
    pub fn look_around(&mut self) {
        self.clock.look();
        self.seen = self.halt.reasons();
        if self.drain.is_none() {
            self.drain = match () {
                () if self.halt.is_stopping() => Some(Drain::Stop),
                () if self.now() >= self.timeout => Some(Drain::Timeout),
                () => None,
            };
        }
    }

    /// Whether there are new requests for the driver to check before it continues.
    #[inline]
    pub(crate) fn is_called(&self) -> bool {
        self.halt.reasons() != self.seen
    }

    /// Whether the flow's own deadline has passed, at the last reading of the clock.
    pub(crate) fn is_past_deadline(&self) -> bool {
        self.now() >= self.deadline
    }

    /// The reason why sources are no longer pulled; `None` while they are.
    #[inline]
    #[must_use]
    pub fn drain(&self) -> Option<Drain> {
        self.drain
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::buffer::tests::node;
    use crate::executor::Group;
    use crate::limits::TierSize;
    use crate::plan::PoolPlan;
    use crate::watchdog::Limits;

    const TIER: TierSize = TierSize {
        slot_bytes: 64,
        slots: 0,
    };

    pub(crate) static PLAN: FlowPlan = FlowPlan {
        name: "test",
        nodes: &[],
        streams: &[],
        pools: PoolPlan {
            tiers: [TIER; 4],
            fallback_bytes: 1 << 20,
            max_buffer_bytes: 1 << 20,
        },
        quantum: 1,
        deadline_ms: Some(50),
        sink_pause_ms: 10,
        max_restarts: 5,
        own_thread: false,
        replicas: 1,
        replicas_by: None,
    };

    /// A run of a flow without stages, in simulated time, with the streams of `pressure`.
    pub(crate) fn context(limit: Option<u64>, pressure: Pressure) -> RunContext {
        let options = RunOptions {
            limit,
            timeout: None,
            clock: ClockKind::Simulated,
        };
        let limits = Limits {
            clock: options.clock,
            timeout: options.timeout,
            deadline: PLAN.deadline_ms.map(Duration::from_millis),
        };
        let pool = BufferPool::new(&PLAN.pools, &[node(1 << 20, 1 << 20)]).expect("there is memory");
        RunContext::new(
            &PLAN,
            options,
            Arc::new(Halt::new(limits, Arc::default())),
            Group::new(1).waker(0),
            pool,
            pressure,
        )
    }

    #[test]
    fn a_limit_counts_elements_on_their_way() {
        let mut cx = context(Some(2), Pressure::default());
        cx.reserve();
        cx.reserve();
        assert!(!cx.wants_elements(), "both are on their way");
        assert_eq!(cx.count_emitted(), 0);
        assert_eq!(cx.drain(), None, "one is still on its way");
        cx.give_back_reservation();
        assert!(cx.wants_elements(), "it did not come");
        cx.reserve();
        assert_eq!(cx.count_emitted(), 1);
        assert_eq!(cx.drain(), Some(Drain::Limit));
    }

    #[test]
    fn what_is_awaited_is_the_earliest() {
        let mut cx = context(None, Pressure::default());
        let at = |ms| Time::START.after(Duration::from_millis(ms));
        cx.begin_step();
        assert_eq!(cx.awaited(), (None, false));
        cx.wake_at(at(40));
        cx.wake_at(at(30));
        assert_eq!(cx.awaited(), (Some(at(30)), false));
        cx.begin_step();
        assert_eq!(cx.awaited(), (None, false), "each step asks again");
        cx.wake_at(at(70));
        assert_eq!(cx.awaited(), (Some(at(50)), false), "the deadline ends a pause");
        assert!(!cx.is_past_deadline());
        cx.begin_step();
        cx.await_input();
        assert_eq!(cx.awaited(), (Some(at(50)), true), "and a wait for input");
        cx.clock().wait_until(at(50));
        cx.look_around();
        assert!(cx.is_past_deadline());
        assert_eq!(cx.drain(), None, "that is no drain");
    }
}
