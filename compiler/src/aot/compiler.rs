//! The engines that compile units: one for components and one for shells, each created only if a unit needs it.

use std::path::Path;

use torvyn_codegen::ir::ArtifactKind;
use torvyn_runtime_core::engine::{EngineKind, EngineOptions, compile_config};
use wasmtime::Engine;

use super::strip::without_symbols;
use super::{AotArtifact, AotError, AotOptions, FunctionNames, Symbols, Unit};
use crate::cache::{runtime_hash, sha256, write_atomically};

/// The engines that compile the units of a program.
pub(super) struct Compilers {
    component: Option<Compiler>,
    shell: Option<Compiler>,
}

/// An engine, and everything besides the unit on which its artifacts depend.
pub(super) struct Compiler {
    engine: Engine,
    made_by: String,
    names: FunctionNames,
}

impl Compilers {
    /// Creates the engines that `units` need.
    pub(super) fn new(units: &[Unit], options: AotOptions<'_>) -> Result<Self, AotError> {
        let compiler = |kind: ArtifactKind| match units.iter().any(|unit| unit.kind == kind) {
            true => Compiler::new(kind, options).map(Some),
            false => Ok(None),
        };
        Ok(Self {
            component: compiler(ArtifactKind::Component)?,
            shell: compiler(ArtifactKind::Shell)?,
        })
    }

    /// Returns the compiler for a kind. The program must have a unit of that kind.
    pub(super) fn of(&self, kind: ArtifactKind) -> &Compiler {
        let compiler = match kind {
            ArtifactKind::Component => &self.component,
            ArtifactKind::Shell => &self.shell,
        };
        compiler.as_ref().expect("invariant: every kind of unit has its engine")
    }
}

impl Compiler {
    fn new(kind: ArtifactKind, options: AotOptions<'_>) -> Result<Self, AotError> {
        let AotOptions { target, tuning, names } = options;
        let unsupported = |error: wasmtime::Error| AotError::Target {
            target: target.clone(),
            reason: format!("{error:#}"),
        };
        let kind = match kind {
            ArtifactKind::Component => EngineKind::Component,
            ArtifactKind::Shell => EngineKind::Core,
        };
        let options = EngineOptions { kind, tuning };
        let config = compile_config(target.triple(), options).map_err(unsupported)?;
        let symbols = match names {
            FunctionNames::Kept => "with symbols",
            FunctionNames::Removed => "without symbols",
        };
        Ok(Self {
            engine: Engine::new(&config).map_err(unsupported)?,
            // The hash covers the rest of the configuration, in the runtime's sources, and the version of the code
            // generator, in its lock file.
            made_by: format!("{} {options:?} {target} {symbols}", runtime_hash()),
            names,
        })
    }

    /// Returns the artifact of a unit.
    ///
    /// # Errors
    /// When the unit can't be compiled, or the cache can't be written.
    pub(super) fn precompile(&self, unit: &Unit, cache: &Path) -> Result<AotArtifact, AotError> {
        let name = unit.name.clone();
        let code = self.compile(unit, cache)?;
        if self.names == FunctionNames::Removed {
            let symbols = None;
            return Ok(AotArtifact { name, code, symbols });
        }
        let separated =
            without_symbols(&code).and_then(|stripped| Ok((Symbols::of(unit, &code, &stripped)?, stripped)));
        let (symbols, code) = separated.map_err(|error| failed(unit, &error))?;
        let symbols = Some(symbols);
        Ok(AotArtifact { name, code, symbols })
    }

    /// Returns the machine code of a unit: from `cache` if it is there, else compiled. It has symbols if names are kept.
    #[expect(clippy::disallowed_methods, reason = "the cache is a folder")]
    fn compile(&self, unit: &Unit, cache: &Path) -> Result<Vec<u8>, AotError> {
        let key = sha256(format!("{} {}", unit.sha256, self.made_by).as_bytes());
        let path = cache.join(format!("{key}.cwasm"));
        if let Ok(code) = std::fs::read(&path) {
            return Ok(code);
        }
        let compiled = match unit.kind {
            ArtifactKind::Component => self.engine.precompile_component(&unit.bytes),
            ArtifactKind::Shell => self.engine.precompile_module(&unit.bytes),
        };
        let code = match self.names {
            FunctionNames::Kept => compiled,
            FunctionNames::Removed => compiled.and_then(|code| without_symbols(&code)),
        };
        let code = code.map_err(|error| failed(unit, &error))?;
        match write_atomically(&path, &code) {
            Ok(()) => Ok(code),
            Err(error) => Err(AotError::Cache { path, error }),
        }
    }
}

fn failed(unit: &Unit, error: &wasmtime::Error) -> AotError {
    AotError::Unit {
        name: unit.name.clone(),
        kind: unit.kind,
        used: unit.used,
        reason: format!("{error:#}"),
    }
}
