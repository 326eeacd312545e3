//! Lines that a manifest lacks, as edits and as help texts.

use crate::diag::Edit;
use crate::source::Span;

/// Returns the edit that adds declarations to `[capabilities.TABLE]`: at `table_end`, or as a new table at `end`.
pub(super) fn declarations(table: &str, keys: &[&str], table_end: Option<Span>, end: Span) -> Edit {
    let lines: String = keys.iter().map(|key| format!("{key} = true\n")).collect();
    match table_end {
        Some(span) => Edit { span, text: lines },
        None => Edit {
            span: end,
            text: format!("\n[capabilities.{table}]\n{lines}"),
        },
    }
}

/// Returns the edit that adds grants to the list of a component: at `list_end`, or as a new table at `end`. `follows`:
/// whether the list already has an item.
pub(super) fn grant(wanted: &[&str], component: &str, list_end: Option<Span>, end: Span, follows: bool) -> Edit {
    let list = in_quotes(wanted);
    match list_end {
        Some(span) => Edit {
            span,
            text: if follows { format!(", {list}") } else { list },
        },
        None => Edit {
            span: end,
            text: format!("\n[security.grants.{component}]\ncapabilities = [{list}]\n"),
        },
    }
}

/// Returns the help text for [`grant`].
pub(super) fn grant_help(wanted: &[&str], component: &str) -> String {
    format!(
        "add `{}` to `capabilities` of `[security.grants.{component}]`",
        in_quotes(wanted)
    )
}

fn in_quotes(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    quoted.join(", ")
}
