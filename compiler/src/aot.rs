//! Compiles components and shells to machine code. In: the [`Unit`]s of a program. Out: [`AotArtifacts`].
//!
//! The code is for exactly the engine configuration that the runtime uses, and for the baseline of an explicit target:
//! equal units give equal artifacts on every machine and in every folder.

mod compiler;
mod normalise;
mod strip;
mod symbols;

use std::path::{Path, PathBuf};
use std::{io, thread};

use torvyn_codegen::ir::ArtifactKind;
use torvyn_codegen::target::Target;
use torvyn_runtime_core::engine::Tuning;

use crate::cache::sha256;
use crate::diag::{Code, Diagnostic};
use crate::function_names;
use crate::source::Span;
use compiler::Compilers;

pub use normalise::{FunctionNames, NormaliseError, normalise};
pub use symbols::Symbols;

/// A component as it is compiled: without anything that depends on the folder in which it was built.
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
    /// Normalises a binary that the front half has accepted.
    ///
    /// # Errors
    /// When it can't be turned into a component.
    pub fn new(name: String, binary: &[u8], names: FunctionNames, used: Span) -> Result<Self, AotError> {
        match normalise(binary, names) {
            Ok(bytes) => Ok(Self {
                sha256: sha256(&bytes),
                name,
                bytes,
                used,
            }),
            Err(error) => Err(AotError::NotNormal { name, used, error }),
        }
    }

    /// Whether functions of its core modules have names.
    #[must_use]
    pub(crate) fn has_function_names(&self) -> bool {
        let modules = function_names::of_modules(&self.bytes).expect("invariant: the component was read before");
        modules.iter().any(|names| !names.is_empty())
    }
}

/// What is compiled to one artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Name, unique in the program.
    pub name: String,
    /// Whether it is a component or a shell.
    pub kind: ArtifactKind,
    /// The component, or the core module of a shell.
    pub bytes: Vec<u8>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Where the manifest uses it.
    pub used: Span,
}

/// The machine code of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AotArtifacts {
    /// One for each unit, in the order of the units.
    pub artifacts: Vec<AotArtifact>,
}

/// The machine code of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AotArtifact {
    /// Name of the unit.
    pub name: String,
    /// The code in the form that the runtime loads.
    pub code: Vec<u8>,
    /// Its functions, if their names are kept.
    pub symbols: Option<Symbols>,
}

/// Why there is no machine code.
#[derive(Debug)]
pub enum AotError {
    /// A binary can't be normalised.
    NotNormal {
        /// Name of the component.
        name: String,
        /// Where the manifest uses it.
        used: Span,
        /// The reason.
        error: NormaliseError,
    },
    /// There is no code generator for the target.
    Target {
        /// The target.
        target: Target,
        /// wasmtime's message.
        reason: String,
    },
    /// A component or a shell can't be compiled.
    Unit {
        /// Its name.
        name: String,
        /// Whether it is a component or a shell.
        kind: ArtifactKind,
        /// Where the manifest uses it.
        used: Span,
        /// wasmtime's message.
        reason: String,
    },
    /// The cache can't be written.
    Cache {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

/// How units are compiled.
#[derive(Clone, Copy, Debug)]
pub struct AotOptions<'a> {
    /// The target.
    pub target: &'a Target,
    /// Settings of the engine.
    pub tuning: Tuning,
    /// Whether the artifacts have the symbols of functions.
    pub names: FunctionNames,
}

/// Compiles `units`. Takes from `cache` what was compiled before.
///
/// # Errors
/// When a unit can't be compiled, or the cache can't be written.
pub fn precompile(units: &[Unit], options: AotOptions<'_>, cache: &Path) -> Result<AotArtifacts, AotError> {
    let compilers = Compilers::new(units, options)?;
    let artifacts = thread::scope(|scope| {
        let running: Vec<_> = units
            .iter()
            .map(|unit| scope.spawn(|| compilers.of(unit.kind).precompile(unit, cache)))
            .collect();
        let done = running
            .into_iter()
            .map(|one| one.join().expect("invariant: compiling does not panic"));
        done.collect::<Result<Vec<_>, _>>()
    })?;
    Ok(AotArtifacts { artifacts })
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
                format!("component `{name}` is a core module for WASI 0.1, which torvync can't turn into a component"),
            )
            .primary(used, format!("imports `wasi_snapshot_preview1.{import}`"))
            .help("build it for `wasm32-wasip2`, or adapt it with `wasm-tools component new --adapt`"),
            AotError::NotNormal {
                name,
                used,
                error: NormaliseError::Encode(reason),
            } => Diagnostic::error(
                Code::ComponentInvalid,
                format!("core module `{name}` can't be turned into a component"),
            )
            .primary(used, "its code does not match its WIT metadata")
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
            AotError::Unit {
                name,
                kind,
                used,
                reason,
            } => Diagnostic::error(
                Code::AotFailed,
                format!("{} `{name}` can't be compiled to machine code", kind.as_str()),
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

#[cfg(test)]
mod tests {
    use object::build::elf::Builder;

    use super::*;
    use crate::anatomy::Anatomy;
    use crate::anatomy::sample::SINK;
    use crate::glue;
    use crate::source::SourceMap;

    #[test]
    fn components_and_shells_are_compiled_each_in_its_way() {
        let cache = tempfile::tempdir().unwrap();
        let target = Target::new(&format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
        let used = Span::new(SourceMap::new().add(Path::new("Torvyn.toml"), String::new()), 0..0);
        let unit = |name: &str, kind, bytes: Vec<u8>| Unit {
            name: name.to_owned(),
            kind,
            sha256: sha256(&bytes),
            bytes,
            used,
        };
        let code = Anatomy::of(&SINK.binary()).unwrap().stage_code().unwrap();
        let units = [
            unit("sink.direct", ArtifactKind::Shell, glue::direct(&code).unwrap()),
            unit("empty", ArtifactKind::Component, wat::parse_str("(component)").unwrap()),
        ];
        let options = AotOptions {
            target: &target,
            tuning: Tuning::default(),
            names: FunctionNames::Removed,
        };
        let made = precompile(&units, options, cache.path()).unwrap();
        let names: Vec<_> = made.artifacts.iter().map(|artifact| artifact.name.as_str()).collect();
        assert_eq!(names, ["sink.direct", "empty"]);
        for artifact in &made.artifacts {
            let code = Builder::read(&*artifact.code).unwrap();
            assert!(code.sections.into_iter().count() > 0, "{}", artifact.name);
            assert_eq!(code.symbols.into_iter().count(), 0, "{}", artifact.name);
        }
        let again = precompile(&units, options, cache.path()).unwrap();
        assert_eq!(made, again, "from the cache");
        assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 2);
        let tuning = Tuning {
            fuel: true,
            ..Tuning::default()
        };
        let named = AotOptions {
            names: FunctionNames::Kept,
            ..options
        };
        let named = precompile(&units, named, cache.path()).unwrap();
        assert_eq!(
            named.artifacts[0].symbols.as_ref().map(|symbols| !symbols.0.is_empty()),
            Some(true)
        );
        let codes = |made: &AotArtifacts| made.artifacts.iter().map(|one| one.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes(&named), codes(&made), "the same code, with its symbols beside it");
        let metered = precompile(&units, AotOptions { tuning, ..options }, cache.path()).unwrap();
        assert_ne!(made.artifacts[0].code, metered.artifacts[0].code);
    }
}
