//! The component call path: wasmtime's typed component functions, one store per stage. Works for every component.

use std::sync::Arc;

use tokio::runtime::Runtime;
use wasmtime::component::{Component, Instance, InstancePre, Linker, Resource};
use wasmtime::{Engine, Error, Store, Trap};

use crate::buffer::{BufferId, BufferPool, ContentType};
use crate::context::RunContext;
use crate::control::Control;
use crate::element::Element;
use crate::engine::EngineOptions;
use crate::error::{Cause, ComponentError, Interruption, ResourceMisuse};
use crate::host::bindings::exports::torvyn::filtering::filter;
use crate::host::bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use crate::host::bindings::torvyn::streaming::types;
use crate::host::{self, CopyStats, StageData};
use crate::plan::{LimitsPlan, NodePlan};
use crate::stage::{Called, Demand, Filter, Payload, Processor, Pulled, Sink, Source, Stage};

/// What instances of components are made from; needed only until all are made.
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

    fn instantiate(&self, component: &Component, flow: &'static str, plan: &'static NodePlan) -> Called<Instantiated> {
        let pre = self
            .linker
            .instantiate_pre(component)
            .map_err(|error| Cause::Instantiation(format!("{error:#}")))?;
        let mut store = host::store(
            &self.engine,
            flow,
            &plan.limits,
            Arc::clone(&self.control),
            Arc::clone(&self.runtime),
        );
        let fuel = self.fuel(&plan.limits);
        if let Some(fuel) = fuel {
            store
                .set_fuel(fuel)
                .map_err(|error| Cause::Instantiation(format!("{error:#}")))?;
        }
        let instance = pre.instantiate(&mut store).map_err(|error| match cause(&error) {
            Cause::Trap(text) => Cause::Instantiation(text),
            other @ (Cause::Component(_)
            | Cause::Deadline(_)
            | Cause::Cancelled
            | Cause::Misuse(_)
            | Cause::Endpoint(_)
            | Cause::Instantiation(_)) => other,
        })?;
        let lifecycle = match plan.lifecycle {
            true => Some(export(
                lifecycle::GuestIndices::new(&pre).and_then(|found| found.load(&mut store, &instance)),
            )?),
            false => None,
        };
        Ok(Instantiated {
            pre,
            instance,
            stage: ComponentStage {
                store,
                lifecycle,
                limits: &plan.limits,
                fuel,
                alive: true,
            },
        })
    }
}

fn export<T>(found: wasmtime::Result<T>) -> Called<T> {
    found.map_err(|error| Cause::Instantiation(format!("{error:#}")))
}

struct Instantiated {
    pre: InstancePre<StageData>,
    instance: Instance,
    stage: ComponentStage,
}

/// What the stages of all roles share.
struct ComponentStage {
    store: Store<StageData>,
    lifecycle: Option<lifecycle::Guest>,
    limits: &'static LimitsPlan,
    fuel: Option<u64>,
    /// False after a trap, which leaves the store unusable.
    alive: bool,
}

impl ComponentStage {
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
        self.store.data_mut().enter(cx.lend_pool(), limit_ms, deadline_ns);
        let result = call(&mut self.store);
        cx.return_pool(self.store.data_mut().leave());
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Cause::Component(error.into())),
            Err(error) => {
                self.alive = false;
                Err(cause(&error))
            }
        }
    }

    fn init(&mut self, cx: &mut RunContext, config: &str) -> Called<()> {
        match self.lifecycle.take() {
            Some(lifecycle) => {
                let result = self.call(cx, self.limits.init_timeout_ms, |store| {
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
            Some(lifecycle) if self.alive => self.call(cx, self.limits.teardown_timeout_ms, |store| {
                lifecycle.call_teardown(store).map(Ok)
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl From<types::ProcessError> for ComponentError {
    fn from(error: types::ProcessError) -> Self {
        match error {
            types::ProcessError::InvalidInput(text) => ComponentError::InvalidInput(text),
            types::ProcessError::Unavailable(text) => ComponentError::Unavailable(text),
            types::ProcessError::Internal(text) => ComponentError::Internal(text),
            types::ProcessError::DeadlineExceeded => ComponentError::DeadlineExceeded,
            types::ProcessError::Fatal(text) => ComponentError::Fatal(text),
        }
    }
}

/// What wasmtime's error means for the flow.
fn cause(error: &Error) -> Cause {
    if let Some(interruption) = error.downcast_ref::<Interruption>() {
        return match interruption {
            Interruption::Deadline(ms) => Cause::Deadline(*ms),
            Interruption::Cancelled => Cause::Cancelled,
        };
    }
    if let Some(misuse) = error.downcast_ref::<ResourceMisuse>() {
        return Cause::Misuse(misuse.to_string());
    }
    match error.downcast_ref::<Trap>() {
        Some(trap) => Cause::Trap(trap.to_string()),
        None => Cause::Trap(format!("{error:#}")),
    }
}

/// The element as the component sees it: payload and context are lent.
fn lend(pool: &BufferPool, input: Element) -> types::StreamElement {
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

/// Takes over what a component returned. Sequence and timestamp in it are advisory.
fn accept(pool: &mut BufferPool, output: &types::OutputElement) -> Called<Payload> {
    let buffer = BufferId::from_rep(output.payload.rep());
    let own = pool.content_type(buffer);
    let named = pool.content_types.intern(&output.meta.content_type);
    match (own, named) {
        (Ok(own), Ok(ContentType::EMPTY)) => Ok(Payload {
            buffer,
            content_type: own,
        }),
        (Ok(_), Ok(content_type)) => Ok(Payload { buffer, content_type }),
        (Err(error), _) | (_, Err(error)) => Err(Cause::Misuse(
            ResourceMisuse {
                function: "output-element",
                error,
            }
            .to_string(),
        )),
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
            /// Instantiates the component for a node.
            ///
            /// # Errors
            /// When it can't be instantiated or lacks the interface of its role.
            pub fn instantiate(
                instantiator: &Instantiator,
                component: &Component,
                flow: &'static str,
                plan: &'static NodePlan,
            ) -> Called<Self> {
                let Instantiated { pre, instance, mut stage } = instantiator.instantiate(component, flow, plan)?;
                let guest = export(
                    $interface::GuestIndices::new(&pre).and_then(|found| found.load(&mut stage.store, &instance)),
                )?;
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
    /// A component in the role of a sink.
    ComponentSink,
    sink
);

impl Source for ComponentSource {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let limit = self.stage.limits.invocation_timeout_ms;
        match self.stage.call(cx, limit, |store| self.guest.call_pull(store))? {
            Some(output) => accept(cx.pool(), &output).map(Pulled::Element),
            None => Ok(Pulled::Exhausted),
        }
    }
}

impl Processor for ComponentProcessor {
    fn process(&mut self, cx: &mut RunContext, input: Element) -> Called<Option<Payload>> {
        let limit = self.stage.limits.invocation_timeout_ms;
        let lent = lend(cx.pool(), input);
        match self
            .stage
            .call(cx, limit, |store| self.guest.call_process(store, &lent))?
        {
            types::ProcessResult::Emit(output) => accept(cx.pool(), &output).map(Some),
            types::ProcessResult::Drop => Ok(None),
        }
    }
}

impl Filter for ComponentFilter {
    fn evaluate(&mut self, cx: &mut RunContext, input: Element) -> Called<bool> {
        let limit = self.stage.limits.invocation_timeout_ms;
        let lent = lend(cx.pool(), input);
        self.stage
            .call(cx, limit, |store| self.guest.call_evaluate(store, &lent))
    }
}

impl Sink for ComponentSink {
    fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Demand> {
        let limit = self.stage.limits.invocation_timeout_ms;
        let lent = lend(cx.pool(), input);
        match self.stage.call(cx, limit, |store| self.guest.call_push(store, &lent))? {
            types::BackpressureSignal::Ready => Ok(Demand::Ready),
            types::BackpressureSignal::Pause => Ok(Demand::Pause),
        }
    }

    fn complete(&mut self, cx: &mut RunContext) -> Called<()> {
        if !self.stage.alive {
            return Ok(());
        }
        let limit = self.stage.limits.invocation_timeout_ms;
        self.stage.call(cx, limit, |store| self.guest.call_complete(store))
    }
}
