//! `torvync graph`

use clap::Args;
use torvync_compiler::driver;
use torvync_compiler::graph;
use torvync_compiler::resolve::ResolvedProject;
use torvync_compiler::source::files::DiskFiles;

use super::project::{Project, diagnose};
use crate::Format;
use crate::output::{Context, FAILURE, Outcome};

/// Draw the flows of a project: stages by role, streams with type, depth and policy
#[derive(Args)]
pub(crate) struct Graph {
    #[command(flatten)]
    project: Project,
    /// What to write [default: dot]
    // Replaces the global option of the same name, whose other values mean nothing here.
    #[arg(long, value_parser = Format::among(Format::GRAPHS))]
    format: Option<Format>,
}

impl Graph {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// Draws the flows; those with mistakes as far as they were understood. If the requested flow does not exist,
    /// nothing is drawn: another picture could be mistaken for it.
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let analysis = driver::check(&DiskFiles, &self.project.request(context));
        let mut outcome = Outcome::default();
        if let Some(project) = &analysis.project
            && (!analysis.diagnostics.has_errors() || self.is_there(project))
        {
            let graph = graph::graph(project, &analysis.contracts);
            match self.format.unwrap_or(Format::Dot) {
                Format::Svg => outcome.print(&graph::svg(&graph)),
                Format::Mermaid => outcome.print(&graph::mermaid(&graph)),
                Format::Dot | Format::Human | Format::Jsonl | Format::Sarif => outcome.print(&graph::dot(&graph)),
                Format::Json => {
                    for (name, value) in graph::json(&graph) {
                        outcome = outcome.field(&name, value);
                    }
                }
            }
        }
        diagnose(context, &mut outcome, &analysis);
        if analysis.diagnostics.has_errors() {
            outcome = outcome.with_exit_code(FAILURE);
        }
        outcome
    }

    /// Whether a requested flow exists.
    fn is_there(&self, project: &ResolvedProject) -> bool {
        let mut flows = project.flows().iter();
        flows.any(|flow| self.project.flow().is_none_or(|name| flow.name.value == name))
    }
}
