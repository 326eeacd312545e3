//! The lines that mend a manifest, as changes and in words.

use crate::diag::Edit;
use crate::source::Span;

/// Adds declarations to `[capabilities.TABLE]`, or the table. `table_end` is where a line can be added to it.
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

/// Adds grants to the component's list, or the table. `follows`: whether the list has an item.
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

/// The same in words.
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
