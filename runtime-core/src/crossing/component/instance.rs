//! Instantiation of components, at the start of a flow and after a trap.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Linker};

use super::contract::exports::torvyn::aggregation::aggregator;
use super::contract::exports::torvyn::filtering::{filter, router};
use super::contract::exports::torvyn::streaming::{lifecycle, processor, sink, source};
use super::linker;
use super::linker::Package;
use super::store::{self, StageData};
use super::system;
use crate::crossing::cause::instantiation;
use crate::crossing::{Entered, PathHost, StartPath};
use crate::engine::{Artifact, CodeMap, EngineKind, EngineOptions, Loader};
use crate::limits::StageLimits;
use crate::plan::{FlowPlan, NodePlan, ProgramPlan};
use crate::revocation::{self, Creator, Revocation};
use crate::sandbox::Sandbox;
use crate::stage::Called;
use crate::watchdog::Watched;

/// Factory for instances of components, used at the start and after a trap.
pub struct Instantiator {
    loader: Loader,
    linker: Linker<StageData>,
    system: system::Host,
    metered: bool,
    /// Components by artifact: several nodes, also of several flows, may use the same one.
    loaded: Mutex<BTreeMap<&'static str, Component>>,
}

/// The component path of a program, with the WASI packages that its components import.
#[derive(Debug)]
pub struct ComponentPath {
    /// The WASI packages.
    pub wasi: &'static [Package],
}

impl StartPath for ComponentPath {
    fn start(&self, program: &ProgramPlan, map: Option<Arc<dyn CodeMap>>) -> wasmtime::Result<Box<dyn PathHost>> {
        let options = EngineOptions {
            kind: EngineKind::Component,
            tuning: program.tuning,
        };
        let loader = Loader::new(options, Arc::new(Creator), map)?;
        Ok(Box::new(Arc::new(Instantiator {
            linker: linker::linker(loader.engine(), self.wasi)?,
            loader,
            system: system::Host::start()?,
            metered: program.tuning.fuel,
            loaded: Mutex::default(),
        })))
    }
}

impl PathHost for Arc<Instantiator> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enter(&self) -> Option<Box<dyn Entered + '_>> {
        self.system.enter()
    }
}

impl Instantiator {
    fn load(&self, artifact: &'static Artifact) -> wasmtime::Result<Component> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(component) = loaded.get(artifact.name) {
            return Ok(component.clone());
        }
        let component = self.loader.component(artifact)?;
        revocation::catch(component.image_range());
        loaded.insert(artifact.name, component.clone());
        Ok(component)
    }

    /// Fuel for each call; with metering on, a stage without a limit gets the largest amount.
    fn fuel(&self, limits: &StageLimits) -> Option<u64> {
        self.metered
            .then_some(if limits.fuel == 0 { u64::MAX } else { limits.fuel })
    }
}

/// Finds the exports of a role in an instance.
pub trait Exports: Sized + Send {
    /// Finds the exports of the role.
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

/// Everything needed to instantiate one node's component again.
pub(super) struct Recipe {
    instantiator: Arc<Instantiator>,
    pre: InstancePre<StageData>,
    flow: &'static str,
    /// The calls of the flow's driver, or of a source with a thread of its own.
    pub(super) watched: Arc<Watched>,
    sandbox: Sandbox,
    /// The node.
    pub(super) plan: &'static NodePlan,
    /// Position of the node in the flow.
    pub(super) position: usize,
    /// Fuel for each call, where calls are metered.
    pub(super) fuel: Option<u64>,
}

/// An instance in its store.
pub(super) struct Live<G> {
    pub(super) store: Store<StageData>,
    pub(super) lifecycle: Option<lifecycle::Guest>,
    pub(super) guest: G,
    pub(super) revocation: Arc<Revocation>,
}

impl Recipe {
    /// Loads the component of `flow`'s node `position` and resolves its imports.
    ///
    /// # Errors
    /// When it cannot be loaded, or has an import that is not provided.
    pub(super) fn new(
        instantiator: &Arc<Instantiator>,
        artifact: &'static Artifact,
        flow: &'static FlowPlan,
        position: usize,
        watched: Arc<Watched>,
    ) -> Called<Self> {
        let plan = &flow.nodes[position];
        let component = export(instantiator.load(artifact))?;
        Ok(Self {
            pre: export(instantiator.linker.instantiate_pre(&component))?,
            fuel: instantiator.fuel(&plan.limits),
            instantiator: Arc::clone(instantiator),
            flow: flow.name,
            watched,
            sandbox: Sandbox::new(plan.capabilities),
            plan,
            position,
        })
    }

    /// Instantiates the component.
    pub(super) fn instantiate<G: Exports>(&self) -> Called<Live<G>> {
        let from = &self.instantiator;
        let system = system::State::new(&from.system);
        let watched = Arc::clone(&self.watched);
        let mut store = store::store(
            from.loader.engine(),
            self.flow,
            self.plan,
            self.sandbox,
            watched,
            system,
        );
        if let Some(fuel) = self.fuel {
            export(store.set_fuel(fuel))?;
        }
        let revocation = self.watched.revocation();
        self.watched.attach(&[self.position], &revocation);
        // Its start functions are called.
        self.watched.words().enter(self.position, 0);
        let instance = revocation.instantiate(|| self.pre.instantiate(&mut store));
        let instance = instance.map_err(|error| self.watched.reason(&revocation, error));
        self.watched.words().leave();
        let instance = instance.map_err(|error| instantiation(&error))?;
        let lifecycle = match self.plan.lifecycle {
            true => Some(export(Exports::find(&self.pre, &mut store, &instance))?),
            false => None,
        };
        let guest = export(G::find(&self.pre, &mut store, &instance))?;
        Ok(Live {
            store,
            lifecycle,
            guest,
            revocation,
        })
    }
}

fn export<T>(found: wasmtime::Result<T>) -> Called<T> {
    found.map_err(|error| instantiation(&error))
}
