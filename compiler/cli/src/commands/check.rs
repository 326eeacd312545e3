//! `torvync check`

use clap::Args;
use serde_json::json;
use torvync_compiler::driver::{self, Analysis};
use torvync_compiler::source::display_path;
use torvync_compiler::source::files::DiskFiles;

use super::project::{Project, diagnose};
use crate::output::{Context, FAILURE, Outcome};
use crate::text;

/// Exit code of `--strict` when there are warnings and no errors.
const WARNINGS: u8 = 2;

/// Validate manifest, contracts and wiring; compiles and runs nothing
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    project: Project,
    /// Fail on warnings too (exit code 2)
    #[arg(long)]
    strict: bool,
}

impl Check {
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let analysis = driver::check(&DiskFiles, &self.project.request(context));
        let mut outcome = if analysis.diagnostics.has_errors() {
            Outcome::failed(FAILURE)
        } else if self.strict && analysis.diagnostics.warnings() > 0 {
            Outcome::failed(WARNINGS)
        } else if context.quiet {
            Outcome::default()
        } else {
            Outcome::success(self.summary(context, &analysis))
        };
        diagnose(context, &mut outcome, &analysis);
        let Some(project) = &analysis.project else {
            return outcome;
        };
        let components: Vec<&str> = project
            .components()
            .iter()
            .map(|component| component.name.as_str())
            .collect();
        let flows: Vec<&str> = project.flows().iter().map(|flow| flow.name.value.as_str()).collect();
        outcome.field(
            "project",
            json!({ "name": project.name(), "components": components, "flows": flows }),
        )
    }

    fn summary(&self, context: &Context, analysis: &Analysis) -> String {
        let tick = context.tick();
        let mut lines = format!("  {tick} Manifest valid ({})\n", display_path(&self.project.manifest));
        if let Some(project) = &analysis.project {
            let components = text::count(project.components().len(), "component");
            lines.push_str(&format!("  {tick} Contracts valid ({components})\n"));
            for component in project.components() {
                lines.push_str(&format!(
                    "  {tick} Component \"{}\" declared correctly\n",
                    component.name
                ));
            }
            for flow in project.flows() {
                lines.push_str(&format!("  {tick} Flow \"{}\" wired correctly\n", flow.name.value));
            }
        }
        let warnings = analysis.diagnostics.warnings();
        let closing = if warnings == 0 {
            "All checks passed.".to_owned()
        } else {
            format!("All checks passed, with {}.", text::count(warnings, "warning"))
        };
        lines + &format!("\n  {closing}\n")
    }
}
