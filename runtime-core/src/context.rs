//! What the stages of a running flow share: buffers, clock, limits, and whether it is time to stop.

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
mod waiting;

pub use ends::Ends;
pub(crate) use ends::{Input, Output};
pub use pressure::Pressure;

/// How long a driver works at most before others have their turn (design section 6).
const LONGEST_QUANTUM: Duration = Duration::from_micros(100);

/// What a run is asked to do besides what its plan says.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// Elements after which the sources stop.
    pub limit: Option<u64>,
    /// Time after which the flow is drained.
    pub timeout: Option<Duration>,
    /// Where time comes from.
    pub clock: ClockKind,
}

/// Why the sources are no longer pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// The element limit was reached.
    Limit,
    /// The time given on the command line is up.
    Timeout,
    /// Asked for from outside.
    Stop,
}

/// A node, told from those of other flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeName {
    /// Its flow.
    pub(crate) flow: &'static str,
    /// Its name there.
    pub(crate) node: &'static str,
}

/// State of one run, lent to each step.
pub struct RunContext {
    /// The node whose stage is being prepared; before the first one, the flow alone.
    pub(crate) preparing: NodeName,
    /// Away only while a component's store holds it.
    pool: Option<Box<BufferPool>>,
    /// What ends the run from outside.
    pub(crate) halt: Arc<Halt>,
    /// What of it the driver has looked at.
    seen: u8,
    /// Has the flow looked at again when something arrived for it.
    pub waker: Waker,
    clock: Clock,
    state: FlowState,
    events: EventLog,
    /// Full streams, as sources see them.
    pub pressure: Pressure,
    timeout: Time,
    deadline: Time,
    /// Which run of its flow this is.
    pub replica: Replica,
    /// Position of the router whose ports the replicas share out.
    replicas_by: Option<usize>,
    /// Elements the sources may still be asked for; with a limit that replicas share, in this turn.
    remaining: u64,
    /// Elements on their way.
    reserved: u64,
    /// Elements taken from a limit that replicas share, and neither told of nor handed back.
    drawn: u64,
    next_sequence: u64,
    drain: Option<Drain>,
    /// The earliest time at which a stage that waits can go on, as far as stages were asked in this step.
    wake_at: Time,
    /// Whether a source waits for input that is on its way.
    awaits_input: bool,
    /// Whether a sink that takes no elements for now was asked.
    awaits_sink: bool,
    /// Elements that sinks hold.
    held: u64,
    /// Failures that end nothing but make the run a failed one.
    reported: Vec<Failure>,
    /// How long a sink that returned `pause` gets nothing.
    pub sink_pause: Duration,
    /// How often a stage may be made anew within a minute.
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
            wake_at: Time::NEVER,
            awaits_input: false,
            awaits_sink: false,
            held: 0,
            reported: Vec::new(),
            sink_pause: Duration::from_millis(plan.sink_pause_ms),
            max_restarts: plan.max_restarts,
        }
    }

    /// Whether there are replicas that all get what the sources give.
    pub(crate) fn each_gets_all(&self) -> bool {
        self.replicas_by.is_some() && self.replica.count() > 1
    }

    /// Whether the replicas of the flow share out the ports of the router at node `position`.
    #[inline]
    pub(crate) fn shares_ports_of(&self, position: usize) -> bool {
        self.replicas_by == Some(position)
    }

    /// The state at the start of a run that is one of several.
    #[must_use]
    pub fn of(mut self, replica: Replica) -> Self {
        if replica.shares_limit() {
            self.remaining = 0;
        }
        self.replica = replica;
        self
    }

    /// The state at the start of a run whose events are reported to `observer`.
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

    /// Time at the last look at the clock: once a quantum.
    #[inline]
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// The flow's clock.
    pub(crate) fn clock(&mut self) -> &mut Clock {
        &mut self.clock
    }

    /// Nanoseconds since the Unix epoch at the last look at the clock.
    #[must_use]
    pub fn wall_ns(&self) -> u64 {
        self.clock.wall_ns()
    }

    /// Nanoseconds until the time of the run is up; 0 without a limit, at least 1 with one.
    #[must_use]
    pub fn deadline_ns(&self) -> u64 {
        match self.deadline.min(self.timeout) {
            Time::NEVER => 0,
            limit => limit.as_nanos().saturating_sub(self.now().as_nanos()).max(1),
        }
    }

    /// Whether the driver has worked for so long since it looked at the clock that others are to have their turn.
    pub(crate) fn quantum_is_over(&self) -> bool {
        self.clock.peek().since(self.clock.now()) >= LONGEST_QUANTUM
    }

    /// Keeps an event.
    pub fn note(&mut self, event: Event) {
        self.events.add(self.clock.now(), event);
    }

    /// Keeps a failure that does not end the flow.
    pub(crate) fn report(&mut self, failure: Failure) {
        self.reported.push(failure);
    }

    /// The failures kept since they were asked for last.
    pub(crate) fn take_reported(&mut self) -> Vec<Failure> {
        std::mem::take(&mut self.reported)
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// Where the run is.
    #[must_use]
    pub fn state(&self) -> FlowState {
        self.state
    }

    /// Goes on to another state.
    ///
    /// # Panics
    /// When the states of a run do not follow each other so: a bug of the driver.
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

    /// Looks at the clock and at the signals.
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

    /// Whether the driver is to look around before it goes on.
    #[inline]
    pub(crate) fn is_called(&self) -> bool {
        self.halt.reasons() != self.seen
    }

    /// Whether the flow's own deadline has passed, as far as the driver has looked.
    pub(crate) fn is_past_deadline(&self) -> bool {
        self.now() >= self.deadline
    }

    /// Why sources are no longer pulled, when they are not.
    #[inline]
    #[must_use]
    pub fn drain(&self) -> Option<Drain> {
        self.drain
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::executor::Group;
    use crate::plan::{PoolPlan, TierPlan};
    use crate::watchdog::Limits;

    const TIER: TierPlan = TierPlan {
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

    /// A run of a flow without stages, in simulated time, that knows the streams of `pressure`.
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
        let pool = BufferPool::new(&PLAN.pools, &[]).expect("there is memory");
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
