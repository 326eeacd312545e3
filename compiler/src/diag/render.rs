//! Diagnostics as text: for terminals with codespan-reporting, for programs as JSON.

use std::ops::Range;

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::Error;
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;

use crate::diag::{Diagnostic, Diagnostics, Fix, Label, Severity};
use crate::source::{SourceId, SourceMap, Span};

/// Renders all diagnostics for people, each followed by an empty line.
#[must_use]
pub fn text(diags: &Diagnostics, sources: &SourceMap, color: bool) -> String {
    diags
        .iter()
        .map(|diagnostic| text_of(diagnostic, sources, color))
        .collect()
}

fn text_of(diagnostic: &Diagnostic, sources: &SourceMap, color: bool) -> String {
    let config = term::Config::default();
    let diagnostic = to_codespan(diagnostic);
    let styles = term::Styles::default();
    let text = if color {
        let mut writer = Ansi::new(Vec::new());
        let mut styled = term::StylesWriter::new(&mut writer, &styles);
        let written = term::emit_to_write_style(&mut styled, &config, &CodespanFiles(sources), &diagnostic);
        written.map(|()| String::from_utf8_lossy(&writer.into_inner()).into_owned())
    } else {
        term::emit_into_string(&config, &CodespanFiles(sources), &diagnostic)
    };
    let text = text.expect("invariant: spans lie in texts of the source map");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

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

/// Lines and columns for people, and byte offsets.
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

fn to_codespan(diagnostic: &Diagnostic) -> codespan::Diagnostic<SourceId> {
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    let labels = diagnostic.labels.iter().map(|label| {
        let range = label.span.start..label.span.end;
        let made = if label.primary {
            codespan::Label::primary(label.span.source, range)
        } else {
            codespan::Label::secondary(label.span.source, range)
        };
        made.with_message(&label.text)
    });
    let notes = diagnostic.notes.iter().map(|note| prefixed("note", note));
    let help = diagnostic.help.iter().map(|help| prefixed("help", help));
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code.as_str())
        .with_message(&diagnostic.message)
        .with_labels(labels.collect())
        .with_notes(notes.chain(help).collect())
}

/// Further lines of a note stand under its first word.
fn prefixed(word: &str, text: &str) -> String {
    let indent = format!("\n{}", " ".repeat(word.len() + 2));
    format!("{word}: {}", text.trim_end().replace('\n', &indent))
}

struct CodespanFiles<'a>(&'a SourceMap);

impl<'a> codespan_reporting::files::Files<'a> for CodespanFiles<'_> {
    type FileId = SourceId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: SourceId) -> Result<&'a str, Error> {
        Ok(self.0.name(id))
    }

    fn source(&'a self, id: SourceId) -> Result<&'a str, Error> {
        Ok(self.0.text(id))
    }

    fn line_index(&'a self, id: SourceId, byte_index: usize) -> Result<usize, Error> {
        Ok(self.0.line_index(id, byte_index))
    }

    fn line_range(&'a self, id: SourceId, line: usize) -> Result<Range<usize>, Error> {
        self.0
            .line_range(id, line)
            .ok_or(Error::LineTooLarge { given: line, max: line })
    }
}
