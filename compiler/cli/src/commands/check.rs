//! `torvync check`

use clap::Args;
use serde_json::json;
use torvync_compiler::contract::{ContractSet, Unread, World};
use torvync_compiler::driver::{self, Analysis};
use torvync_compiler::link;
use torvync_compiler::manifest::ast::ComponentRef;
use torvync_compiler::resolve::{ResolvedFlow, ResolvedProject};
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
            lines.extend(components.map(|component| component_line(analysis, &component.name, &component.reference)));
            let declared = analysis.manifest.iter().flat_map(|manifest| &manifest.components);
            let unused = declared.filter(|_| self.project.flow().is_none()).filter(|decl| {
                let reference = ComponentRef::Declared(decl.name.value.clone());
                !project
                    .components()
                    .iter()
                    .any(|component| component.reference == reference)
            });
            lines.extend(unused.map(|decl| unused_line(analysis, &decl.name.value)));
            let flows = project.flows().iter();
            lines.extend(flows.map(|flow| flow_line(project, &analysis.contracts, flow)));
        }
        let text: String = lines.iter().map(|line| line.text(context)).collect();
        text + &format!("\n  {}\n", closing(&lines, analysis.diagnostics.warnings()))
    }
}

/// How much of something was checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// A build checks the rest.
    Part,
    /// No flow uses it, so the rest is never checked.
    Unused,
}

/// A line of the summary.
struct Line {
    text: String,
    extent: Extent,
}

impl Line {
    fn whole(text: String) -> Self {
        Line {
            text,
            extent: Extent::Whole,
        }
    }

    fn part(text: String) -> Self {
        Line {
            text,
            extent: Extent::Part,
        }
    }

    fn text(&self, context: &Context) -> String {
        let mark = match self.extent {
            Extent::Whole => context.tick(),
            Extent::Part | Extent::Unused => "!",
        };
        format!("  {mark} {}\n", self.text)
    }
}

/// Describes what was checked of a component, what was not, and why.
fn component_line(analysis: &Analysis, name: &str, reference: &ComponentRef) -> Line {
    let contracts = &analysis.contracts;
    let contract = match reference {
        ComponentRef::Declared(name) => contracts.world(name).map(contract_words),
        ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
    };
    if let Some(binary) = contracts.binary(reference) {
        let code = display_path(&binary.path);
        return Line::whole(match contract {
            Some(contract) => format!("Component \"{name}\": {contract}, and its code compared with it ({code})"),
            None => format!("Component \"{name}\": code valid ({code})"),
        });
    }
    let why = match contracts.unread(reference) {
        Some(Unread::OlderThan(source)) => format!("is older than {}", display_path(source)),
        Some(Unread::AgeUnknown) => "may be older than its source".to_owned(),
        Some(Unread::Invalid) => "can't be read".to_owned(),
        Some(Unread::Missing) | None => "is not there yet".to_owned(),
    };
    Line::part(match contract {
        Some(contract) => format!("Component \"{name}\": {contract}; its code {why}"),
        None => format!("Component \"{name}\": not checked, it has no contract and its code {why}"),
    })
}

/// Describes the same of a component that no flow uses. In a project without flows, its code was checked if it exists.
fn unused_line(analysis: &Analysis, name: &str) -> Line {
    let reference = ComponentRef::Declared(name.to_owned());
    let has_flows = analysis
        .manifest
        .as_ref()
        .is_some_and(|manifest| !manifest.flows.is_empty());
    if !has_flows {
        return component_line(analysis, name, &reference);
    }
    let text = match analysis.contracts.world(name).map(contract_words) {
        Some(contract) => format!("Component \"{name}\": {contract}; its code is not checked, no flow uses it"),
        None => format!("Component \"{name}\": not checked, it has no contract and no flow uses it"),
    };
    Line {
        text,
        extent: Extent::Unused,
    }
}

/// Returns `contract valid`, with the name of the world if its package has several.
fn contract_words(world: &World) -> String {
    match world.others {
        0 => "contract valid".to_owned(),
        others => format!(
            "contract valid (world `{}`, one of {})",
            world.name,
            text::count(others + 1, "world")
        ),
    }
}

/// Describes how much of a flow could be checked.
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
        "Flow \"{name}\" wired correctly as far as known ({size}): the {} of {} {} unknown",
        if unknown.len() == 1 { "role" } else { "roles" },
        text::all(&unknown),
        if unknown.len() == 1 { "is" } else { "are" }
    ))
}

fn closing(lines: &[Line], warnings: usize) -> String {
    let found = match warnings {
        0 => String::new(),
        warnings => format!(", with {}", text::count(warnings, "warning")),
    };
    let has = |extent: Extent| lines.iter().any(|line| line.extent == extent);
    if has(Extent::Part) {
        format!("No mistakes found{found}. Lines with ! were checked in part: `torvync build` checks the rest.")
    } else if has(Extent::Unused) {
        format!("No mistakes found{found}. Lines with ! were checked in part.")
    } else {
        format!("All checks passed{found}.")
    }
}
