//! Compiles components to machine code. In: the binaries of a program. Out: [`AotArtifacts`].
//!
//! The code is for exactly the engine configuration that the runtime uses, and for the baseline of an explicit target:
//! equal components give equal artifacts on every machine and in every folder.

mod normalise;

use std::path::{Path, PathBuf};
use std::{io, thread};

use torvyn_runtime_core::engine::{EngineOptions, compile_config};
use wasmtime::Engine;

use crate::cache::{runtime_hash, sha256, write_atomically};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

pub use normalise::{NormaliseError, normalise};

/// A component as it is compiled: without what depends on the folder it was built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// Name, unique in the program.
    pub name: String,
    /// The binary.
    pub bytes: Vec<u8>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Where the manifest uses it.
    pub used: Span,
}

impl Normalised {
    /// Reads a binary that the front half has accepted.
    ///
    /// # Errors
    /// When no component can be made of it.
    pub fn new(name: String, binary: &[u8], used: Span) -> Result<Self, AotError> {
        match normalise(binary) {
            Ok(bytes) => Ok(Self {
                sha256: sha256(&bytes),
                name,
                bytes,
                used,
            }),
            Err(error) => Err(AotError::NotNormal { name, used, error }),
        }
    }
}

/// The machine code of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AotArtifacts {
    /// One for each component, in the order of the components.
    pub artifacts: Vec<AotArtifact>,
}

/// The machine code of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AotArtifact {
    /// Name of the component.
    pub name: String,
    /// What the runtime loads.
    pub code: Vec<u8>,
}

/// Why there is no machine code.
#[derive(Debug)]
pub enum AotError {
    /// A binary is no component and can't be made one.
    NotNormal {
        /// Name of the component.
        name: String,
        /// Where the manifest uses it.
        used: Span,
        /// Why.
        error: NormaliseError,
    },
    /// There is no code generator for the target.
    Target {
        /// The target triple.
        target: String,
        /// What wasmtime says.
        reason: String,
    },
    /// A component can't be compiled.
    Component {
        /// Name of the component.
        name: String,
        /// Where the manifest uses it.
        used: Span,
        /// What wasmtime says.
        reason: String,
    },
    /// The cache can't be written.
    Cache {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Compiles `components` for `target`, or takes from `cache` what was compiled before.
///
/// # Errors
/// When a component can't be compiled, or the cache not be written.
pub fn precompile(
    components: &[Normalised],
    target: &str,
    options: EngineOptions,
    cache: &Path,
) -> Result<AotArtifacts, AotError> {
    let unsupported = |error: wasmtime::Error| AotError::Target {
        target: target.into(),
        reason: format!("{error:#}"),
    };
    let config = compile_config(target, options).map_err(unsupported)?;
    let engine = Engine::new(&config).map_err(unsupported)?;
    // The runtime's sources hold the rest of the configuration, its lock file the version of the code generator.
    let made_by = format!("{} {options:?} {target}", runtime_hash());
    let artifacts = thread::scope(|scope| {
        let compile = |component| precompile_one(&engine, component, &made_by, cache);
        let running: Vec<_> = components
            .iter()
            .map(|component| scope.spawn(move || compile(component)))
            .collect();
        let done = running
            .into_iter()
            .map(|one| one.join().expect("invariant: compiling does not panic"));
        done.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(AotArtifacts { artifacts })
}

#[expect(clippy::disallowed_methods, reason = "the cache is a folder")]
fn precompile_one(
    engine: &Engine,
    component: &Normalised,
    made_by: &str,
    cache: &Path,
) -> Result<AotArtifact, AotError> {
    let name = component.name.clone();
    let key = sha256(format!("{} {made_by}", component.sha256).as_bytes());
    let path = cache.join(format!("{key}.cwasm"));
    if let Ok(code) = std::fs::read(&path) {
        return Ok(AotArtifact { name, code });
    }
    match engine.precompile_component(&component.bytes) {
        Ok(code) => match write_atomically(&path, &code) {
            Ok(()) => Ok(AotArtifact { name, code }),
            Err(error) => Err(AotError::Cache { path, error }),
        },
        Err(error) => Err(AotError::Component {
            name,
            used: component.used,
            reason: format!("{error:#}"),
        }),
    }
}

impl From<AotError> for Diagnostic {
    fn from(error: AotError) -> Self {
        match error {
            AotError::NotNormal {
                name,
                used,
                error: NormaliseError::Preview1 { import },
            } => Diagnostic::error(
                Code::ComponentInvalid,
                format!("component `{name}` is a core module for WASI 0.1, which can't be made a component here"),
            )
            .primary(used, format!("imports `wasi_snapshot_preview1.{import}`"))
            .help("build it for `wasm32-wasip2`, or adapt it with `wasm-tools component new --adapt`"),
            AotError::NotNormal {
                name,
                used,
                error: NormaliseError::Encode(reason),
            } => Diagnostic::error(
                Code::ComponentInvalid,
                format!("no component can be made of core module `{name}`"),
            )
            .primary(used, "its code does not fit its WIT metadata")
            .note(reason),
            AotError::NotNormal {
                name,
                used,
                error: NormaliseError::Invalid(reason),
            } => Diagnostic::error(Code::ComponentInvalid, format!("component `{name}` can't be read"))
                .primary(used, "needs a valid component")
                .note(reason),
            AotError::Target { target, reason } => Diagnostic::error(
                Code::AotFailed,
                format!("no code can be generated for the target `{target}`"),
            )
            .note(reason),
            AotError::Component { name, used, reason } => Diagnostic::error(
                Code::AotFailed,
                format!("component `{name}` can't be compiled to machine code"),
            )
            .primary(used, "this component")
            .note(reason),
            AotError::Cache { path, error } => {
                Diagnostic::error(Code::IoFailed, format!("can't write `{}`: {error}", path.display()))
                    .help("set TORVYN_HOME to a folder that can be written")
            }
        }
    }
}
