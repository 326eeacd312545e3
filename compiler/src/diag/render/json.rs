//! Diagnostics as JSON, for programs.

use crate::diag::{Diagnostic, Diagnostics, Fix, Label};
use crate::source::{SourceMap, Span};

/// One JSON object per diagnostic.
#[must_use]
pub fn json(diags: &Diagnostics, sources: &SourceMap) -> Vec<serde_json::Value> {
    diags.iter().map(|diagnostic| json_of(diagnostic, sources)).collect()
}

fn json_of(diagnostic: &Diagnostic, sources: &SourceMap) -> serde_json::Value {
    serde_json::json!({
        "code": diagnostic.code.as_str(),
        "name": diagnostic.code.name(),
        "severity": diagnostic.severity.as_str(),
        "message": diagnostic.message,
        "labels": diagnostic.labels.iter().map(|label| json_label(label, sources)).collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": diagnostic.help,
        "fixes": diagnostic.fixes.iter().map(|fix| json_fix(fix, sources)).collect::<Vec<_>>(),
    })
}

fn json_label(label: &Label, sources: &SourceMap) -> serde_json::Value {
    let mut object = json_span(label.span, sources);
    object["text"] = label.text.clone().into();
    object["primary"] = label.primary.into();
    object
}

fn json_fix(fix: &Fix, sources: &SourceMap) -> serde_json::Value {
    let edits = fix.edits.iter().map(|edit| {
        let mut object = json_span(edit.span, sources);
        object["text"] = edit.text.clone().into();
        object
    });
    serde_json::json!({ "title": fix.title, "edits": edits.collect::<Vec<_>>() })
}

/// A span as lines and columns for users, and as byte offsets.
fn json_span(span: Span, sources: &SourceMap) -> serde_json::Value {
    let (start, end) = (
        sources.line_column(span.source, span.start),
        sources.line_column(span.source, span.end),
    );
    serde_json::json!({
        "file": sources.name(span.source),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "start": span.start,
        "end": span.end,
    })
}
