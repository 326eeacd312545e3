//! `inspect`: the contents of the executable.

use serde_json::Value;

use crate::description;
use crate::plan::ProgramPlan;

/// The embedded description, unchanged.
pub(super) fn json(program: &ProgramPlan) -> String {
    format!("{}\n", String::from_utf8_lossy(program.document))
}

/// The embedded description as text, with the words of `torvync inspect`.
pub(super) fn text(program: &ProgramPlan) -> String {
    let document: Value = serde_json::from_slice(program.document).expect("invariant: generated JSON is valid");
    let flows = || description::flows(&document);
    let mut parts = vec![description::head(&document)];
    parts.extend(flows().map(description::flow));
    parts.extend(flows().map(description::granted));
    parts.extend(flows().map(description::pools));
    parts.push(description::components(&document));
    parts.push(description::artifacts(&document));
    parts.join("\n")
}
