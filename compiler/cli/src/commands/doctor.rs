//! `torvync doctor`

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use torvync_compiler::diag::{Code, Diagnostic};
use torvync_compiler::toolchain::{self, Check, Status, Target};

use crate::output::{Context, FAILURE, Outcome};
use crate::text;

/// Check the environment: toolchain, WebAssembly target, linker, cache, project
#[derive(Args)]
pub(crate) struct Doctor {
    /// Repair what can be repaired
    #[arg(long)]
    fix: bool,
    /// Path of Torvyn.toml, which then must exist [default: Torvyn.toml, if there is one]
    #[arg(long, value_name = "PATH")]
    manifest: Option<PathBuf>,
    /// Check also what executables for this target take; may be repeated
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
}

impl Doctor {
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        let environment = &context.environment;
        let Some(cache) = environment.cache.clone() else {
            return context.failure(no_cache());
        };
        let doctor = toolchain::Doctor {
            cargo: environment.cargo.clone(),
            cache,
            manifest: self.manifest,
            no_rustup: environment.no_rustup,
            targets: self.target.iter().map(|triple| Target::new(triple)).collect(),
        };
        let mut checks = toolchain::examine(&doctor);
        if self.fix && checks.iter().any(can_be_repaired) {
            context.note("  Repairing");
            let repaired = toolchain::fix(&doctor, &checks, &mut |line| context.note(&format!("    {line}")));
            if let Err(error) = repaired {
                return context.failure(Diagnostic::error(Code::ToolchainMissing, error.to_string()));
            }
            checks = toolchain::examine(&doctor);
        }
        let issues = checks.iter().filter(|check| check.is_missing()).count();
        let mut outcome = if issues == 0 {
            Outcome::default()
        } else {
            Outcome::failed(FAILURE)
        };
        if !context.quiet || issues > 0 {
            outcome.print(&summary(context, &checks, issues));
        }
        outcome
            .field("torvync", env!("CARGO_PKG_VERSION"))
            .field("checks", checks.iter().map(as_json).collect::<Vec<_>>())
    }
}

/// Returns the error for a missing cache folder: it is not set, and there is no home folder to put it in.
pub(super) fn no_cache() -> Diagnostic {
    Diagnostic::error(Code::IoFailed, "there is no folder for the cache")
        .help("set TORVYN_HOME to a folder that can be written")
}

fn can_be_repaired(check: &Check) -> bool {
    check.is_missing() && check.repair.is_some()
}

/// Least width of the column of names.
const LEAST_WIDTH: usize = 14;

fn summary(context: &Context, checks: &[Check], issues: usize) -> String {
    let longest = checks.iter().map(|check| check.name.len()).max();
    let width = longest.unwrap_or_default().max(LEAST_WIDTH);
    let line = |mark: &str, name: &str, text: &str| format!("  {mark} {name:<width$} {text}\n");
    let mut lines = line(context.tick(), "torvync", env!("CARGO_PKG_VERSION"));
    for check in checks {
        match &check.status {
            Status::Ok(what) => lines.push_str(&line(context.tick(), &check.name, what)),
            Status::Warn(what) => lines.push_str(&line("!", &check.name, what)),
            Status::Missing { why, fix } => {
                lines.push_str(&line(context.cross(), &check.name, why));
                lines.push_str(&line(" ", "", &format!("fix: {fix}")));
            }
        }
    }
    let fixable = checks.iter().any(can_be_repaired);
    let warnings = checks
        .iter()
        .filter(|check| matches!(check.status, Status::Warn(_)))
        .count();
    let closing = match (issues, fixable) {
        (0, _) if warnings > 0 => format!("No issues, {}.", text::count(warnings, "warning")),
        (0, _) => "All checks passed!".to_owned(),
        (_, true) => format!(
            "{}; `torvync doctor --fix` may repair it.",
            text::count(issues, "issue")
        ),
        (_, false) => format!("{}.", text::count(issues, "issue")),
    };
    format!("{lines}\n  {closing}\n")
}

fn as_json(check: &Check) -> Value {
    let (status, text, fix) = match &check.status {
        Status::Ok(what) => ("ok", what, None),
        Status::Warn(what) => ("warning", what, None),
        Status::Missing { why, fix } => ("missing", why, Some(fix)),
    };
    json!({ "name": check.name, "status": status, "text": text, "fix": fix, "fixable": check.repair.is_some() })
}
