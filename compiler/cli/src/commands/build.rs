//! `torvync build`

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use torvync_compiler::diag::{Code, Diagnostic};
use torvync_compiler::driver::{self, Analysis, BuildOptions, Built, Emit, Optimize};
use torvync_compiler::forecast::{EdgeForecast, FlowForecast, StageForecast};
use torvync_compiler::source::display_path;
use torvync_compiler::source::files::DiskFiles;
use torvync_compiler::words::shell_path;

use super::doctor::no_cache;
use super::project::{Project, diagnose};
use crate::output::{Context, FAILURE, Outcome};
use crate::progress::Phases;
use crate::text;

/// Exit code when a tool failed to compile a project that has no mistakes.
const COMPILATION_FAILED: u8 = 2;

/// Compile a project to one standalone executable
#[derive(Args)]
pub(crate) struct Build {
    #[command(flatten)]
    project: Project,
    #[command(flatten)]
    profile: Profile,
    /// Target triple of the executable [default: this machine's]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Path of the executable [default: bin/<project name> in the work folder; for another target, with its name]
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Print intermediate results instead of the report
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND,…")]
    emit: Vec<EmitKind>,
}

/// Between the time a build takes and the speed of its result.
#[derive(Args)]
pub(crate) struct Profile {
    /// Optimise for size and speed, for release
    #[arg(long)]
    pub(crate) release: bool,
    /// How elements cross the sandbox; a stage that can't take this path takes the next slower one
    /// [default: `optimize` of the flow, else auto]
    #[arg(long, value_enum, value_name = "PATH")]
    opt: Option<CallPath>,
    /// Keep the names of components' functions, for `--perf-map` of the executable
    #[arg(long)]
    profiling: bool,
}

/// A way of calling components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CallPath {
    /// The fastest path of each stage: fused where that pays, else direct if possible
    Auto,
    /// Typed component functions: any component, one instance for each stage
    Component,
    /// Core functions: no host call in the common case, one instance for each stage
    Direct,
    /// Core functions: chains of stages in one instance, which elements pass through in batches
    Fused,
}

impl From<CallPath> for Optimize {
    fn from(path: CallPath) -> Self {
        match path {
            CallPath::Auto => Optimize::Auto,
            CallPath::Component => Optimize::Component,
            CallPath::Direct => Optimize::Direct,
            CallPath::Fused => Optimize::Fused,
        }
    }
}

/// What `--emit` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum EmitKind {
    /// The flow IR
    Ir,
    /// The generated main.rs
    Rust,
    /// The folder of the generated crate
    Crate,
    /// The flow as Graphviz DOT
    Graph,
}

impl From<EmitKind> for Emit {
    fn from(kind: EmitKind) -> Self {
        match kind {
            EmitKind::Ir => Emit::Ir,
            EmitKind::Rust => Emit::Rust,
            EmitKind::Crate => Emit::Crate,
            EmitKind::Graph => Emit::Graph,
        }
    }
}

impl Build {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let mut phases = Phases::new(context, Duration::ZERO);
        if let Some(misplaced) = self.output.as_deref().and_then(misplaced) {
            return context.failure(misplaced);
        }
        let emit = self.emit.iter().copied().map(Emit::from).collect();
        let made = Options {
            profile: &self.profile,
            target: self.target.clone(),
            output: self.output.clone(),
            emit,
        };
        let built = match build(context, &self.project, made, &mut phases) {
            Ok(built) => built,
            Err(failed) => return failed.report(context).field("phases", phases.as_json()),
        };
        let report = report(context, &built);
        let mut outcome = if built.emitted.is_empty() {
            Outcome::success(if context.quiet { String::new() } else { report })
        } else {
            context.note(report.trim_end());
            Outcome::success(built.emitted.iter().map(|(_, text)| lines(text)).collect::<String>())
        };
        diagnose(context, &mut outcome, &built.analysis);
        as_json(outcome, &built)
            .field("phases", phases.as_json())
            .field("release", self.profile.release)
    }
}

/// Returns an error if the executable can't be written to `output`; for use before anything is built.
fn misplaced(output: &Path) -> Option<Diagnostic> {
    let option = format!("`-o {}`", shell_path(&display_path(output)));
    let refused = |what: &str| Diagnostic::error(Code::InvalidOption, format!("{option}{what}"));
    if output.is_dir() {
        let inside = display_path(&output.join("app"));
        return Some(refused(" is a folder").help(format!("name the file: `-o {}`", shell_path(&inside))));
    }
    if is_something_else(output) {
        return Some(
            refused(": there is a file that is not an executable").help("name another file, or remove this one first"),
        );
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty())?;
    // The nearest existing ancestor: if it is a file, no folder can be below it.
    let there = folder.ancestors().find(|above| above.symlink_metadata().is_ok());
    if let Some(file) = there.filter(|there| !there.is_dir()) {
        let file = display_path(file);
        return Some(refused(&format!(": `{file}` is not a folder")).help("name a path below a folder"));
    }
    (!folder.is_dir()).then(|| {
        let folder = display_path(folder);
        refused(&format!(": there is no folder `{folder}`"))
            .help(format!("create it first: `mkdir -p {}`", shell_path(&folder)))
    })
}

/// Whether there is a file with contents that is no executable, and so not an earlier build's. An executable starts
/// with the magic number of ELF or of Mach-O.
fn is_something_else(path: &Path) -> bool {
    const NUMBERS: [[u8; 4]; 2] = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe]];
    let Ok(mut file) = std::fs::File::open(path) else {
        return false;
    };
    let mut start = [0; 4];
    match std::io::Read::read(&mut file, &mut start) {
        Ok(0) | Err(_) => false,
        Ok(_) => !NUMBERS.contains(&start),
    }
}

/// The settings of a build that differ between commands.
pub(crate) struct Options<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) target: Option<String>,
    pub(crate) output: Option<PathBuf>,
    pub(crate) emit: Vec<Emit>,
}

/// A build that did not succeed.
pub(crate) enum Failed {
    /// There is no cache folder to build in.
    NoCache,
    /// The analysis has errors.
    Compilation(Box<Analysis>),
}

/// Builds the executable.
pub(crate) fn build(
    context: &Context,
    project: &Project,
    options: Options<'_>,
    phases: &mut Phases<'_>,
) -> Result<Built, Failed> {
    let environment = &context.environment;
    let options = BuildOptions {
        release: options.profile.release,
        target: options.target,
        output: options.output,
        cache: environment.cache.clone().ok_or(Failed::NoCache)?,
        cargo: environment.cargo.clone(),
        guest_target: environment.guest_target.clone(),
        optimize: options.profile.opt.map(Optimize::from),
        profiling: options.profile.profiling,
        emit: options.emit,
    };
    driver::build(&DiskFiles, &project.request(context), &options, phases).map_err(Failed::Compilation)
}

impl Failed {
    /// Reports the failure to the user.
    pub(crate) fn report(self, context: &Context) -> Outcome {
        match self {
            Failed::NoCache => context.failure(no_cache()),
            Failed::Compilation(analysis) => {
                let mut outcome = Outcome::failed(exit_code(&analysis));
                diagnose(context, &mut outcome, &analysis);
                outcome
            }
        }
    }
}

/// Returns the exit code, which tells mistakes in the project from failures of the tools that compile it.
fn exit_code(analysis: &Analysis) -> u8 {
    let of_tools = [
        Code::ToolchainMissing,
        Code::GuestBuildFailed,
        Code::AotFailed,
        Code::ExecutableBuildFailed,
        Code::IoFailed,
    ];
    let failed = analysis
        .diagnostics
        .iter()
        .any(|diagnostic| of_tools.contains(&diagnostic.code));
    if failed { COMPILATION_FAILED } else { FAILURE }
}

fn lines(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

fn report(context: &Context, built: &Built) -> String {
    let mut report = format!(
        "  {} Built the executable\n\n    path    {}\n    size    {}\n    memory  {} in the worst case\n",
        context.tick(),
        display_path(&built.executable),
        text::bytes(built.bytes),
        text::bytes(built.forecast.memory_bytes),
    );
    for flow in &built.forecast.flows {
        report.push_str(&format!("\n  Flow {}\n", flow.flow));
        if let Some(reason) = &flow.own_thread {
            report.push_str(&format!("    on a thread of its own: {reason}\n"));
        }
        if flow.replicas > 1 {
            let by = flow.replicas_by.as_ref();
            let by = by.map_or_else(String::new, |router| format!(", which divide the ports of {router}"));
            report.push_str(&format!("    {} replicas, each with these stages{by}\n", flow.replicas));
        }
        report.extend(flow.stages.iter().map(stage));
        report.push_str("    copies of each payload, if it is made and read once\n");
        report.extend(flow.edges.iter().map(|one| edge(one, &flow.edges)));
        report.push_str("    memory in the worst case\n");
        for item in flow.memory.iter().filter(|item| item.bytes > 0) {
            report.push_str(&format!("      {:<40} {:>10}\n", item.what, text::bytes(item.bytes)));
        }
    }
    report
}

fn stage(stage: &StageForecast) -> String {
    let (node, role, component, path) = (&stage.node, stage.role.as_str(), &stage.component, &stage.path);
    let thread = match &stage.own_thread {
        Some(reason) => format!(", own thread: {reason}"),
        None => String::new(),
    };
    format!("    {node:<16} {role:<10} {component:<20} {path}{thread}\n")
}

fn edge(edge: &EdgeForecast, all: &[EdgeForecast]) -> String {
    let shape = |edge: &EdgeForecast| format!("{} → {}", edge.from, edge.to);
    let shared = edge.shares.map(|first| format!("the buffer of {}", shape(&all[first])));
    let into = (edge.writes > 0).then(|| format!("{} into a buffer", edge.writes));
    let out = (edge.reads > 0).then(|| format!("{} out of it", edge.reads));
    let how: Vec<String> = shared.into_iter().chain(into).chain(out).collect();
    let how = match how.is_empty() {
        true => String::new(),
        false => format!("  ({})", how.join(", ")),
    };
    format!("      {:<40} {:>10}{how}\n", shape(edge), edge.copies())
}

fn as_json(outcome: Outcome, built: &Built) -> Outcome {
    let flows: Vec<Value> = built.forecast.flows.iter().map(flow_as_json).collect();
    let mut outcome = outcome
        .field("executable", display_path(&built.executable))
        .field("bytes", built.bytes)
        .field("memory_bytes", built.forecast.memory_bytes)
        .field("flows", flows);
    let mut emitted = Map::new();
    for (kind, text) in &built.emitted {
        let name = match kind {
            Emit::Ir => "ir",
            Emit::Rust => "rust",
            Emit::Crate => "crate",
            Emit::Graph => "graph",
        };
        emitted.insert(name.to_owned(), text.as_str().into());
    }
    if !emitted.is_empty() {
        outcome = outcome.field("emitted", emitted);
    }
    outcome
}

fn flow_as_json(flow: &FlowForecast) -> Value {
    let edge = |edge: &EdgeForecast| {
        json!({
            "from": edge.from, "to": edge.to, "depth": edge.depth,
            "copies": edge.copies(), "writes": edge.writes, "reads": edge.reads,
            "shares": edge.shares.map(|first| json!({ "from": flow.edges[first].from, "to": flow.edges[first].to })),
        })
    };
    let stage = |stage: &StageForecast| {
        json!({
            "node": stage.node, "role": stage.role.as_str(), "component": stage.component,
            "path": stage.path, "own_thread": stage.own_thread,
        })
    };
    json!({
        "name": flow.flow,
        "own_thread": flow.own_thread,
        "replicas": flow.replicas,
        "replicas_by": flow.replicas_by,
        "memory_bytes": flow.memory_bytes(),
        "memory": flow.memory.iter().map(|item| json!({ "what": item.what, "bytes": item.bytes })).collect::<Vec<_>>(),
        "edges": flow.edges.iter().map(edge).collect::<Vec<_>>(),
        "stages": flow.stages.iter().map(stage).collect::<Vec<_>>(),
    })
}
