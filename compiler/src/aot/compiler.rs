//! The engines behind the passes: one for components, one for shells, each made where a unit needs it.

use std::path::Path;

use torvyn_codegen::ir::ArtifactKind;
use torvyn_runtime_core::engine::{EngineKind, EngineOptions, Tuning, compile_config};
use wasmtime::Engine;

use super::strip::without_symbols;
use super::{AotArtifact, AotError, Unit};
use crate::cache::{runtime_hash, sha256, write_atomically};

/// The engines that compile the units of a program.
pub(super) struct Compilers {
    component: Option<Compiler>,
    shell: Option<Compiler>,
}

/// One engine, and all that its artifacts depend on beside the unit.
pub(super) struct Compiler {
    engine: Engine,
    made_by: String,
}

impl Compilers {
    /// What `units` need.
    pub(super) fn new(units: &[Unit], target: &str, tuning: Tuning) -> Result<Self, AotError> {
        let compiler = |kind: ArtifactKind| match units.iter().any(|unit| unit.kind == kind) {
            true => Compiler::new(kind, target, tuning).map(Some),
            false => Ok(None),
        };
        Ok(Self {
            component: compiler(ArtifactKind::Component)?,
            shell: compiler(ArtifactKind::Shell)?,
        })
    }

    /// The one for a kind that a unit of the program is of.
    pub(super) fn of(&self, kind: ArtifactKind) -> &Compiler {
        let compiler = match kind {
            ArtifactKind::Component => &self.component,
            ArtifactKind::Shell => &self.shell,
        };
        compiler.as_ref().expect("invariant: every kind of unit has its engine")
    }
}

impl Compiler {
    fn new(kind: ArtifactKind, target: &str, tuning: Tuning) -> Result<Self, AotError> {
        let unsupported = |error: wasmtime::Error| AotError::Target {
            target: target.into(),
            reason: format!("{error:#}"),
        };
        let kind = match kind {
            ArtifactKind::Component => EngineKind::Component,
            ArtifactKind::Shell => EngineKind::Core,
        };
        let options = EngineOptions { kind, tuning };
        let config = compile_config(target, options).map_err(unsupported)?;
        Ok(Self {
            engine: Engine::new(&config).map_err(unsupported)?,
            // The runtime's sources hold the rest of the configuration, its lock file the version of the code generator.
            made_by: format!("{} {options:?} {target} without symbols", runtime_hash()),
        })
    }

    /// The machine code of a unit; from `cache` where it is there.
    #[expect(clippy::disallowed_methods, reason = "the cache is a folder")]
    pub(super) fn precompile(&self, unit: &Unit, cache: &Path) -> Result<AotArtifact, AotError> {
        let name = unit.name.clone();
        let key = sha256(format!("{} {}", unit.sha256, self.made_by).as_bytes());
        let path = cache.join(format!("{key}.cwasm"));
        if let Ok(code) = std::fs::read(&path) {
            return Ok(AotArtifact { name, code });
        }
        let compiled = match unit.kind {
            ArtifactKind::Component => self.engine.precompile_component(&unit.bytes),
            ArtifactKind::Shell => self.engine.precompile_module(&unit.bytes),
        };
        match compiled.and_then(|code| without_symbols(&code)) {
            Ok(code) => match write_atomically(&path, &code) {
                Ok(()) => Ok(AotArtifact { name, code }),
                Err(error) => Err(AotError::Cache { path, error }),
            },
            Err(error) => Err(AotError::Unit {
                name,
                kind: unit.kind,
                used: unit.used,
                reason: format!("{error:#}"),
            }),
        }
    }
}
