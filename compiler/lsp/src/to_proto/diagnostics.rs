//! Diagnostics in the protocol's form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use torvync_compiler::diag::{Diagnostic, Fix, Label, Severity};
use torvync_compiler::driver::Analysis;
use torvync_compiler::source::{SourceId, Span};

use super::Client;
use super::position::Lines;
use crate::paths::clean;
use crate::view::MANIFEST;

/// Returns the URI of a file.
type Uri<'a> = &'a dyn Fn(&Path) -> String;

/// Returns all diagnostics of an analysis, by the file of the main label; those without labels are the manifest's.
pub(crate) fn reports(
    analysis: &Analysis,
    root: &Path,
    client: &Client,
    uri: Uri<'_>,
) -> BTreeMap<PathBuf, Vec<Value>> {
    let mut writer = Writer {
        analysis,
        root,
        client,
        uri,
        lines: BTreeMap::new(),
    };
    let mut reports: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for diagnostic in analysis.diagnostics.iter() {
        let main = diagnostic.main_label();
        let path = main.map_or_else(|| root.join(MANIFEST), |label| writer.path(label.span.source));
        reports
            .entry(path)
            .or_default()
            .push(writer.diagnostic(diagnostic, main));
    }
    reports
}

/// Returns one diagnostic.
pub(super) fn report(
    diagnostic: &Diagnostic,
    analysis: &Analysis,
    root: &Path,
    client: &Client,
    uri: Uri<'_>,
) -> Value {
    let mut writer = Writer {
        analysis,
        root,
        client,
        uri,
        lines: BTreeMap::new(),
    };
    writer.diagnostic(diagnostic, diagnostic.main_label())
}

struct Writer<'a> {
    analysis: &'a Analysis,
    root: &'a Path,
    client: &'a Client,
    uri: Uri<'a>,
    lines: BTreeMap<SourceId, Lines<'a>>,
}

impl Writer<'_> {
    fn diagnostic(&mut self, diagnostic: &Diagnostic, main: Option<&Label>) -> Value {
        let nowhere = json!({ "line": 0, "character": 0 });
        let range = main.map_or_else(
            || json!({ "start": nowhere, "end": nowhere }),
            |label| self.range(label.span),
        );
        let mut value = json!({
            "range": range,
            "severity": match diagnostic.severity {
                Severity::Error => lsp_types::DiagnosticSeverity::ERROR,
                Severity::Warning => lsp_types::DiagnosticSeverity::WARNING,
            },
            "code": diagnostic.code.as_str(),
            "source": "torvync",
            "message": message(diagnostic, main),
        });
        let others = diagnostic.labels.iter().filter(|label| main != Some(*label));
        let related: Vec<Value> = others.map(|label| self.related(label)).collect();
        if !related.is_empty() {
            value["relatedInformation"] = related.into();
        }
        if !diagnostic.fixes.is_empty() {
            let fixes: Vec<Value> = diagnostic.fixes.iter().map(|fix| self.fix(fix)).collect();
            value["data"] = json!({ "fixes": fixes });
        }
        value
    }

    fn related(&mut self, label: &Label) -> Value {
        let text = if label.text.is_empty() { "see here" } else { &label.text };
        json!({ "location": self.location(label.span), "message": text })
    }

    fn fix(&mut self, fix: &Fix) -> Value {
        let edits = fix.edits.iter().map(|edit| {
            let mut value = self.location(edit.span);
            value["newText"] = edit.text.clone().into();
            value
        });
        let edits: Vec<Value> = edits.collect();
        json!({ "title": fix.title, "edits": edits })
    }

    fn location(&mut self, span: Span) -> Value {
        let uri = (self.uri)(&self.path(span.source));
        json!({ "uri": uri, "range": self.range(span) })
    }

    fn range(&mut self, span: Span) -> Value {
        let (sources, client) = (&self.analysis.sources, self.client);
        let lines = self
            .lines
            .entry(span.source)
            .or_insert_with(|| Lines::of(sources.text(span.source), client));
        json!(lines.range(&(span.start..span.end)))
    }

    fn path(&self, source: SourceId) -> PathBuf {
        clean(&self.root.join(self.analysis.sources.name(source)))
    }
}

/// Returns the message, the main label, the notes and the help, in the order in which the terminal shows them.
fn message(diagnostic: &Diagnostic, main: Option<&Label>) -> String {
    let mut text = diagnostic.message.clone();
    if let Some(label) = main.filter(|label| !label.text.is_empty()) {
        text += &format!("\n{}", label.text);
    }
    for note in &diagnostic.notes {
        text += &format!("\nnote: {}", note.trim_end());
    }
    for help in &diagnostic.help {
        text += &format!("\nhelp: {}", help.trim_end());
    }
    text
}
