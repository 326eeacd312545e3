//! Makes instances of components, at the start of a flow and after a trap.

use std::sync::Arc;

use tokio::runtime::Runtime;
use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use super::cause::{interruption, words};
use crate::control::Control;
use crate::engine::EngineOptions;
use crate::error::Cause;
use crate::host::bindings::exports::torvyn::aggregation::aggregator;
use crate::host::bindings::exports::torvyn::filtering::{filter, router};
use crate::host::bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use crate::host::{self, StageData};
use crate::plan::{FlowPlan, LimitsPlan, NodePlan};
use crate::stage::Called;

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

/// Finds the exports of a role in an instance.
pub trait Exports: Sized + Send {
    /// The exports.
    ///
    /// # Errors
    /// When one is missing.
    fn find(pre: &InstancePre<StageData>, store: &mut Store<StageData>, instance: &Instance) -> wasmtime::Result<Self>;
}

macro_rules! exports {
    ($($interface:ident),+) => {
        $(impl Exports for $interface::Guest {
            fn find(
                pre: &InstancePre<StageData>,
                store: &mut Store<StageData>,
                instance: &Instance,
            ) -> wasmtime::Result<Self> {
                $interface::GuestIndices::new(pre).and_then(|found| found.load(store, instance))
            }
        })+
    };
}

exports!(aggregator, filter, lifecycle, processor, router, sink, source);

/// What the instances of one node are made from.
pub struct Making {
    instantiator: Arc<Instantiator>,
    pre: InstancePre<StageData>,
    flow: &'static str,
    /// The node.
    pub(super) plan: &'static NodePlan,
    /// Its position in the flow.
    pub(super) position: usize,
    /// Fuel for each call, where calls are metered.
    pub(super) fuel: Option<u64>,
}

/// An instance in its store.
pub(super) struct Live<G> {
    pub(super) store: Store<StageData>,
    pub(super) lifecycle: Option<lifecycle::Guest>,
    pub(super) guest: G,
}

impl Making {
    /// Resolves the imports of the component of `flow`'s node `position`.
    ///
    /// # Errors
    /// When it imports something that nobody provides.
    pub fn new(
        instantiator: &Arc<Instantiator>,
        component: &Component,
        flow: &'static FlowPlan,
        position: usize,
    ) -> Called<Self> {
        let plan = &flow.nodes[position];
        Ok(Self {
            pre: export(instantiator.linker.instantiate_pre(component))?,
            fuel: instantiator.fuel(&plan.limits),
            instantiator: Arc::clone(instantiator),
            flow: flow.name,
            plan,
            position,
        })
    }

    /// Makes an instance.
    pub(super) fn instantiate<G: Exports>(&self) -> Called<Live<G>> {
        let from = &self.instantiator;
        let mut store = host::store(
            &from.engine,
            self.flow,
            self.plan,
            Arc::clone(&from.control),
            Arc::clone(&from.runtime),
        );
        if let Some(fuel) = self.fuel {
            export(store.set_fuel(fuel))?;
        }
        let instance = self
            .pre
            .instantiate(&mut store)
            .map_err(|error| interruption(&error).unwrap_or_else(|| Cause::Instantiation(words(&error))))?;
        let lifecycle = match self.plan.lifecycle {
            true => Some(export(Exports::find(&self.pre, &mut store, &instance))?),
            false => None,
        };
        let guest = export(G::find(&self.pre, &mut store, &instance))?;
        Ok(Live {
            store,
            lifecycle,
            guest,
        })
    }
}

fn export<T>(found: wasmtime::Result<T>) -> Called<T> {
    found.map_err(|error| Cause::Instantiation(format!("{error:#}")))
}
