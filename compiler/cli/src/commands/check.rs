//! `torvync check`

use clap::Args;
use serde_json::json;
use torvync_compiler::contract::{ContractSet, Unread};
use torvync_compiler::driver::{self, Analysis};
use torvync_compiler::link;
use torvync_compiler::manifest::ast::ComponentRef;
use torvync_compiler::resolve::{ResolvedComponent, ResolvedFlow, ResolvedProject};
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
        let mut lines = vec![Line::whole(format!(
            "Manifest valid ({})",
            display_path(&self.project.manifest)
        ))];
        if let Some(project) = &analysis.project {
            let components = project.components().iter();
            lines.extend(components.map(|component| component_line(&analysis.contracts, component)));
            let flows = project.flows().iter();
            lines.extend(flows.map(|flow| flow_line(project, &analysis.contracts, flow)));
        }
        let is_whole = lines.iter().all(|line| line.is_whole);
        let text: String = lines.iter().map(|line| line.text(context)).collect();
        text + &format!("\n  {}\n", closing(is_whole, analysis.diagnostics.warnings()))
    }
}

/// A line of the summary.
struct Line {
    text: String,
    /// Whether all of it was looked at.
    is_whole: bool,
}

impl Line {
    fn whole(text: String) -> Self {
        Line { text, is_whole: true }
    }

    fn part(text: String) -> Self {
        Line { text, is_whole: false }
    }

    fn text(&self, context: &Context) -> String {
        let mark = if self.is_whole { context.tick() } else { "!" };
        format!("  {mark} {}\n", self.text)
    }
}

/// What was looked at of a component, and what was not, and why.
fn component_line(contracts: &ContractSet, component: &ResolvedComponent) -> Line {
    let name = &component.name;
    let has_contract = match &component.reference {
        ComponentRef::Declared(name) => contracts.world(name).is_some(),
        ComponentRef::File(_) | ComponentRef::Builtin(_) => false,
    };
    if let Some(binary) = contracts.binary(&component.reference) {
        let code = display_path(&binary.path);
        return Line::whole(match has_contract {
            true => format!("Component \"{name}\": contract valid, and its code compared with it ({code})"),
            false => format!("Component \"{name}\": code valid ({code})"),
        });
    }
    let why = match contracts.unread(&component.reference) {
        Some(Unread::OlderThan(source)) => format!("is older than {}", display_path(source)),
        Some(Unread::AgeUnknown) => "may be older than its source".to_owned(),
        Some(Unread::Missing | Unread::Invalid) | None => "is not there yet".to_owned(),
    };
    match has_contract {
        true => Line::part(format!("Component \"{name}\": contract valid; its code {why}")),
        false => Line::part(format!(
            "Component \"{name}\": not checked, it has no contract and its code {why}"
        )),
    }
}

/// How far a flow could be checked.
fn flow_line(project: &ResolvedProject, contracts: &ContractSet, flow: &ResolvedFlow) -> Line {
    let name = &flow.name.value;
    let roles = link::roles(project, contracts, flow);
    let unknown = flow.nodes.iter().zip(roles).filter(|(_, role)| role.is_none());
    let unknown: Vec<&str> = unknown.map(|(node, _)| node.name.value.as_str()).collect();
    let size = format!(
        "{}, {}",
        text::count(flow.nodes.len(), "node"),
        text::count(flow.edges.len(), "edge")
    );
    if unknown.is_empty() {
        return Line::whole(format!("Flow \"{name}\" wired correctly ({size})"));
    }
    Line::part(format!(
        "Flow \"{name}\" wired as far as is known ({size}): nothing says what {} {}",
        text::all(&unknown),
        if unknown.len() == 1 { "does" } else { "do" }
    ))
}

fn closing(is_whole: bool, warnings: usize) -> String {
    let found = match warnings {
        0 => String::new(),
        warnings => format!(", with {}", text::count(warnings, "warning")),
    };
    if is_whole {
        format!("All checks passed{found}.")
    } else {
        format!("No mistakes found{found}. Lines with ! were checked in part: `torvync build` checks the rest.")
    }
}
