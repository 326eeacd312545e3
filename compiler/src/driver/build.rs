//! The back half: compiles guests, compiles components ahead of time, generates a crate and builds the executable.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use torvyn_codegen::GeneratedCrate;
use torvyn_codegen::ir::{self, ProgramIr};
use torvyn_codegen::target::Target;
use torvyn_runtime_core::engine::Tuning;

use super::{Analysis, Read, Request, check_read, finished, link_read, read, root, work};
use crate::aot::{self, AotArtifacts, AotOptions, FunctionNames, Normalised};
use crate::cache::{Cache, sha256};
use crate::contract::BinaryFile;
use crate::contract::{ContractSet, component};
use crate::diag::{Checked, Code, Diagnostic, Diagnostics};
use crate::emit::{self, EmittedCrate};
use crate::exe::{self, ExeOptions, Executable};
use crate::forecast::{self, ProgramForecast};
use crate::graph::{self, Graph};
use crate::guest::{self, GuestOptions};
use crate::lower::{self, LowerOptions, Lowered};
use crate::manifest::ast::Optimize;
use crate::process;
use crate::source::display_path;
use crate::source::files::Files;
use crate::toolchain::Toolchain;
use crate::work::{Work, absolute, obstacle};

/// Options of a build.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Optimise for size and speed, for release.
    pub release: bool,
    /// Target triple; `None` is the host.
    pub target: Option<String>,
    /// Path of the executable; `None` is `bin/<project name>` in the work folder.
    pub output: Option<PathBuf>,
    /// Cache folder for runtime sources, compiled dependencies and AOT artifacts.
    pub cache: PathBuf,
    /// The `cargo` to run.
    pub cargo: PathBuf,
    /// Folder for cargo's target folders of guests; `None` is the work folder.
    pub guest_target: Option<PathBuf>,
    /// The call path requested for all stages; `None` leaves it to the manifest.
    pub optimize: Option<Optimize>,
    /// Keep the names of functions, for profilers.
    pub profiling: bool,
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

/// Receiver of a build's progress. Only the command line prints it.
pub trait Progress {
    /// A phase starts.
    fn start(&mut self, phase: Phase);
    /// A tool of the running phase has printed this line.
    fn detail(&mut self, text: &str);
    /// The build waits for another process, which `text` describes.
    fn wait(&mut self, text: &str);
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
    pub forecast: ProgramForecast,
    /// The intermediate results that [`BuildOptions::emit`] requests, as text.
    pub emitted: Vec<(Emit, String)>,
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
            forecast: forecast::forecast(&back.program, &back.artifacts),
            emitted: options.emit.iter().map(|kind| (*kind, emitted(*kind, &back))).collect(),
            executable: back.executable.path,
        }),
        Err(_reported) => Err(Box::new(finished(analysis, request))),
    }
}

/// Results of the back half.
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
    let mut read = checked(analysis, files, request, options, progress)?;
    let work = work(request);
    let held = work.hold(&mut |text| progress.wait(text));
    let _held = held.map_err(|error| analysis.diagnostics.error(error))?;
    let scratch = work.scratch(&cache);
    let scratch = scratch.map_err(|error| analysis.diagnostics.error(error))?;
    let (toolchain, binaries) = timed(progress, Phase::Guests, |progress| {
        build_guests(analysis, request, options, &read, (&work, &scratch), progress)
    })?;
    timed(progress, Phase::Link, |_| {
        link_read(analysis, files, request, &mut read, &binaries)
    })?;
    let wanted = options.target.as_deref().map(Target::new);
    let target = wanted.as_ref().unwrap_or(&toolchain.host);
    let names = match options.profiling {
        true => FunctionNames::Kept,
        false => FunctionNames::Removed,
    };
    let components = read_components(analysis, files, &read.contracts, names)?;
    let project = analysis.project.as_ref().expect("invariant: linking keeps the project");
    let graph = graph::graph(project, &read.contracts);
    analysis.contracts = read.contracts;
    let lowering = LowerOptions {
        target,
        optimize: options.optimize,
        profiling: options.profiling,
    };
    let Lowered { program, units } = lower::lower(project, &analysis.flows, &components, lowering);
    let diags = &mut analysis.diagnostics;
    let artifacts: AotArtifacts = timed(progress, Phase::Aot, |_| {
        let tuning = tuning(&program);
        let aot = AotOptions { target, tuning, names };
        aot::precompile(&units, aot, &cache.artifacts()).map_err(|e| diags.error(e))
    })?;
    let (generated, krate) = timed(progress, Phase::Generate, |_| {
        let generated = torvyn_codegen::generate(&program);
        let folder = scratch.join("build").join(&program.name);
        let krate = emit::emit(&folder, &program, &generated, &artifacts).map_err(|error| diags.error(error))?;
        Ok((generated, krate))
    })?;
    let executable = timed(progress, Phase::Exe, |progress| {
        build_executable(
            diags,
            options,
            (&program.name, &krate),
            (&work, &scratch),
            (&toolchain, target),
            progress,
        )
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

/// Reads and checks the project, and checks the requested target.
fn checked(
    analysis: &mut Analysis,
    files: &dyn Files,
    request: &Request,
    options: &BuildOptions,
    progress: &mut dyn Progress,
) -> Checked<Read> {
    let read = timed(progress, Phase::Check, |_| {
        let read = read(analysis, files, request)?;
        // Linking repeats these checks, so their diagnostics are kept only if the build ends here.
        let mut checked = analysis.clone();
        if check_read(&mut checked, request, &read).is_err() || (request.strict && !checked.diagnostics.is_empty()) {
            *analysis = finished(checked, request);
        }
        analysis.diagnostics.barrier().map(|()| read)
    })?;
    if let Some(target) = &options.target {
        let located = Toolchain::locate(&options.cargo);
        let checked = located.and_then(|toolchain| toolchain.check_target(&Target::new(target), &options.cache));
        checked.map_err(|error| analysis.diagnostics.error(error))?;
    }
    Ok(read)
}

/// Builds the executable of an emitted crate, in the work folder and its scratch folder.
fn build_executable(
    diags: &mut Diagnostics,
    options: &BuildOptions,
    (program, krate): (&str, &EmittedCrate),
    (work, scratch): (&Work, &Path),
    (toolchain, target): (&Toolchain, &Target),
    progress: &mut dyn Progress,
) -> Checked<Executable> {
    let cache = Cache::new(&options.cache);
    let output = options.output.clone();
    let output = output.unwrap_or_else(|| match *target == toolchain.host {
        true => work.executable(program),
        false => work.executable(&format!("{program}-{target}")),
    });
    let BuildOptions { release, profiling, .. } = *options;
    let options = ExeOptions {
        toolchain,
        cache: &cache,
        target,
        release,
        profiling,
        work: scratch,
        output: &output,
    };
    let mut on_line = |line: &str| heard(progress, line, cache.root());
    exe::build(krate, options, &mut on_line).map_err(|error| diags.error(error))
}

fn build_guests(
    analysis: &mut Analysis,
    request: &Request,
    options: &BuildOptions,
    read: &Read,
    (work, scratch): (&Work, &Path),
    progress: &mut dyn Progress,
) -> Checked<(Toolchain, Vec<BinaryFile>)> {
    let diags = &mut analysis.diagnostics;
    let toolchain = Toolchain::locate(&options.cargo).map_err(|error| diags.error(error))?;
    let target = guest_target(root(request), options.guest_target.as_deref(), scratch);
    let guests = GuestOptions {
        root: root(request),
        release: options.release,
        profiling: options.profiling,
        work,
        target: &target,
        command_target: options.guest_target.as_deref(),
    };
    let references = read.manifest.references(request.flow.as_deref());
    let mut on_line = |line: &str| heard(progress, line, &target);
    let binaries = guest::build(diags, &toolchain, &read.manifest, &references, guests, &mut on_line)?;
    Ok((toolchain, binaries))
}

/// Returns cargo's target folder for the components of the project in `root`: inside the folder that the user has set,
/// which several projects may share, or else inside the scratch folder.
fn guest_target(root: &Path, set: Option<&Path>, scratch: &Path) -> PathBuf {
    let project = absolute(root);
    let set = set.map(absolute).filter(|set| obstacle(set).is_none());
    set.map_or_else(
        || scratch.join("guests"),
        |set| {
            set.join("torvync")
                .join(&sha256(project.as_os_str().as_encoded_bytes())[..16])
        },
    )
}

/// Passes on a line from cargo, which works in `folder`. If cargo waits for a lock, reports that the build waits.
fn heard(progress: &mut dyn Progress, line: &str, folder: &Path) {
    match process::awaited(line) {
        Some(lock) => progress.wait(&format!(
            "waiting for another cargo, which holds the lock of the {lock} (working in `{}`)",
            display_path(folder)
        )),
        None => progress.detail(line),
    }
}

/// Reads and normalises the binaries of the components that the linked flows use.
fn read_components(
    analysis: &mut Analysis,
    files: &dyn Files,
    contracts: &ContractSet,
    names: FunctionNames,
) -> Checked<Vec<Normalised>> {
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
        let bytes = component::binary_form(&bytes).expect("invariant: linked components have binaries");
        let component = Normalised::new(component.name.clone(), &bytes, names, used);
        let component = component.map_err(|error| analysis.diagnostics.error(error))?;
        if names == FunctionNames::Kept && !component.has_function_names() {
            analysis.diagnostics.warn(nameless(&component));
        }
        components.push(component);
    }
    Ok(components)
}

/// Returns the warning about a component whose functions have no names to keep.
fn nameless(component: &Normalised) -> Diagnostic {
    let name = &component.name;
    let message = format!("`--profiling` has no effect on `{name}`: its binary has no names of functions");
    Diagnostic::warning(Code::SettingIneffective, message)
        .primary(component.used, "this component")
        .help("make it without stripping: profilers read the `name` section of its core modules")
}

/// Returns the settings of the engine. Fuel is metered in the whole program if one node has a limit for it.
fn tuning(program: &ProgramIr) -> Tuning {
    let mut nodes = program.flows.iter().flat_map(|flow| &flow.nodes);
    Tuning {
        fuel: nodes.any(|node| node.limits.fuel > 0),
        memory_reservation: program.memory_reservation,
    }
}

fn emitted(kind: Emit, back: &Back) -> String {
    match kind {
        Emit::Ir => ir::print(&back.program),
        Emit::Rust => back.generated.files.get("src/main.rs").cloned().unwrap_or_default(),
        Emit::Crate => back.krate.folder.display().to_string(),
        Emit::Graph => graph::dot(&back.graph),
    }
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
