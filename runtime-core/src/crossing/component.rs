//! The component call path: wasmtime's typed component functions, one store per stage. Works for every component.

use std::sync::Arc;

use wasmtime::Store;
use wasmtime::component::Resource;

use crate::buffer::Element;
use crate::buffer::{BufferError, BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::crossing::milliseconds;
use crate::crossing::setup::{Make, Setup};
use crate::demand::Demand;
use crate::engine::Artifact;
use crate::error::{Cause, ResourceMisuse};
use crate::limits::StageLimits;
use crate::plan::FlowPlan;
use crate::stage::{Aggregator, Called, Filter, Payload, Processor, Pulled, Router, Sink, Source, Stage, Taken};
use crate::stage::{SinkStage, SourceStage};
use crate::watchdog::Watched;
use contract::exports::torvyn::aggregation::aggregator;
use contract::exports::torvyn::filtering::{filter, router};
use contract::exports::torvyn::streaming::{processor, sink, source};
use contract::types;

mod cause;
pub(crate) mod contract;
mod instance;
mod linker;
mod own_thread;
mod query;
mod resources;
mod store;
#[cfg_attr(not(feature = "wasi"), path = "component/no_system.rs")]
mod system;
#[cfg(feature = "wasi")]
pub mod wasi;

pub use instance::{ComponentPath, Exports, Instantiator};

use cause::{cause, misuse};
use instance::{Live, Recipe};
use own_thread::OwnThread;
use store::StageData;

/// A component in the role of a source.
pub type ComponentSource = ComponentStage<source::Guest>;
/// A component in the role of a processor.
pub type ComponentProcessor = ComponentStage<processor::Guest>;
/// A component in the role of a filter.
pub type ComponentFilter = ComponentStage<filter::Guest>;
/// A component in the role of a router.
pub type ComponentRouter = ComponentStage<router::Guest>;
/// A component in the role of an aggregator.
pub type ComponentAggregator = ComponentStage<aggregator::Guest>;
/// A component in the role of a sink.
pub type ComponentSink = ComponentStage<sink::Guest>;

/// Result of a call of a component, in wasmtime's terms.
type Returned<T> = wasmtime::Result<Result<T, types::ProcessError>>;

/// A component as a stage; `G` are the exports of its role.
pub struct ComponentStage<G> {
    recipe: Recipe,
    /// The instance; `None` after a trap, which leaves a store unusable: it is dropped at once, with its memory.
    live: Option<Live<G>>,
}

/// A stage on the component path (see [`Make`]).
#[must_use]
pub fn of(artifact: &'static Artifact) -> OfComponent {
    OfComponent(artifact)
}

/// The artifact of a stage on the component path.
#[derive(Clone, Copy, Debug)]
pub struct OfComponent(&'static Artifact);

impl OfComponent {
    /// Makes the stage, whose calls are among those of `watched`.
    fn stage<G: Exports>(
        self,
        setup: &Setup<'_>,
        flow: &'static FlowPlan,
        position: usize,
        watched: &Arc<Watched>,
    ) -> Called<ComponentStage<G>> {
        let host = setup.component_host::<Arc<Instantiator>>();
        let recipe = Recipe::new(host, self.0, flow, position, Arc::clone(watched))?;
        Ok(ComponentStage {
            live: Some(recipe.instantiate()?),
            recipe,
        })
    }
}

impl<G: Exports> Make<ComponentStage<G>> for OfComponent {
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<ComponentStage<G>> {
        self.stage(setup, flow, position, setup.watched())
    }
}

impl Make<SourceStage> for OfComponent {
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<SourceStage> {
        let plan = &flow.nodes[position];
        if !plan.own_thread {
            let stage: ComponentSource = self.make(setup, flow, position)?;
            return Ok(Box::new(stage));
        }
        let halt = Arc::new(setup.halt().of_own_thread());
        let watched = setup.watch_apart(flow, &halt);
        let stage = self.stage(setup, flow, position, &watched)?;
        Ok(Box::new(OwnThread::start(setup, flow, position, stage, halt)?))
    }
}

impl Make<SinkStage> for OfComponent {
    fn make(self, setup: &mut Setup<'_>, flow: &'static FlowPlan, position: usize) -> Called<SinkStage> {
        let stage: ComponentSink = self.make(setup, flow, position)?;
        Ok(Box::new(stage))
    }
}

impl<G: Exports> ComponentStage<G> {
    fn limits(&self) -> &'static StageLimits {
        &self.recipe.plan.limits
    }

    fn live(&mut self) -> &mut Live<G> {
        self.live
            .as_mut()
            .expect("invariant: a dead stage is made anew before it is called")
    }

    /// Calls the component: lends it the flow's buffers, and turns an error into a cause.
    fn call<T>(
        &mut self,
        cx: &mut RunContext,
        limit_ms: u64,
        call: impl FnOnce(&mut Store<StageData>, &G) -> Returned<T>,
    ) -> Called<T> {
        self.call_live(cx, limit_ms, |live| call(&mut live.store, &live.guest))
    }

    fn call_live<T>(
        &mut self,
        cx: &mut RunContext,
        limit_ms: u64,
        call: impl FnOnce(&mut Live<G>) -> Returned<T>,
    ) -> Called<T> {
        let (position, fuel) = (self.recipe.position, self.recipe.fuel);
        let watched = Arc::clone(&self.recipe.watched);
        let live = self.live();
        if let Some(fuel) = fuel {
            live.store.set_fuel(fuel).expect("invariant: the engine meters fuel");
        }
        let deadline_ns = cx.deadline_ns();
        let mut pool = cx.lend_pool();
        pool.begin_call(position);
        live.store.data_mut().enter(pool, deadline_ns);
        watched.words().enter(position, milliseconds(limit_ms));
        let result = call(live).map_err(|error| watched.reason(&live.revocation, error));
        watched.words().leave();
        let mut pool = live.store.data_mut().leave();
        pool.end_call();
        cx.return_pool(pool);
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Cause::returned(error.into(), cx.pool().last_refusal())),
            Err(error) => {
                self.live = None;
                Err(cause(&error))
            }
        }
    }

    /// Calls the component with an element: payload and context are lent to it.
    fn call_with<T>(
        &mut self,
        cx: &mut RunContext,
        input: Element,
        call: impl FnOnce(&mut Store<StageData>, &G, &types::StreamElement) -> Returned<T>,
    ) -> Called<T> {
        let lent = lend(cx.pool(), input);
        cx.pool().count_metadata(self.recipe.position, &lent.meta.content_type);
        let limit_ms = self.limits().invocation_timeout_ms;
        let result = self.call(cx, limit_ms, |store, guest| call(store, guest, &lent));
        let ended = cx.pool().end_loan(input.payload);
        ended.expect("invariant: the element was lent");
        result
    }

    /// Takes ownership of a returned element. Its sequence number and timestamp are advisory.
    fn accept(&mut self, cx: &mut RunContext, output: &types::OutputElement) -> Called<Payload> {
        let position = self.recipe.position;
        let pool = cx.pool();
        let buffer = BufferId::from_rep(output.payload.rep());
        pool.begin_call(position);
        let accepted = accept(pool, buffer, &output.meta.content_type);
        if accepted.is_err() {
            // No other claim on the buffer exists.
            let _ = pool.drop_owned(buffer);
        }
        pool.end_call();
        if accepted.is_ok() {
            pool.count_metadata(position, &output.meta.content_type);
        }
        accepted.map_err(|error| {
            misuse(&ResourceMisuse {
                function: "output-element",
                error,
            })
        })
    }
}

impl<G: Exports> Stage for ComponentStage<G> {
    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        let limit_ms = self.limits().init_timeout_ms;
        self.call_live(cx, limit_ms, |live| match &live.lifecycle {
            Some(lifecycle) => lifecycle.call_init(&mut live.store, config),
            None => Ok(Ok(())),
        })
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        // A cancelled flow makes no further calls.
        if self.live.is_none() || cx.halt.is_cancelled() {
            return Ok(());
        }
        let limit_ms = self.limits().teardown_timeout_ms;
        self.call_live(cx, limit_ms, |live| match &live.lifecycle {
            Some(lifecycle) => lifecycle.call_teardown(&mut live.store).map(Ok),
            None => Ok(Ok(())),
        })
    }

    fn is_dead(&self) -> bool {
        self.live.is_none()
    }

    fn restart(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        self.live = Some(self.recipe.instantiate()?);
        self.init(cx, config)
    }
}

fn accept(pool: &mut BufferPool, buffer: BufferId, named: &str) -> Result<Payload, BufferError> {
    let own = pool.content_type(buffer)?;
    let content_type = match pool.content_types.intern(named)? {
        ContentType::EMPTY => own,
        named => named,
    };
    pool.take_over(buffer)?;
    Ok(Payload { buffer, content_type })
}

/// The element in the component's terms: payload and context are lent.
fn lend(pool: &mut BufferPool, input: Element) -> types::StreamElement {
    pool.lend(input.payload)
        .expect("invariant: an element in a stage's hand is in transit");
    types::StreamElement {
        meta: types::ElementMeta {
            sequence: input.sequence,
            timestamp_ns: input.timestamp_ns,
            content_type: pool.content_types.name(input.content_type).to_owned(),
        },
        payload: Resource::new_borrow(input.payload.rep()),
        context: Resource::new_borrow(0),
    }
}

impl Source for ComponentSource {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let limit_ms = self.limits().invocation_timeout_ms;
        match self.call(cx, limit_ms, |store, guest| guest.call_pull(store))? {
            Some(output) => self.accept(cx, &output).map(Pulled::Element),
            None => Ok(Pulled::Exhausted),
        }
    }

    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Called<()> {
        let limit_ms = self.limits().invocation_timeout_ms;
        let signal = match signal {
            Demand::Ready => types::BackpressureSignal::Ready,
            Demand::Pause => types::BackpressureSignal::Pause,
        };
        self.call(cx, limit_ms, |store, guest| {
            guest.call_notify_backpressure(store, signal).map(Ok)
        })
    }
}

impl Processor for ComponentProcessor {
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        match self.call_with(cx, input, |store, guest, lent| guest.call_process(store, lent))? {
            types::ProcessResult::Emit(output) => self.accept(cx, &output).map(Some),
            types::ProcessResult::Drop => Ok(None),
        }
    }
}

impl Filter for ComponentFilter {
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool> {
        self.call_with(cx, input, |store, guest, lent| guest.call_evaluate(store, lent))
    }
}

impl Router for ComponentRouter {
    fn route(&mut self, cx: &mut RunContext, input: Element) -> Called<Vec<String>> {
        self.call_with(cx, input, |store, guest, lent| guest.call_route(store, lent))
    }
}

impl Aggregator for ComponentAggregator {
    fn ingest(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        match self.call_with(cx, input, |store, guest, lent| guest.call_ingest(store, lent))? {
            Some(output) => self.accept(cx, &output).map(Some),
            None => Ok(None),
        }
    }

    fn flush(&mut self, cx: &mut RunContext) -> Called<Vec<Payload>> {
        let limit_ms = self.limits().invocation_timeout_ms;
        let outputs = self.call(cx, limit_ms, |store, guest| guest.call_flush(store))?;
        let mut accepted = Vec::with_capacity(outputs.len());
        let mut refused = None;
        for output in &outputs {
            match self.accept(cx, output) {
                Ok(payload) => accepted.push(payload),
                Err(cause) => refused = refused.or(Some(cause)),
            }
        }
        let Some(cause) = refused else { return Ok(accepted) };
        // All or nothing: some of the results would be mistaken for all of them.
        for payload in accepted {
            let released = cx.pool().release(payload.buffer);
            released.expect("invariant: the buffer was just taken over");
        }
        Err(cause)
    }
}

impl Sink for ComponentSink {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken> {
        let demand = match self.call_with(cx, input, |store, guest, lent| guest.call_push(store, lent))? {
            types::BackpressureSignal::Ready => Demand::Ready,
            types::BackpressureSignal::Pause => Demand::Pause,
        };
        Ok(Taken::Delivered(demand))
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        if self.is_dead() {
            return Ok(());
        }
        let limit_ms = self.limits().invocation_timeout_ms;
        self.call(cx, limit_ms, |store, guest| guest.call_complete(store))
    }
}
