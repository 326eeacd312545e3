//! Code actions: the fixes of diagnostics.

use std::ops::Range;
use std::path::Path;

use torvync_compiler::diag::{Diagnostic, Fix};
use torvync_compiler::driver::Analysis;

use crate::paths::clean;

/// A fix, with its diagnostic.
pub(crate) struct Action<'a> {
    pub(crate) diagnostic: &'a Diagnostic,
    pub(crate) fix: &'a Fix,
    /// Whether it is the diagnostic's only fix.
    pub(crate) is_only: bool,
}

/// Returns the fixes of the diagnostics with a label that touches a range of a file. `root` is the project's folder.
pub(crate) fn actions<'a>(analysis: &'a Analysis, root: &Path, path: &Path, range: &Range<usize>) -> Vec<Action<'a>> {
    let touches = |diagnostic: &&Diagnostic| {
        diagnostic.labels.iter().any(|label| {
            let is_here = clean(&root.join(analysis.sources.name(label.span.source))) == path;
            is_here && label.span.start <= range.end && range.start <= label.span.end
        })
    };
    let found = analysis.diagnostics.iter().filter(touches);
    let fixes = found.flat_map(|diagnostic| diagnostic.fixes.iter().map(move |fix| (diagnostic, fix)));
    fixes
        .map(|(diagnostic, fix)| Action {
            diagnostic,
            fix,
            is_only: diagnostic.fixes.len() == 1,
        })
        .collect()
}
