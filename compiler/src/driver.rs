//! Calls the steps of a compilation in order: those of the front half here, those of the back half in [`build`]. No
//! other module knows the order.

mod build;

use std::path::{Path, PathBuf};

use torvyn_codegen::ir::Builtin;

use crate::contract::BinaryFile;
use crate::contract::compat::{self, Bump, Difference, Level};
use crate::contract::{self, ContractSet};
use crate::diag::{Checked, Diagnostics};
use crate::guest;
use crate::link::{self, LinkedFlow};
use crate::manifest::ast::{BuiltinRef, ComponentRef};
use crate::manifest::{self, Manifest};
use crate::resolve::{self, ResolvedProject};
use crate::source::SourceMap;
use crate::source::files::Files;
use crate::toolchain::GUEST_TARGET;
use crate::work::Work;

pub use self::build::{BuildOptions, Built, Emit, Phase, Progress, build};
pub use crate::forecast::{EdgeForecast, FlowForecast, MemoryUse, ProgramForecast, StageForecast};
pub use crate::manifest::ast::Optimize;

/// What to compile.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path of `Torvyn.toml`; paths inside it are relative to its folder.
    pub manifest: PathBuf,
    /// Restricts the work to one flow.
    pub flow: Option<String>,
    /// Reports warnings as errors.
    pub strict: bool,
    /// Folder of the binaries of declared components (`<name>.wasm`); `None` for the usual places.
    pub components: Option<PathBuf>,
    /// Folder to which builds write; `None` is `.torvyn` beside the manifest.
    pub work_dir: Option<PathBuf>,
}

/// Results of the front half. After errors, all results that could be computed are present.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
    /// Everything to report, in order.
    pub diagnostics: Diagnostics,
    /// The manifest as written; `None` if its file can't be read.
    pub manifest: Option<Manifest>,
    /// Contracts of its components, as far as known.
    pub contracts: ContractSet,
    /// The project with its names resolved; `None` without a manifest, or if a build ended between check and link.
    pub project: Option<ResolvedProject>,
    /// The flows that link; empty after `check`, which needs no component binaries.
    pub flows: Vec<LinkedFlow>,
    /// Component binaries that do not exist (exit code 2 of `torvync link`).
    pub missing: Vec<PathBuf>,
}

/// Checks manifest, contracts and topology, with the component binaries that exist and are no older than their sources
/// (`torvync check`).
pub fn check(files: &dyn Files, request: &Request) -> Analysis {
    let mut analysis = Analysis::default();
    if let Ok(mut read) = read(&mut analysis, files, request) {
        let binaries = find_binaries(files, request, &read.manifest);
        let (diags, sources) = (&mut analysis.diagnostics, &mut analysis.sources);
        let folder = |component: &ComponentRef| source_folder(request, &read.manifest, component);
        let made = written(request, &read.manifest);
        contract::load_present(diags, sources, files, &mut read.contracts, &binaries, folder, &made);
        let _reported = check_read(&mut analysis, request, &read);
        analysis.contracts = read.contracts;
    }
    finished(analysis, request)
}

/// Checks the same as [`check`], and each node against its component binary (`torvync link`).
pub fn link(files: &dyn Files, request: &Request) -> Analysis {
    let mut analysis = Analysis::default();
    if let Ok(mut read) = read(&mut analysis, files, request) {
        let binaries = find_binaries(files, request, &read.manifest);
        let _reported = link_read(&mut analysis, files, request, &mut read, &binaries);
        analysis.contracts = read.contracts;
    }
    finished(analysis, request)
}

/// Result of the comparison of two contracts.
#[derive(Clone, Debug, Default)]
pub struct ContractDiff {
    /// The texts that differences point into.
    pub sources: SourceMap,
    /// Problems with reading the contracts.
    pub diagnostics: Diagnostics,
    /// The differences, in order of the old contract.
    pub differences: Vec<Difference>,
    /// Version bumps of the packages that were compared; none for components.
    pub bumps: Vec<Bump>,
}

impl ContractDiff {
    /// Level of the greatest change; `None` without changes.
    #[must_use]
    pub fn verdict(&self) -> Option<Level> {
        self.differences.iter().map(|difference| difference.level).max()
    }

    /// Whether the new versions of the packages fit the changes. A component, which has no version, must have no
    /// breaking change.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        if self.bumps.is_empty() {
            self.verdict() < Some(Level::Major)
        } else {
            self.bumps.iter().all(Bump::is_enough)
        }
    }
}

/// Compares two contracts: WIT folders, `.wit` files or components (`torvync contract diff`).
pub fn contract_diff(files: &dyn Files, old: &Path, new: &Path) -> ContractDiff {
    let mut diff = ContractDiff::default();
    let (diags, sources) = (&mut diff.diagnostics, &mut diff.sources);
    let before = contract::read(diags, sources, files, old);
    let after = contract::read(diags, sources, files, new);
    if let (Some(mut before), Some(mut after)) = (before, after)
        && contract::align(diags, (old, &mut before), (new, &mut after)).is_ok()
    {
        (diff.differences, diff.bumps) = compat::diff(&before, &after);
    }
    diff
}

/// The front half's state before names are resolved.
struct Read {
    manifest: Manifest,
    contracts: ContractSet,
}

fn read(analysis: &mut Analysis, files: &dyn Files, request: &Request) -> Checked<Read> {
    let (diags, sources) = (&mut analysis.diagnostics, &mut analysis.sources);
    let Some(manifest) = manifest::load(diags, sources, files, &request.manifest) else {
        diags.barrier()?;
        unreachable!("invariant: a manifest that is not there was reported");
    };
    let contracts = contract::load(diags, sources, files, &manifest, root(request));
    analysis.manifest = Some(manifest.clone());
    Ok(Read { manifest, contracts })
}

fn check_read(analysis: &mut Analysis, request: &Request, read: &Read) -> Checked<()> {
    let diags = &mut analysis.diagnostics;
    let project = resolve::resolve(diags, &read.manifest, &read.contracts, request.flow.as_deref());
    link::check(diags, &project, &read.contracts);
    analysis.project = Some(project);
    diags.barrier()
}

fn link_read(
    analysis: &mut Analysis,
    files: &dyn Files,
    request: &Request,
    read: &mut Read,
    binaries: &[BinaryFile],
) -> Checked<()> {
    let (diags, sources) = (&mut analysis.diagnostics, &mut analysis.sources);
    analysis.missing = contract::load_binaries(diags, sources, files, &mut read.contracts, binaries);
    let project = resolve::resolve(diags, &read.manifest, &read.contracts, request.flow.as_deref());
    analysis.flows = link::link(diags, &project, &read.contracts);
    analysis.project = Some(project);
    diags.barrier()
}

/// The folder that paths in the manifest are relative to.
fn root(request: &Request) -> &Path {
    request
        .manifest
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The work folder of the project.
fn work(request: &Request) -> Work {
    Work::of(root(request), request.work_dir.as_deref())
}

/// The source folder of a declared component; `None` for other components.
fn source_folder(request: &Request, manifest: &Manifest, component: &ComponentRef) -> Option<PathBuf> {
    match component {
        ComponentRef::Declared(name) => {
            let path = manifest.component(name)?.path.as_ref();
            Some(path.map_or_else(|| root(request).to_owned(), |path| root(request).join(&path.value)))
        }
        ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
    }
}

/// Paths of the files that the project itself writes: those of its sinks, and its executable.
fn written(request: &Request, manifest: &Manifest) -> Vec<PathBuf> {
    let nodes = manifest.flows.iter().flat_map(|flow| &flow.nodes);
    let sinks = nodes.filter(|node| {
        let component = node.component.as_ref();
        component.is_some_and(|component| component.value == ComponentRef::Builtin(BuiltinRef(Builtin::File)))
    });
    let paths = sinks.filter_map(|node| {
        let config: serde_json::Value = serde_json::from_str(&node.settings.config.as_ref()?.value).ok()?;
        Some(config.get("path")?.as_str()?.to_owned())
    });
    let executable = manifest.project.name.iter().map(|name| name.value.clone());
    paths.chain(executable).map(|path| root(request).join(path)).collect()
}

/// Returns the binary of each component that is used; it may not exist yet.
fn find_binaries(files: &dyn Files, request: &Request, manifest: &Manifest) -> Vec<BinaryFile> {
    let references = manifest.references(request.flow.as_deref());
    let found = references
        .into_iter()
        .filter(|reference| !matches!(reference.value, ComponentRef::Builtin(_)));
    found
        .map(|reference| {
            let path = find_binary(files, request, manifest, &reference.value);
            BinaryFile::new(manifest, &reference, path)
        })
        .collect()
}

/// Returns the path of a component's binary: the one that the request or the manifest names, or else the first usual
/// place that has it, or else the place where a build would put it.
fn find_binary(files: &dyn Files, request: &Request, manifest: &Manifest, reference: &ComponentRef) -> PathBuf {
    let root = root(request);
    let name = match reference {
        ComponentRef::Declared(name) => name,
        ComponentRef::File(_) | ComponentRef::Builtin(_) => &String::new(),
    };
    if let (Some(folder), false) = (&request.components, name.is_empty()) {
        return folder.join(format!("{name}.wasm"));
    }
    if let Some(path) = guest::prebuilt_path(manifest, root, reference) {
        return path;
    }
    let source = manifest
        .component(name)
        .and_then(|decl| decl.path.as_ref())
        .map_or(root.into(), |p| root.join(&p.value));
    let file = format!("{}.wasm", name.replace('-', "_"));
    let targets = [root.join("target"), source.join("target")];
    let by_cargo = ["debug", "release"].map(|profile| Path::new(GUEST_TARGET).join(profile).join(&file));
    let by_cargo = targets
        .iter()
        .flat_map(|target| by_cargo.iter().map(move |path| target.join(path)));
    let work = work(request);
    let built = work.component(name);
    let ours = work.is_current(files).then(|| built.clone());
    ours.into_iter()
        .chain(by_cargo)
        .find(|path| files.read(path).is_ok())
        .unwrap_or(built)
}

fn finished(mut analysis: Analysis, request: &Request) -> Analysis {
    if request.strict {
        let mut errors = Diagnostics::new();
        for diagnostic in analysis.diagnostics.iter() {
            errors.error(diagnostic.clone());
        }
        analysis.diagnostics = errors;
    }
    analysis
}
