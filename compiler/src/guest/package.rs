//! The cargo package of a component, and the choice of its target that becomes the component.

use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand, PackageId, Target};

use super::configuration::patches;
use super::error::GuestError;
use super::{not_started, place};
use crate::manifest::ast::ComponentDecl;
use crate::process::{self, Finished};

/// The SDK: the crate through which components in Rust use the contracts.
const SDK: &str = "torvyn";

/// A package, with its target that becomes the component.
pub(super) struct Package {
    /// Its `Cargo.toml`.
    manifest: PathBuf,
    id: PackageId,
    target: Target,
    /// Whether a package of its workspace depends on the SDK of crates.io, and the workspace does not patch it.
    wants_sdk: bool,
}

impl Package {
    /// Asks cargo about the package in `folder`, which belongs to the component `decl`.
    ///
    /// # Errors
    /// When there is no package, when none of its targets can be a component, or when cargo fails.
    #[expect(clippy::disallowed_methods, reason = "asking cargo is to run it")]
    pub(super) fn of(cargo: &Path, folder: &Path, decl: &ComponentDecl) -> Result<Self, GuestError> {
        let (name, at) = (decl.name.value.clone(), place(decl));
        let manifest = folder.join("Cargo.toml");
        if !manifest.is_file() {
            let path = manifest;
            return Err(GuestError::NoPackage { name, at, path });
        }
        let mut command = Command::new(cargo);
        command
            .args(["metadata", "--no-deps", "--format-version=1", "--color=never"])
            .current_dir(folder);
        let finished = process::run(&mut command, &mut |_| ()).map_err(|error| not_started(cargo, &error))?;
        let metadata = String::from_utf8(finished.stdout)
            .ok()
            .filter(|_| finished.status.success())
            .and_then(|text| MetadataCommand::parse(text).ok());
        let Some(metadata) = metadata else {
            return Err(GuestError::Failed {
                name,
                at,
                tool: "cargo metadata".to_owned(),
                status: finished.status.to_string(),
                said: finished.said,
            });
        };
        Self::among(metadata, &manifest, decl)
    }

    fn among(metadata: Metadata, manifest: &Path, decl: &ComponentDecl) -> Result<Self, GuestError> {
        let (name, at) = (decl.name.value.clone(), place(decl));
        let wants_sdk = wants_sdk(&metadata);
        let real = manifest.canonicalize().unwrap_or_else(|_| manifest.to_owned());
        let is_it = |path: &Path| path.canonicalize().is_ok_and(|path| path == real);
        let (own, others): (Vec<_>, Vec<_>) = metadata
            .packages
            .into_iter()
            .partition(|package| is_it(package.manifest_path.as_std_path()));
        let Some(package) = own.into_iter().next() else {
            let folders = others.iter().filter_map(|package| package.manifest_path.parent());
            return Err(GuestError::Workspace {
                name,
                at,
                path: manifest.to_owned(),
                members: folders.map(|folder| folder.as_std_path().to_owned()).collect(),
            });
        };
        let target =
            component_target(package.targets).map_err(|programs| GuestError::NoLibrary { name, at, programs })?;
        Ok(Self {
            manifest: real,
            id: package.id,
            target,
            wants_sdk,
        })
    }

    /// Returns the path of its `Cargo.toml`, which identifies the package.
    pub(super) fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// Returns the options that make cargo build the component, and no other target of the package.
    pub(super) fn selection(&self) -> Vec<&str> {
        if self.target.is_cdylib() {
            vec!["--lib"]
        } else {
            vec!["--bin", &self.target.name]
        }
    }

    /// Returns the name of the file that cargo writes. Packages of different names may have the same file name.
    pub(super) fn file_name(&self) -> String {
        let name = &self.target.name;
        if self.target.is_cdylib() {
            format!("{}.wasm", name.replace('-', "_"))
        } else {
            format!("{name}.wasm")
        }
    }

    /// Whether its workspace needs the SDK of crates.io, which its manifest does not patch.
    pub(super) fn wants_sdk(&self) -> bool {
        self.wants_sdk
    }

    /// Finds the component among the artifacts that cargo reports.
    pub(super) fn made(&self, finished: &Finished) -> Option<PathBuf> {
        let messages = Message::parse_stream(finished.stdout.as_slice());
        messages.filter_map(Result::ok).find_map(|message| {
            let Message::CompilerArtifact(artifact) = message else {
                return None;
            };
            let files = self.is_source_of(&artifact).then_some(artifact.filenames)?;
            let wasm = files.into_iter().find(|file| file.extension() == Some("wasm"));
            wasm.map(cargo_metadata::camino::Utf8PathBuf::into_std_path_buf)
        })
    }

    fn is_source_of(&self, artifact: &Artifact) -> bool {
        artifact.package_id == self.id
            && artifact.target.name == self.target.name
            && artifact.target.kind == self.target.kind
    }
}

/// Returns the `cdylib`; in a package without any library, the only program.
///
/// # Errors
/// When there is no such target; the error is the number of programs.
fn component_target(targets: Vec<Target>) -> Result<Target, usize> {
    let has_library = targets.iter().any(|target| {
        target.is_lib() || target.is_rlib() || target.is_dylib() || target.is_staticlib() || target.is_proc_macro()
    });
    let (mut libraries, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(Target::is_cdylib);
    if let Some(library) = libraries.pop() {
        return Ok(library);
    }
    let mut programs: Vec<_> = others.into_iter().filter(Target::is_bin).collect();
    match (programs.pop(), programs.len()) {
        (Some(only), 0) if !has_library => Ok(only),
        (last, others) => Err(others + usize::from(last.is_some())),
    }
}

fn wants_sdk(metadata: &Metadata) -> bool {
    let mut dependencies = metadata.packages.iter().flat_map(|package| &package.dependencies);
    let from_registry = dependencies.any(|dependency| {
        let source = dependency.source.as_ref();
        dependency.name == SDK && source.is_some_and(cargo_metadata::Source::is_crates_io)
    });
    from_registry && !is_patched(metadata)
}

#[expect(clippy::disallowed_methods, reason = "the manifest is a file of another program's")]
fn is_patched(metadata: &Metadata) -> bool {
    let manifest = std::fs::read_to_string(metadata.workspace_root.join("Cargo.toml"));
    let table = manifest.ok().and_then(|text| text.parse().ok());
    table.is_some_and(|table| patches(&table, metadata.workspace_root.as_std_path(), SDK))
}
