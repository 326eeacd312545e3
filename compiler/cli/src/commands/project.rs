//! Options and output that all commands which read a project share.

use std::path::PathBuf;

use clap::Args;
use torvync_compiler::driver::{Analysis, Request};
use torvync_compiler::link::LinkedFlow;

use crate::output::{Context, Outcome};
use crate::text;

/// Which project, and which of its flows.
#[derive(Args)]
pub(crate) struct Project {
    /// Path of Torvyn.toml
    #[arg(long, value_name = "PATH", default_value = "Torvyn.toml")]
    pub(crate) manifest: PathBuf,
    /// Folder for everything that builds write [default: .torvyn beside the manifest; env: TORVYN_WORK_DIR]
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
    /// Only this flow, `main` or `flow.main`
    #[arg(value_name = "FLOW")]
    positional_flow: Option<String>,
    /// Only this flow
    #[arg(long, value_name = "NAME")]
    flow: Vec<String>,
}

impl Project {
    /// Returns the name of the requested flow, without `flow.` in front.
    pub(crate) fn flow(&self) -> Option<&str> {
        self.flows().next()
    }

    /// Returns the name of each flow on the command line, without `flow.` in front.
    fn flows(&self) -> impl Iterator<Item = &str> {
        let named = self.flow.iter().chain(&self.positional_flow);
        named.map(|name| name.strip_prefix("flow.").unwrap_or(name))
    }

    /// Returns a message if several flows are named.
    pub(super) fn contradiction(&self) -> Option<String> {
        let mut named: Vec<String> = self.flows().map(|name| format!("`{name}`")).collect();
        named.dedup();
        (named.len() > 1).then(|| {
            format!(
                "several flows are named: {}\n\n  help: name one of them, or none for all",
                named.join(" and ")
            )
        })
    }

    /// Returns the request for the compiler.
    pub(crate) fn request(&self, context: &Context) -> Request {
        Request {
            manifest: self.manifest.clone(),
            flow: self.flow().map(str::to_owned),
            strict: false,
            components: None,
            work_dir: self.work_dir.clone().or_else(|| context.environment.work_dir.clone()),
        }
    }
}

/// Reports the diagnostics of an analysis.
pub(crate) fn diagnose(context: &Context, outcome: &mut Outcome, analysis: &Analysis) {
    context.diagnose(outcome, &analysis.sources, &analysis.diagnostics);
}

/// Returns the shape of a flow, such as `source → transform → sink`.
pub(crate) fn shape(flow: &LinkedFlow) -> String {
    let name = |id| flow.node(id).name.as_str();
    let edges: Vec<(&str, &str)> = flow
        .edges()
        .iter()
        .map(|edge| (name(edge.from), name(edge.to)))
        .collect();
    text::graph(&edges)
}
