//! The component call path: wasmtime's typed component functions, one store per stage. Works for every component.

use std::sync::Arc;

use tokio::runtime::Runtime;
use wasmtime::component::{Component, Instance, InstancePre, Linker, Resource};
use wasmtime::{Engine, Error, Store, Trap};

use crate::buffer::{BufferError, BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::control::Control;
use crate::element::Element;
use crate::engine::EngineOptions;
use crate::error::{Cause, ComponentError, Interruption, ResourceMisuse};
use crate::host::bindings::exports::torvyn::aggregation::aggregator;
use crate::host::bindings::exports::torvyn::filtering::{filter, router};
use crate::host::bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use crate::host::bindings::torvyn::streaming::types;
use crate::host::{self, CopyStats, StageData};
use crate::plan::{LimitsPlan, NodePlan};
use crate::stage::{Aggregator, Called, Demand, Filter, Payload, Processor, Pulled, Router, Sink, Source, Stage};

/// What instances of components are made from, at the start and after a trap.
pub struct Instantiator {
    engine: Engine,
    linker: Linker<StageData>,
    control: Arc<Control>,
    runtime: Arc<Runtime>,
    metered: bool,
}

impl Instantiator {
    /// Prepares the imports.
    ///
    /// # Errors
    /// When wasmtime refuses the host functions.
    pub fn new(
        engine: Engine,
        options: EngineOptions,
        wasi: &[host::wasi::Package],
        control: Arc<Control>,
        runtime: Arc<Runtime>,
    ) -> wasmtime::Result<Self> {
        Ok(Self {
            linker: host::linker(&engine, wasi)?,
            engine,
            control,
            runtime,
            metered: options.fuel,
        })
    }

    /// Fuel for each call: with metering on, a stage without a limit gets all there is.
    fn fuel(&self, limits: &LimitsPlan) -> Option<u64> {
        self.metered
            .then_some(if limits.fuel == 0 { u64::MAX } else { limits.fuel })
    }
}

/// What the instances of one node are made from.
#[derive(Clone)]
pub struct Making {
    /// The imports.
    pub instantiator: Arc<Instantiator>,
    /// The component.
    pub component: Component,
    /// Name of the flow.
    pub flow: &'static str,
    /// The node.
    pub plan: &'static NodePlan,
    /// Its position in the flow.
    pub position: usize,
}

impl Making {
    /// Makes an instance, and finds its exports with `find`.
    fn instantiate<G>(
        self,
        find: fn(&InstancePre<StageData>, &mut Store<StageData>, &Instance) -> Found<G>,
    ) -> Called<(ComponentStage, G)> {
        let from = &self.instantiator;
        let pre = export(from.linker.instantiate_pre(&self.component))?;
        let limits = &self.plan.limits;
        let mut store = host::store(
            &from.engine,
            self.flow,
            self.plan,
            Arc::clone(&from.control),
            Arc::clone(&from.runtime),
        );
        let fuel = from.fuel(limits);
        if let Some(fuel) = fuel {
            export(store.set_fuel(fuel))?;
        }
        let instance = pre
            .instantiate(&mut store)
            .map_err(|error| interruption(&error).unwrap_or_else(|| Cause::Instantiation(words(&error))))?;
        let lifecycle = match self.plan.lifecycle {
            true => Some(export(
                lifecycle::GuestIndices::new(&pre).and_then(|found| found.load(&mut store, &instance)),
            )?),
            false => None,
        };
        let guest = export(find(&pre, &mut store, &instance))?;
        let stage = ComponentStage {
            store,
            lifecycle,
            fuel,
            is_alive: true,
            making: self,
        };
        Ok((stage, guest))
    }
}

type Found<G> = wasmtime::Result<G>;

fn export<T>(found: wasmtime::Result<T>) -> Called<T> {
    found.map_err(|error| Cause::Instantiation(format!("{error:#}")))
}

/// What the stages of all roles share.
struct ComponentStage {
    store: Store<StageData>,
    lifecycle: Option<lifecycle::Guest>,
    fuel: Option<u64>,
    /// False after a trap, which leaves the store unusable.
    is_alive: bool,
    making: Making,
}

impl ComponentStage {
    fn limits(&self) -> &'static LimitsPlan {
        &self.making.plan.limits
    }

    /// Calls the component: lends it the flow's buffers, and turns what went wrong into a cause.
    fn call<T>(
        &mut self,
        cx: &mut RunContext,
        limit_ms: u64,
        call: impl FnOnce(&mut Store<StageData>) -> wasmtime::Result<Result<T, types::ProcessError>>,
    ) -> Called<T> {
        if let Some(fuel) = self.fuel {
            self.store.set_fuel(fuel).expect("invariant: the engine meters fuel");
        }
        let deadline_ns = cx.deadline_ns();
        let mut pool = cx.lend_pool();
        pool.begin_call(self.making.position);
        self.store.data_mut().enter(pool, limit_ms, deadline_ns);
        let result = call(&mut self.store);
        let mut pool = self.store.data_mut().leave();
        pool.end_call();
        cx.return_pool(pool);
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Cause::Component(error.into())),
            Err(error) => {
                self.is_alive = false;
                Err(cause(&error))
            }
        }
    }

    /// Calls the component with an element: payload and context are lent to it.
    fn call_with<T>(
        &mut self,
        cx: &mut RunContext,
        input: Element,
        call: impl FnOnce(&mut Store<StageData>, &types::StreamElement) -> wasmtime::Result<Result<T, types::ProcessError>>,
    ) -> Called<T> {
        let lent = lend(cx.pool(), input);
        self.store.data_mut().count_metadata(&lent.meta.content_type);
        let result = self.call(cx, self.limits().invocation_timeout_ms, |store| call(store, &lent));
        let ended = cx.pool().end_loan(input.payload);
        ended.expect("invariant: the element was lent");
        result
    }

    /// Takes over what the component returned. Sequence and timestamp in it are advisory.
    fn accept(&mut self, cx: &mut RunContext, output: &types::OutputElement) -> Called<Payload> {
        self.store.data_mut().count_metadata(&output.meta.content_type);
        let pool = cx.pool();
        let buffer = BufferId::from_rep(output.payload.rep());
        pool.begin_call(self.making.position);
        let accepted = accept(pool, buffer, &output.meta.content_type);
        if accepted.is_err() {
            // Nobody else knows of it.
            let _ = pool.drop_owned(buffer);
        }
        pool.end_call();
        accepted.map_err(|error| {
            misuse(&ResourceMisuse {
                function: "output-element",
                error,
            })
        })
    }

    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        match self.lifecycle.take() {
            Some(lifecycle) => {
                let result = self.call(cx, self.limits().init_timeout_ms, |store| {
                    lifecycle.call_init(store, config)
                });
                self.lifecycle = Some(lifecycle);
                result
            }
            None => Ok(()),
        }
    }

    fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
        match self.lifecycle.take() {
            // A cancelled flow calls nothing any more.
            Some(lifecycle) if self.is_alive && !cx.control.is_cancelled() => {
                self.call(cx, self.limits().teardown_timeout_ms, |store| {
                    lifecycle.call_teardown(store).map(Ok)
                })
            }
            Some(_) | None => Ok(()),
        }
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

/// Longest text of an error that is kept, in bytes: a component may send any.
const LONGEST_TEXT: usize = 4096;

impl From<types::ProcessError> for ComponentError {
    fn from(error: types::ProcessError) -> Self {
        match error {
            types::ProcessError::InvalidInput(text) => ComponentError::InvalidInput(bounded(text)),
            types::ProcessError::Unavailable(text) => ComponentError::Unavailable(bounded(text)),
            types::ProcessError::Internal(text) => ComponentError::Internal(bounded(text)),
            types::ProcessError::DeadlineExceeded => ComponentError::DeadlineExceeded,
            types::ProcessError::Fatal(text) => ComponentError::Fatal(bounded(text)),
        }
    }
}

fn bounded(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

/// What wasmtime's error means for the flow.
fn cause(error: &Error) -> Cause {
    if let Some(interruption) = interruption(error) {
        return interruption;
    }
    if let Some(found) = error.downcast_ref::<ResourceMisuse>() {
        return misuse(found);
    }
    let text = words(error);
    match handle_misuse(&text) {
        Some(code) => Cause::Misuse(code, text),
        None => Cause::Trap(text),
    }
}

/// The cause when the call was stopped from outside.
fn interruption(error: &Error) -> Option<Cause> {
    error.downcast_ref::<Interruption>().map(|stopped| match stopped {
        Interruption::Deadline(ms) => Cause::Deadline(*ms),
        Interruption::Cancelled => Cause::Cancelled,
    })
}

/// The words of the trap itself, where it is one.
fn words(error: &Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    }
}

fn misuse(found: &ResourceMisuse) -> Cause {
    Cause::Misuse(found.code(), found.to_string())
}

/// The code for a handle that the sandbox itself found to be wrong. It tells them apart in words only (wasmtime 48,
/// `runtime/vm/component/{handle_table,resources}.rs`).
fn handle_misuse(text: &str) -> Option<&'static str> {
    let words = [
        ("unknown handle index", "E0303"),
        ("is not a resource", "E0303"),
        ("used with the wrong type", "E0303"),
        ("is not an own resource", "E0302"),
        ("cannot lift own resource from a borrow", "E0302"),
        ("borrow handles still remain", "E0304"),
        ("cannot remove owned resource while borrowed", "E0304"),
    ];
    words
        .into_iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, code)| code)
}

/// The element as the component sees it: payload and context are lent.
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

macro_rules! component_stage {
    ($(#[$doc:meta])* $name:ident, $interface:ident) => {
        $(#[$doc])*
        pub struct $name {
            stage: ComponentStage,
            guest: $interface::Guest,
        }

        impl $name {
            /// Instantiates the component of a node.
            ///
            /// # Errors
            /// When it can't be instantiated or lacks the interface of its role.
            pub fn instantiate(making: Making) -> Called<Self> {
                let (stage, guest) = making.instantiate(|pre, store, instance| {
                    $interface::GuestIndices::new(pre).and_then(|found| found.load(store, instance))
                })?;
                Ok(Self { stage, guest })
            }
        }

        impl Stage for $name {
            fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                self.stage.init(cx, config)
            }

            fn teardown(&mut self, cx: &mut RunContext) -> Called<()> {
                self.stage.teardown(cx)
            }

            fn copies(&self) -> CopyStats {
                self.stage.store.data().copies()
            }

            fn is_dead(&self) -> bool {
                !self.stage.is_alive
            }

            fn revive(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
                let copies = self.copies();
                *self = Self::instantiate(self.stage.making.clone())?;
                self.stage.store.data_mut().go_on_counting(copies);
                self.init(cx, config)
            }
        }
    };
}

component_stage!(
    /// A component in the role of a source.
    ComponentSource,
    source
);
component_stage!(
    /// A component in the role of a processor.
    ComponentProcessor,
    processor
);
component_stage!(
    /// A component in the role of a filter.
    ComponentFilter,
    filter
);
component_stage!(
    /// A component in the role of a router.
    ComponentRouter,
    router
);
component_stage!(
    /// A component in the role of an aggregator.
    ComponentAggregator,
    aggregator
);
component_stage!(
    /// A component in the role of a sink.
    ComponentSink,
    sink
);

impl Source for ComponentSource {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let limit = self.stage.limits().invocation_timeout_ms;
        match self.stage.call(cx, limit, |store| self.guest.call_pull(store))? {
            Some(output) => self.stage.accept(cx, &output).map(Pulled::Element),
            None => Ok(Pulled::Exhausted),
        }
    }

    fn notify(&mut self, cx: &mut RunContext, signal: Demand) -> Called<()> {
        let limit = self.stage.limits().invocation_timeout_ms;
        let signal = match signal {
            Demand::Ready => types::BackpressureSignal::Ready,
            Demand::Pause => types::BackpressureSignal::Pause,
        };
        self.stage.call(cx, limit, |store| {
            self.guest.call_notify_backpressure(store, signal).map(Ok)
        })
    }
}

impl Processor for ComponentProcessor {
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        let guest = &self.guest;
        match self
            .stage
            .call_with(cx, input, |store, lent| guest.call_process(store, lent))?
        {
            types::ProcessResult::Emit(output) => self.stage.accept(cx, &output).map(Some),
            types::ProcessResult::Drop => Ok(None),
        }
    }
}

impl Filter for ComponentFilter {
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool> {
        let guest = &self.guest;
        self.stage
            .call_with(cx, input, |store, lent| guest.call_evaluate(store, lent))
    }
}

impl Router for ComponentRouter {
    fn route(&mut self, cx: &mut RunContext, input: Element) -> Called<Vec<String>> {
        let guest = &self.guest;
        self.stage
            .call_with(cx, input, |store, lent| guest.call_route(store, lent))
    }
}

impl Aggregator for ComponentAggregator {
    fn ingest(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        let guest = &self.guest;
        match self
            .stage
            .call_with(cx, input, |store, lent| guest.call_ingest(store, lent))?
        {
            Some(output) => self.stage.accept(cx, &output).map(Some),
            None => Ok(None),
        }
    }

    fn flush(&mut self, cx: &mut RunContext) -> Called<Vec<Payload>> {
        if !self.stage.is_alive {
            return Ok(Vec::new());
        }
        let limit = self.stage.limits().invocation_timeout_ms;
        let outputs = self.stage.call(cx, limit, |store| self.guest.call_flush(store))?;
        let accepted: Vec<Called<Payload>> = outputs.iter().map(|output| self.stage.accept(cx, output)).collect();
        match accepted.iter().position(Result::is_err) {
            None => Ok(accepted.into_iter().flatten().collect()),
            Some(first) => {
                // All or nothing: a part of the results would be taken for all of them.
                for payload in accepted.iter().flatten() {
                    let released = cx.pool().release(payload.buffer);
                    released.expect("invariant: the buffer was just taken over");
                }
                accepted
                    .into_iter()
                    .nth(first)
                    .map_or(Ok(Vec::new()), |failed| failed.map(|_| Vec::new()))
            }
        }
    }
}

impl Sink for ComponentSink {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand> {
        let guest = &self.guest;
        match self
            .stage
            .call_with(cx, input, |store, lent| guest.call_push(store, lent))?
        {
            types::BackpressureSignal::Ready => Ok(Demand::Ready),
            types::BackpressureSignal::Pause => Ok(Demand::Pause),
        }
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        if !self.stage.is_alive {
            return Ok(());
        }
        let limit = self.stage.limits().invocation_timeout_ms;
        self.stage.call(cx, limit, |store| self.guest.call_complete(store))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_errors_are_cut_between_characters() {
        assert_eq!(bounded("short".to_owned()), "short");
        let cut = bounded("é".repeat(LONGEST_TEXT));
        assert!(cut.starts_with('é') && cut.ends_with("… (8192 bytes in all)"));
        assert_eq!(cut.chars().filter(|c| *c == 'é').count(), LONGEST_TEXT / 2);
    }
}
