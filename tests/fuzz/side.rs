//! One call path: a stage, the buffers of its flow, and the results of its calls.

use std::sync::Arc;

use torvyn_runtime_core::emitted::{FlowPlan, Role};
use torvyn_runtime_core::engine::Artifact;
use torvyn_runtime_core::internals::component::{
    self, ComponentAggregator, ComponentFilter, ComponentProcessor, ComponentRouter, ComponentSink, ComponentSource,
};
use torvyn_runtime_core::internals::core::{self, CoreStage, SharedShell};
use torvyn_runtime_core::internals::{
    self, Aggregator, BufferPool, Called, Cause, ClockKind, CopyStats, Demand, Element, Ends, Filter, Group, Halt,
    Hosts, Interrupter, Limits, Make as _, Payload, Pressure, Processor, Pulled, Router, RunContext, RunOptions, Setup,
    Sink, Source, Stage, Taken,
};

use crate::guest::{Done, Guest};
use crate::plans;
use crate::script::{self, Entry};

/// Result of a call, in terms of both paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Nothing,
    Elements(Vec<Emitted>),
    Passes(bool),
    Ports(Vec<String>),
    Pauses(bool),
}

/// An element emitted by a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Emitted {
    contents: Vec<u8>,
    /// Content type of the element, and of its buffer.
    content_types: [String; 2],
}

/// Observable state of a pool and of a stage's copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Counters of buffers: live, allocated, returned, fallback, reused, peak.
    buffers: [u64; 6],
    copies: Vec<(&'static str, u64, u64)>,
}

/// One execution without its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) entry: Entry,
    /// Length in bytes of the element or of the configuration.
    pub(crate) len: usize,
    /// Positions in [`INPUT_TYPES`] of the types of the element and of its buffer.
    pub(crate) types: [usize; 2],
}

/// Content types of input elements.
pub(crate) const INPUT_TYPES: [&str; 4] = ["", "text/csv", "application/json; charset=utf-8", "größe/"];

enum AnyStage {
    Source(Box<dyn Source>),
    Processor(Box<dyn Processor>),
    Filter(Box<dyn Filter>),
    Router(Box<dyn Router>),
    Aggregator(Box<dyn Aggregator>),
    Sink(Box<dyn Sink>),
    /// A processor in a shell that it shares with the stage behind it.
    Chained(SharedShell, Box<dyn Processor>),
}

impl AnyStage {
    fn stage(&mut self) -> &mut dyn Stage {
        match self {
            AnyStage::Source(stage) => &mut **stage,
            AnyStage::Processor(stage) => &mut **stage,
            AnyStage::Filter(stage) => &mut **stage,
            AnyStage::Router(stage) => &mut **stage,
            AnyStage::Aggregator(stage) => &mut **stage,
            AnyStage::Sink(stage) => &mut **stage,
            AnyStage::Chained(_, stage) => &mut **stage,
        }
    }
}

/// A stage on one of the paths.
pub(crate) struct Side {
    cx: RunContext,
    stage: AnyStage,
    /// Position of its node.
    position: usize,
    sequence: u64,
    /// Ends its calls.
    pub(crate) interrupter: Interrupter,
}

impl Side {
    /// On the component path.
    pub(crate) fn component(hosts: &Hosts, guest: Guest, role: Role) -> Done<Self> {
        Self::new(hosts, &guest.plans.component, role, |setup, plan, position| {
            let origin = component::of(guest.component);
            Ok(match role {
                Role::Source => AnyStage::Source(Box::<ComponentSource>::new(origin.make(setup, plan, position)?)),
                Role::Processor => {
                    AnyStage::Processor(Box::<ComponentProcessor>::new(origin.make(setup, plan, position)?))
                }
                Role::Filter => AnyStage::Filter(Box::<ComponentFilter>::new(origin.make(setup, plan, position)?)),
                Role::Router => AnyStage::Router(Box::<ComponentRouter>::new(origin.make(setup, plan, position)?)),
                Role::Aggregator => {
                    AnyStage::Aggregator(Box::<ComponentAggregator>::new(origin.make(setup, plan, position)?))
                }
                Role::Sink => AnyStage::Sink(Box::<ComponentSink>::new(origin.make(setup, plan, position)?)),
            })
        })
    }

    /// On the direct path.
    pub(crate) fn direct(hosts: &Hosts, guest: Guest, role: Role) -> Done<Self> {
        Self::new(hosts, &guest.plans.direct, role, |setup, plan, position| {
            let stage: CoreStage = core::direct(guest.shell).make(setup, plan, position)?;
            Ok(match role {
                Role::Source => AnyStage::Source(Box::new(stage)),
                Role::Processor => AnyStage::Processor(Box::new(stage)),
                Role::Filter => AnyStage::Filter(Box::new(stage)),
                Role::Router => AnyStage::Router(Box::new(stage)),
                Role::Aggregator => AnyStage::Aggregator(Box::new(stage)),
                Role::Sink => AnyStage::Sink(Box::new(stage)),
            })
        })
    }

    /// The processor as the first stage of a chain on the fused path.
    pub(crate) fn fused(hosts: &Hosts, guest: Guest, chain: &'static Artifact) -> Done<Self> {
        let nodes = [Role::Processor, Role::Filter].map(plans::position);
        Self::new(hosts, &guest.plans.direct, Role::Processor, |setup, plan, position| {
            let shell = core::shell(setup, plan, &nodes, chain).map_err(|failure| failure.cause)?;
            let first: CoreStage = core::member(&shell, 0).make(setup, plan, position)?;
            Ok(AnyStage::Chained(shell, Box::new(first)))
        })
    }

    fn new(
        hosts: &Hosts,
        plan: &'static FlowPlan,
        role: Role,
        make: impl FnOnce(&mut Setup<'_>, &'static FlowPlan, usize) -> Called<AnyStage>,
    ) -> Done<Self> {
        let position = plans::position(role);
        let (pool, ends, waker) = (hosts.pool(plan)?, Ends::default(), Group::new(1).waker(0));
        let options = RunOptions {
            limit: None,
            timeout: None,
            clock: ClockKind::Simulated,
        };
        let limits = Limits {
            clock: options.clock,
            timeout: None,
            deadline: None,
        };
        let halt = Arc::new(Halt::new(limits, Arc::default()));
        let mut setup = Setup::new(hosts, plan, pool, &ends, waker.clone(), Arc::clone(&halt));
        let stage = make(&mut setup, plan, position).map_err(|cause| format!("{cause:?}"))?;
        let interrupter = Interrupter::of(&setup);
        let pressure = Pressure::new(plan, |_| false);
        let pool = setup.into_pool();
        Ok(Self {
            cx: RunContext::new(plan, options, halt, waker, pool, pressure),
            stage,
            position,
            sequence: 0,
            interrupter,
        })
    }

    /// Passes the guest its script.
    pub(crate) fn arm(&mut self, script: &str) -> Called<()> {
        self.stage.stage().init(&mut self.cx, script)
    }

    /// Calls the stage, and returns its result.
    pub(crate) fn call(&mut self, call: Call) -> Called<Value> {
        self.sequence += 1;
        if !script::has_input(call.entry) {
            return self.call_with(call, None);
        }
        let input = self.input(call);
        let called = self.call_with(call, Some(input));
        let released = self.cx.pool().release(input.payload);
        released.expect("invariant: a stage does not keep its input");
        called
    }

    fn input(&mut self, call: Call) -> Element {
        let [content_type, own] = call.types.map(|number| INPUT_TYPES[number % INPUT_TYPES.len()]);
        let pool = self.cx.pool();
        let contents: Vec<u8> = (0..call.len).map(|at| (at * 31 + 7) as u8).collect();
        let draft = pool.allocate(contents.len() as u64);
        let draft = draft.expect("the plan has room for an element");
        pool.append(draft, &contents).expect("it has this capacity");
        pool.set_content_type(draft, own).expect("these are few and short");
        let payload = pool.freeze(draft).expect("it is a draft");
        pool.take_over(payload).expect("it is the flow's");
        Element {
            sequence: self.sequence,
            timestamp_ns: self.sequence << 33,
            content_type: pool
                .content_types
                .intern(content_type)
                .expect("these are few and short"),
            payload,
        }
    }

    fn call_with(&mut self, call: Call, input: Option<Element>) -> Called<Value> {
        let input = move || input.expect("invariant: such calls have an input");
        let cx = &mut self.cx;
        let payloads = match (&mut self.stage, call.entry) {
            (stage, Entry::Init) => {
                let config: String = "configuration ".chars().cycle().take(call.len).collect();
                return stage.stage().init(cx, &config).map(|()| Value::Nothing);
            }
            (stage, Entry::Teardown) => return stage.stage().teardown(cx).map(|()| Value::Nothing),
            (AnyStage::Source(source), Entry::Pull) => match source.pull(cx)? {
                Pulled::Element(payload) => vec![payload],
                Pulled::Exhausted => Vec::new(),
            },
            (AnyStage::Source(source), Entry::Notify) => {
                return source.notify(cx, Demand::Pause).map(|()| Value::Nothing);
            }
            (AnyStage::Processor(processor), Entry::Process) => processor.process(cx, input())?.into_iter().collect(),
            (AnyStage::Chained(shell, _), Entry::Process) => {
                return internals::pass(shell, cx, input()).map(|()| Value::Nothing);
            }
            (AnyStage::Filter(filter), Entry::Evaluate) => return filter.evaluate(cx, input()).map(Value::Passes),
            (AnyStage::Router(router), Entry::Route) => return router.route(cx, input()).map(Value::Ports),
            (AnyStage::Aggregator(aggregator), Entry::Ingest) => aggregator.ingest(cx, input())?.into_iter().collect(),
            (AnyStage::Aggregator(aggregator), Entry::Flush) => aggregator.flush(cx)?,
            (AnyStage::Sink(sink), Entry::Push) => {
                return sink
                    .push(cx, input())
                    .map(|taken| Value::Pauses(taken == Taken::Delivered(Demand::Pause)));
            }
            (AnyStage::Sink(sink), Entry::Complete) => return sink.complete(cx).map(|()| Value::Nothing),
            (_, entry) => unreachable!("a stage of another role has no {entry:?}"),
        };
        Ok(Value::Elements(
            payloads.into_iter().map(|payload| take(cx.pool(), payload)).collect(),
        ))
    }

    /// Restarts the stage if it is dead, as a flow does. Returns whether it was.
    pub(crate) fn restart(&mut self) -> Called<bool> {
        let stage = self.stage.stage();
        if !stage.is_dead() {
            return Ok(false);
        }
        self.cx.pool().reclaim(self.position);
        stage.restart(&mut self.cx, "").map(|()| true)
    }

    pub(crate) fn traces(&mut self) -> Traces {
        let copies = self.cx.pool().copies(self.position);
        let pool = self.cx.pool();
        let stats = pool.stats();
        let live = pool.live();
        Traces {
            buffers: [
                live,
                stats.allocated,
                stats.returned,
                stats.fallback,
                stats.reused,
                stats.peak_live,
            ],
            copies: listed(copies),
        }
    }
}

fn listed(copies: CopyStats) -> Vec<(&'static str, u64, u64)> {
    let reasons = copies.by_reason().into_iter();
    reasons
        .map(|(reason, copies)| (reason, copies.count, copies.bytes))
        .collect()
}

/// Inspects an element that a stage emitted, and releases it.
fn take(pool: &mut BufferPool, payload: Payload) -> Emitted {
    let contents = pool
        .contents(payload.buffer)
        .expect("what was put out is there")
        .to_vec();
    let own = pool.content_type(payload.buffer).expect("what was put out is there");
    let content_types = [payload.content_type, own].map(|number| pool.content_types.name(number).to_owned());
    pool.release(payload.buffer).expect("what was put out is the flow's");
    Emitted {
        contents,
        content_types,
    }
}

/// The consequence of a failed call for the flow, without its words.
pub(crate) fn kind(cause: &Cause) -> String {
    if let Cause::Trap(_) = cause {
        "trap".to_owned()
    } else if let Cause::Misuse(code, _) = cause {
        (*code).to_owned()
    } else {
        format!("{cause:?}")
    }
}

/// The words of a failed call.
pub(crate) fn words(cause: &Cause) -> String {
    if let Cause::Trap(text) | Cause::Misuse(_, text) | Cause::Instantiation(text) = cause {
        text.clone()
    } else {
        format!("{cause:?}")
    }
}
