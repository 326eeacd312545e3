//! `torvync contract`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use torvync_compiler::contract::compat::{Bump, Difference, Level};
use torvync_compiler::driver::{self, ContractDiff};
use torvync_compiler::source::files::DiskFiles;
use torvync_compiler::source::{SourceMap, Span};

use crate::output::{Context, FAILURE, NOT_COMPARED, Outcome};
use crate::text;

/// Compare contracts
#[derive(Args)]
pub(crate) struct Contract {
    #[command(subcommand)]
    command: ContractCommand,
}

#[derive(Subcommand)]
enum ContractCommand {
    Diff(Diff),
}

impl Contract {
    pub(crate) fn exec(self, context: &Context) -> Outcome {
        match self.command {
            ContractCommand::Diff(diff) => diff.exec(context),
        }
    }
}

/// Show how two contracts differ, and the version that this requires
///
/// Exit codes: 0 if the new version reflects the changes; 1 if it does not, or is lower than the old one (for worlds and
/// components: if something was removed or changed); 2 if one of the contracts can't be read, or the command line is wrong.
#[derive(Args)]
struct Diff {
    /// A folder with `.wit` files, or with a `wit` folder; a `.wit` file; or a component
    old: PathBuf,
    /// The same kind as OLD; or a component beside a contract with one world, or one with the name of the component's
    /// file, in either order
    new: PathBuf,
}

impl Diff {
    fn exec(self, context: &Context) -> Outcome {
        let diff = driver::contract_diff(&DiskFiles, &self.old, &self.new);
        if diff.diagnostics.has_errors() {
            let mut outcome = Outcome::failed(NOT_COMPARED);
            context.diagnose(&mut outcome, &diff.sources, &diff.diagnostics);
            return outcome;
        }
        let exit_code = if diff.is_covered() { 0 } else { FAILURE };
        Outcome::success(render(&diff))
            .with_exit_code(exit_code)
            .field("verdict", diff.verdict().map(Level::as_str))
            .field("covered", diff.is_covered())
            .field(
                "differences",
                diff.differences
                    .iter()
                    .map(|one| as_json(one, &diff.sources))
                    .collect::<Vec<_>>(),
            )
            .field("packages", diff.bumps.iter().map(bump_as_json).collect::<Vec<_>>())
    }
}

fn render(diff: &ContractDiff) -> String {
    let mut lines = String::new();
    let mut differences: Vec<&Difference> = diff.differences.iter().collect();
    differences.sort_by_key(|difference| std::cmp::Reverse(difference.level));
    for difference in differences {
        lines.push_str(&format!(
            "{:<5}  {}: {}\n",
            difference.level.as_str(),
            difference.within,
            difference.what
        ));
        for (side, span) in [("old", difference.old), ("new", difference.new)] {
            if let Some(span) = span {
                lines.push_str(&format!("       {side}  {}\n", place(&diff.sources, span)));
            }
        }
    }
    if diff.differences.is_empty() && !diff.bumps.iter().any(Bump::is_renumbered) {
        lines.push_str("The contracts are equal.\n");
    } else if diff.bumps.is_empty() {
        lines.push_str(&format!("\n{}\n", world_verdict(diff)));
    } else {
        lines.push_str(if diff.differences.is_empty() { "" } else { "\n" });
        for bump in &diff.bumps {
            lines.push_str(&format!("{}\n", package_verdict(bump)));
        }
    }
    lines
}

/// Returns `file:line:column`, and the text of the line.
fn place(sources: &SourceMap, span: Span) -> String {
    let at = sources.line_column(span.source, span.start);
    let text = sources.text(span.source).lines().nth(at.line - 1).unwrap_or_default();
    format!(
        "{}:{}:{}  {}",
        sources.name(span.source),
        at.line,
        at.column,
        text.trim()
    )
}

fn world_verdict(diff: &ContractDiff) -> String {
    let counted = text::count(diff.differences.len(), "difference");
    match diff.verdict() {
        Some(Level::Major) => format!("{counted}: the new one can't replace the old one."),
        Some(Level::Minor | Level::Patch) | None => {
            format!("{counted}: the new one can replace the old one.")
        }
    }
}

fn package_verdict(bump: &Bump) -> String {
    let old = bump
        .old
        .as_ref()
        .map_or("without version".to_owned(), ToString::to_string);
    let new = bump
        .new
        .as_ref()
        .map_or("without version".to_owned(), ToString::to_string);
    if let Some(other) = &bump.other {
        let package = &bump.package;
        return format!(
            "`{package}` {old} → `{other}` {new}: another package, so no version shows the changes; call the new one \
             `{package}`, or compare two contracts of one package"
        );
    }
    let versions = format!("`{}` {old} → {new}", bump.package);
    let Some(needed) = bump.needed else {
        return match (&bump.old, bump.is_renumbered(), bump.is_enough()) {
            (_, false, _) => format!("{versions}: equal"),
            (Some(old), true, false) if bump.new.is_none() => {
                format!("{versions}: equal except for the version, which was removed; it should be {old} or later")
            }
            (Some(old), true, false) => {
                format!(
                    "{versions}: equal except for the version; it is lower than before, and should be {old} or later"
                )
            }
            (Some(old), true, true) => {
                format!("{versions}: equal except for the version; nothing has changed, so {old} would be enough")
            }
            (None, true, _) => format!("{versions}: equal except for the version; there was none before"),
        };
    };
    let needed = needed.as_str();
    match bump.expected() {
        _ if bump.is_enough() && bump.old.is_none() && bump.new.is_some() => {
            format!("{versions}: {needed} changes; this is the package's first version")
        }
        _ if bump.is_enough() => format!("{versions}: {needed} changes, as the version shows"),
        Some(expected) => format!("{versions}: {needed} changes; the version should be {expected} or later"),
        None => format!(
            "{versions}: {needed} changes, but no version that shows them; give the new one a version, as in `package \
             {}@0.1.0;`",
            bump.package
        ),
    }
}

fn as_json(difference: &Difference, sources: &SourceMap) -> Value {
    let side = |span: Option<Span>| {
        span.map(|span| {
            let at = sources.line_column(span.source, span.start);
            json!({ "file": sources.name(span.source), "line": at.line, "column": at.column })
        })
    };
    json!({
        "level": difference.level.as_str(),
        "within": difference.within,
        "what": difference.what,
        "old": side(difference.old),
        "new": side(difference.new),
    })
}

fn bump_as_json(bump: &Bump) -> Value {
    json!({
        "package": bump.package,
        "old": bump.old.as_ref().map(ToString::to_string),
        "new": bump.new.as_ref().map(ToString::to_string),
        "needed": bump.needed.map(Level::as_str),
        "enough": bump.is_enough(),
        "expected": bump.expected().map(|version| version.to_string()),
    })
}
