//! Makes instances of components, at the start of a flow and after a trap.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::{Builder, EnterGuard, Runtime};
use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::control::{Control, Halt};
use crate::crossing::cause::instantiation;
use crate::crossing::{Entered, Hosting};
use crate::engine::{self, Artifact, EngineKind, EngineOptions};
use crate::host::bindings::exports::torvyn::aggregation::aggregator;
use crate::host::bindings::exports::torvyn::filtering::{filter, router};
use crate::host::bindings::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use crate::host::{self, StageData};
use crate::plan::{FlowPlan, LimitsPlan, NodePlan, ProgramPlan};
use crate::stage::Called;

/// What instances of components are made from, at the start and after a trap.
pub struct Instantiator {
    engine: Engine,
    linker: Linker<StageData>,
    /// What components wait for runs on this one, instead of a pool of threads that wasmtime-wasi would start.
    runtime: Arc<Runtime>,
    metered: bool,
    /// Components by artifact: several nodes, of several flows, may use one.
    loaded: Mutex<BTreeMap<&'static str, Component>>,
}

/// Makes what the components of a program share.
///
/// # Errors
/// When this machine can't run the code of its own target, or wasmtime refuses the host functions.
pub fn host(program: &ProgramPlan, control: &Arc<Control>) -> wasmtime::Result<Box<dyn Hosting>> {
    let engine = engine::build(EngineOptions {
        kind: EngineKind::Component,
        tuning: program.tuning,
    })?;
    control.advance(&engine);
    Ok(Box::new(Arc::new(Instantiator {
        linker: host::linker(&engine, program.wasi)?,
        engine,
        runtime: Arc::new(Builder::new_current_thread().enable_time().build()?),
        metered: program.tuning.fuel,
        loaded: Mutex::default(),
    })))
}

impl Hosting for Arc<Instantiator> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        Some(Box::new(self.runtime.enter()))
    }
}

impl Entered for EnterGuard<'_> {}

impl Instantiator {
    fn load(&self, artifact: &'static Artifact) -> wasmtime::Result<Component> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = loaded.get(artifact.name) {
            return Ok(component.clone());
        }
        let component = engine::load(&self.engine, artifact)?;
        loaded.insert(artifact.name, component.clone());
        Ok(component)
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
pub(super) struct Making {
    instantiator: Arc<Instantiator>,
    pre: InstancePre<StageData>,
    flow: &'static str,
    /// Of the run, or of the source that has a thread of its own.
    halt: Arc<Halt>,
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
    /// Loads the component of `flow`'s node `position`, and resolves its imports.
    ///
    /// # Errors
    /// When it can't be loaded, or imports something that nobody provides.
    pub(super) fn new(
        instantiator: &Arc<Instantiator>,
        artifact: &'static Artifact,
        flow: &'static FlowPlan,
        position: usize,
        halt: Arc<Halt>,
    ) -> Called<Self> {
        let plan = &flow.nodes[position];
        let component = export(instantiator.load(artifact))?;
        Ok(Self {
            pre: export(instantiator.linker.instantiate_pre(&component))?,
            fuel: instantiator.fuel(&plan.limits),
            instantiator: Arc::clone(instantiator),
            flow: flow.name,
            halt,
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
            Arc::clone(&self.halt),
            Arc::clone(&from.runtime),
        );
        if let Some(fuel) = self.fuel {
            export(store.set_fuel(fuel))?;
        }
        let instance = self
            .pre
            .instantiate(&mut store)
            .map_err(|error| instantiation(&error))?;
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
    found.map_err(|error| instantiation(&error))
}
