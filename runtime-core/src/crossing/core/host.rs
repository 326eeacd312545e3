//! State shared by all shells of a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{Engine, Linker, Module, Result};

use super::data::ShellData;
use super::imports;
use crate::engine::{Artifact, CodeMap, EngineKind, EngineOptions, Loader, Tuning};
use crate::limits::StageLimits;
use crate::revocation::{self, Creator};

/// The engine of shells with its loader, their imports, and the modules loaded.
pub struct CoreHost {
    loader: Loader,
    pub(super) linker: Linker<ShellData>,
    /// Whether calls are metered with fuel.
    pub(super) metered: bool,
    /// Modules by artifact: several nodes, also of several flows, may use the same one.
    loaded: Mutex<BTreeMap<&'static str, Module>>,
}

impl CoreHost {
    /// Starts the engine.
    ///
    /// # Errors
    /// When this machine cannot run the code of the executable's target.
    pub(crate) fn start(tuning: Tuning, map: Option<Arc<dyn CodeMap>>) -> Result<Self> {
        let options = EngineOptions {
            kind: EngineKind::Core,
            tuning,
        };
        let loader = Loader::new(options, Arc::new(Creator), map)?;
        Ok(Self {
            linker: imports::linker(loader.engine())?,
            loader,
            metered: tuning.fuel,
            loaded: Mutex::default(),
        })
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.loader.engine()
    }

    /// The module of an artifact.
    pub(super) fn load(&self, artifact: &'static Artifact) -> Result<Module> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = loaded.get(artifact.name) {
            return Ok(module.clone());
        }
        let module = self.loader.shell(artifact)?;
        revocation::catch(module.image_range());
        loaded.insert(artifact.name, module.clone());
        Ok(module)
    }

    /// Fuel for a call; with metering on, a stage without a limit gets the largest amount.
    pub(super) fn fuel(&self, limits: &StageLimits) -> u64 {
        if limits.fuel == 0 { u64::MAX } else { limits.fuel }
    }
}
