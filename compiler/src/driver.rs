//! Names every step of a compilation in order; no other module does.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use torvyn_codegen::GeneratedCrate;
use torvyn_codegen::ir::{self, ProgramIr};

use crate::aot::{self, AotArtifacts, Normalised};
use crate::cache::Cache;
use crate::contract::compat::{self, Bump, Difference, Level};
use crate::contract::{self, ContractSet};
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::emit::{self, EmittedCrate};
use crate::exe::{self, ExeOptions, Executable};
use crate::graph::{self, Graph};
use crate::guest::{self, Binary, GuestOptions};
use crate::link::{self, LinkedFlow};
use crate::lower::{self, Lowered};
use crate::manifest::ast::ComponentRef;
use crate::manifest::{self, Manifest};
use crate::report;
use crate::resolve::{self, ResolvedProject};
use crate::source::files::Files;
use crate::source::{SourceMap, display_path};
use crate::toolchain::{GUEST_TARGET, Toolchain};

pub use crate::manifest::ast::Optimize;
pub use crate::report::{EdgeReport, FlowReport, MemoryUse, ProgramReport, StageReport};

/// What to compile.
#[derive(Clone, Debug)]
pub struct Request {
    /// Path of `Torvyn.toml`; paths inside it are relative to its folder.
    pub manifest: PathBuf,
    /// Restricts the work to one flow.
    pub flow: Option<String>,
    /// Reports warnings as errors.
    pub strict: bool,
    /// Where compiled components lie (`<name>.wasm`), instead of where the build puts them.
    pub components: Option<PathBuf>,
}

/// What the front half found. Whatever could be built is there, also beside errors.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// The texts that diagnostics point into.
    pub sources: SourceMap,
    /// Everything to report, in order.
    pub diagnostics: Diagnostics,
    /// The manifest as written; `None` only when there is no file to read.
    pub manifest: Option<Manifest>,
    /// What is known of its components.
    pub contracts: ContractSet,
    /// Names resolved; `None` after errors in the manifest.
    pub project: Option<ResolvedProject>,
    /// The flows that link; empty after `check`, which needs no component binaries.
    pub flows: Vec<LinkedFlow>,
    /// Component binaries that do not exist (exit code 2 of `torvync link`).
    pub missing: Vec<PathBuf>,
}

/// How to build.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Optimise for size and speed: what is shipped.
    pub release: bool,
    /// Target triple; `None` is the host.
    pub target: Option<String>,
    /// Path of the executable; `None` is `.torvyn/bin/<project name>`.
    pub output: Option<PathBuf>,
    /// Cache folder for runtime sources, compiled dependencies and AOT artifacts.
    pub cache: PathBuf,
    /// The `cargo` to run.
    pub cargo: PathBuf,
    /// Cargo target folder for guests; `None` is `target` beside the manifest.
    pub guest_target: Option<PathBuf>,
    /// The call path that is wanted for all stages; `None` leaves it to the manifest.
    pub optimize: Option<Optimize>,
    /// Intermediate results that the caller wants as text in [`Built::emitted`].
    pub emit: Vec<Emit>,
}

/// Intermediate results that can be shown (`--emit`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emit {
    /// The flow IR as text.
    Ir,
    /// The generated `main.rs`.
    Rust,
    /// The folder of the generated crate.
    Crate,
    /// The flow as Graphviz DOT.
    Graph,
}

/// The phases of a build, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Manifest, contracts, topology.
    Check,
    /// Guests compiled to components.
    Guests,
    /// Each node against its component.
    Link,
    /// Components and shells compiled ahead of time.
    Aot,
    /// IR lowered, crate generated and written.
    Generate,
    /// The native executable compiled and linked.
    Exe,
}

/// Where progress goes. Only the command line prints.
pub trait Progress {
    /// A phase starts.
    fn start(&mut self, phase: Phase);
    /// What the running phase is busy with: a component's name, a line of cargo's output.
    fn detail(&mut self, text: &str);
    /// The running phase ended.
    fn finish(&mut self, phase: Phase, took: Duration);
}

/// A finished build.
#[derive(Clone, Debug)]
pub struct Built {
    /// The front half's result; may hold warnings.
    pub analysis: Analysis,
    /// The executable.
    pub executable: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Worst-case memory, and the copies each edge makes.
    pub report: ProgramReport,
    /// What `BuildOptions::emit` asked for.
    pub emitted: Vec<(Emit, String)>,
}

/// Manifest, contracts and topology, without component binaries (`torvync check`).
pub fn check(files: &dyn Files, request: &Request) -> Analysis {
    let mut analysis = Analysis::default();
    if let Ok(read) = read(&mut analysis, files, request) {
        let _reported = check_read(&mut analysis, request, &read);
        analysis.contracts = read.contracts;
    }
    finished(analysis, request)
}

/// As [`check`], with what the component binaries say that are there (`torvync graph`).
pub fn outline(files: &dyn Files, request: &Request) -> Analysis {
    let mut analysis = Analysis::default();
    if let Ok(mut read) = read(&mut analysis, files, request) {
        let binaries = find_binaries(files, request, &read.manifest);
        let there = binaries.into_iter().filter(|(_, path)| files.read(path).is_ok());
        let there: Vec<Binary> = there.collect();
        contract::load_binaries(
            &mut analysis.diagnostics,
            &mut analysis.sources,
            files,
            &mut read.contracts,
            &there,
        );
        let _reported = check_read(&mut analysis, request, &read);
        analysis.contracts = read.contracts;
    }
    finished(analysis, request)
}

/// As [`check`], and each node against its component binary (`torvync link`).
pub fn link(files: &dyn Files, request: &Request) -> Analysis {
    let mut analysis = Analysis::default();
    if let Ok(mut read) = read(&mut analysis, files, request) {
        let binaries = find_binaries(files, request, &read.manifest);
        let _reported = link_read(&mut analysis, files, request, &mut read, &binaries);
        analysis.contracts = read.contracts;
    }
    finished(analysis, request)
}

/// What is different between two contracts.
#[derive(Clone, Debug, Default)]
pub struct ContractDiff {
    /// The texts that differences point into.
    pub sources: SourceMap,
    /// What stood in the way of reading the contracts.
    pub diagnostics: Diagnostics,
    /// The differences, in order of the old contract.
    pub differences: Vec<Difference>,
    /// The packages that were compared; none for components.
    pub bumps: Vec<Bump>,
}

impl ContractDiff {
    /// The greatest change; `None` when there is none.
    #[must_use]
    pub fn verdict(&self) -> Option<Level> {
        self.differences.iter().map(|difference| difference.level).max()
    }

    /// Whether the new version says at least as much as has changed; a component, which has none, must be able to take the
    /// place of the old one.
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
    let old = contract::read(diags, sources, files, old);
    let new = contract::read(diags, sources, files, new);
    if let (Some(old), Some(new)) = (old, new) {
        (diff.differences, diff.bumps) = compat::diff(&old, &new);
    }
    diff
}

/// Builds the executable (`torvync build`).
///
/// # Errors
/// The analysis with the diagnostics that ended the build.
pub fn build(
    files: &dyn Files,
    request: &Request,
    options: &BuildOptions,
    progress: &mut dyn Progress,
) -> Result<Built, Box<Analysis>> {
    let mut analysis = Analysis::default();
    match build_steps(&mut analysis, files, request, options, progress) {
        Ok(back) => Ok(Built {
            analysis: finished(analysis, request),
            bytes: back.executable.bytes,
            report: report::report(&back.program, &back.artifacts),
            emitted: options.emit.iter().map(|kind| (*kind, emitted(*kind, &back))).collect(),
            executable: back.executable.path,
        }),
        Err(_reported) => Err(Box::new(finished(analysis, request))),
    }
}

/// What the back half made.
struct Back {
    graph: Graph,
    program: ProgramIr,
    artifacts: AotArtifacts,
    generated: GeneratedCrate,
    krate: EmittedCrate,
    executable: Executable,
}

fn build_steps(
    analysis: &mut Analysis,
    files: &dyn Files,
    request: &Request,
    options: &BuildOptions,
    progress: &mut dyn Progress,
) -> Checked<Back> {
    let cache = Cache::new(&options.cache);
    let mut read = timed(progress, Phase::Check, |_| {
        let read = read(analysis, files, request)?;
        // Linking finds again whatever can be found without binaries.
        let mut checked = analysis.clone();
        if check_read(&mut checked, request, &read).is_err() || (request.strict && !checked.diagnostics.is_empty()) {
            *analysis = finished(checked, request);
        }
        analysis.diagnostics.barrier().map(|()| read)
    })?;
    let (toolchain, binaries) = timed(progress, Phase::Guests, |progress| {
        build_guests(analysis, request, options, &read, progress)
    })?;
    timed(progress, Phase::Link, |_| {
        link_read(analysis, files, request, &mut read, &binaries)
    })?;
    let target = options.target.as_deref().unwrap_or(&toolchain.host);
    let components = read_components(analysis, files, &read.contracts)?;
    let project = analysis.project.as_ref().expect("invariant: linking keeps the project");
    let graph = graph::graph(project, &read.contracts);
    analysis.contracts = read.contracts;
    let Lowered { program, units } = lower::lower(project, &analysis.flows, &components, target, options.optimize);
    let diags = &mut analysis.diagnostics;
    let artifacts: AotArtifacts = timed(progress, Phase::Aot, |_| {
        aot::precompile(&units, target, has_fuel(&program), &cache.artifacts()).map_err(|e| diags.error(e))
    })?;
    let work = root(request).join(".torvyn");
    let work = std::path::absolute(&work).unwrap_or(work);
    let (generated, krate) = timed(progress, Phase::Generate, |_| {
        let generated = torvyn_codegen::generate(&program);
        let folder = work.join("build").join(&program.name);
        let krate = emit::emit(&folder, &program, &generated, &artifacts).map_err(|error| diags.error(error))?;
        Ok((generated, krate))
    })?;
    let output = options
        .output
        .clone()
        .unwrap_or_else(|| default_output(request, &program.name, target));
    let executable = timed(progress, Phase::Exe, |progress| {
        let release = options.release;
        let options = ExeOptions {
            toolchain: &toolchain,
            cache: &cache,
            target,
            release,
            work: &work,
            output: &output,
        };
        exe::build(&krate, options, &mut |line: &str| progress.detail(line)).map_err(|error| diags.error(error))
    })?;
    Ok(Back {
        graph,
        program,
        artifacts,
        generated,
        krate,
        executable,
    })
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
    binaries: &[Binary],
) -> Checked<()> {
    let (diags, sources) = (&mut analysis.diagnostics, &mut analysis.sources);
    analysis.missing = contract::load_binaries(diags, sources, files, &mut read.contracts, binaries);
    let project = resolve::resolve(diags, &read.manifest, &read.contracts, request.flow.as_deref());
    analysis.flows = link::link(diags, &project, &read.contracts);
    analysis.project = Some(project);
    diags.barrier()
}

fn build_guests(
    analysis: &mut Analysis,
    request: &Request,
    options: &BuildOptions,
    read: &Read,
    progress: &mut dyn Progress,
) -> Checked<(Toolchain, Vec<Binary>)> {
    let diags = &mut analysis.diagnostics;
    let toolchain = Toolchain::locate(&options.cargo).map_err(|error| diags.error(error))?;
    let root = root(request);
    let target = options.guest_target.clone().unwrap_or_else(|| root.join("target"));
    let guests = GuestOptions {
        root,
        release: options.release,
        target: &target,
    };
    let references = read.manifest.references(request.flow.as_deref());
    let mut on_line = |line: &str| progress.detail(line);
    let binaries = guest::build(diags, &toolchain, &read.manifest, &references, guests, &mut on_line)?;
    Ok((toolchain, binaries))
}

/// The binaries of the components that the linked flows use, as they are compiled.
fn read_components(analysis: &mut Analysis, files: &dyn Files, contracts: &ContractSet) -> Checked<Vec<Normalised>> {
    let project = analysis.project.as_ref().expect("invariant: linking keeps the project");
    let manifest = analysis.manifest.as_ref().expect("invariant: a project has a manifest");
    let references = manifest.references(None);
    let mut components = Vec::new();
    for id in lower::components(&analysis.flows) {
        let component = project.component(id);
        let binary = contracts
            .binary(&component.reference)
            .expect("invariant: linked components have binaries");
        let used = references
            .iter()
            .find(|reference| reference.value == component.reference);
        let used = used.expect("invariant: the manifest refers to what it uses").span;
        let bytes = files.read(&binary.path).map_err(|error| {
            let shown = display_path(&binary.path);
            let unreadable = Diagnostic::error(Code::IoFailed, format!("`{shown}` can't be read: {error}"));
            analysis.diagnostics.error(unreadable)
        })?;
        let component = Normalised::new(component.name.clone(), &bytes, used);
        components.push(component.map_err(|error| analysis.diagnostics.error(error))?);
    }
    Ok(components)
}

/// Fuel is metered in the whole program as soon as one node asks for it.
fn has_fuel(program: &ProgramIr) -> bool {
    let mut nodes = program.flows.iter().flat_map(|flow| &flow.nodes);
    nodes.any(|node| node.limits.fuel > 0)
}

fn emitted(kind: Emit, back: &Back) -> String {
    match kind {
        Emit::Ir => ir::print(&back.program),
        Emit::Rust => back.generated.files.get("src/main.rs").cloned().unwrap_or_default(),
        Emit::Crate => back.krate.folder.display().to_string(),
        Emit::Graph => graph::dot(&back.graph),
    }
}

fn default_output(request: &Request, name: &str, target: &str) -> PathBuf {
    let suffix = if target.contains("-windows-") { ".exe" } else { "" };
    root(request).join(".torvyn/bin").join(format!("{name}{suffix}"))
}

/// The folder that paths in the manifest are relative to.
fn root(request: &Request) -> &Path {
    request
        .manifest
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Each component that is used, and where its binary should lie.
fn find_binaries(files: &dyn Files, request: &Request, manifest: &Manifest) -> Vec<Binary> {
    let references = manifest.references(request.flow.as_deref());
    let found = references
        .into_iter()
        .filter(|reference| !matches!(reference.value, ComponentRef::Builtin(_)));
    found
        .map(|reference| {
            let path = find_binary(files, request, manifest, &reference.value);
            (reference, path)
        })
        .collect()
}

/// Where a component's binary should lie without a build: the first place that has it, else where a build would put it.
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
    let built = guest::built_path(root, name);
    std::iter::once(built.clone())
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

fn timed<T>(
    progress: &mut dyn Progress,
    phase: Phase,
    step: impl FnOnce(&mut dyn Progress) -> Checked<T>,
) -> Checked<T> {
    let start = Instant::now();
    progress.start(phase);
    let result = step(progress);
    progress.finish(phase, start.elapsed());
    result
}
