//! Diagnostics as a SARIF 2.1.0 log, which code hosts show next to the lines of a change.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diag::{Code, Diagnostic, Diagnostics, Edit, Fix, Label, Severity};
use crate::source::{SourceId, SourceMap, Span};

/// The base of relative file names.
const ROOT: &str = "%SRCROOT%";

/// The log of one command, with a run for each list of diagnostics; without any list, one run without results.
#[must_use]
pub fn sarif(reports: &[(Diagnostics, SourceMap)], exit_code: u8) -> Value {
    let nothing = [(Diagnostics::new(), SourceMap::new())];
    let reports = if reports.is_empty() { &nothing } else { reports };
    let runs = reports
        .iter()
        .map(|(diags, sources)| Run::new(diags, sources).log(exit_code));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": runs.collect::<Vec<_>>(),
    })
}

/// A run, with the lists that its results refer to by position.
struct Run<'a> {
    diags: &'a Diagnostics,
    sources: &'a SourceMap,
    rules: Vec<Code>,
    artifacts: Vec<SourceId>,
}

impl<'a> Run<'a> {
    fn new(diags: &'a Diagnostics, sources: &'a SourceMap) -> Self {
        let rules: BTreeSet<Code> = diags.iter().map(|diagnostic| diagnostic.code).collect();
        let artifacts: BTreeSet<SourceId> = diags.iter().flat_map(places).map(|span| span.source).collect();
        Self {
            diags,
            sources,
            rules: rules.into_iter().collect(),
            artifacts: artifacts.into_iter().collect(),
        }
    }

    fn log(&self, exit_code: u8) -> Value {
        let artifacts = self
            .artifacts
            .iter()
            .map(|id| json!({ "location": location_of(self.sources.name(*id)), "encoding": "utf-8" }));
        json!({
            "tool": { "driver": {
                "name": "torvync",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": self.rules.iter().copied().map(rule).collect::<Vec<_>>(),
            } },
            "invocations": [{ "executionSuccessful": self.is_checked(), "exitCode": exit_code }],
            "originalUriBaseIds": { ROOT: { "description": { "text": "The folder that torvync was started in." } } },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts.collect::<Vec<_>>(),
            "results": self.diags.iter().map(|diagnostic| self.result(diagnostic)).collect::<Vec<_>>(),
        })
    }

    /// Whether the command could do its work, whatever it found.
    fn is_checked(&self) -> bool {
        let refused = [Code::InvalidOption, Code::ManifestNotFound, Code::IoFailed];
        !self.diags.iter().any(|diagnostic| refused.contains(&diagnostic.code))
    }

    fn result(&self, diagnostic: &Diagnostic) -> Value {
        let (primary, secondary): (Vec<&Label>, Vec<&Label>) =
            diagnostic.labels.iter().partition(|label| label.primary);
        let mut result = json!({
            "ruleId": diagnostic.code.as_str(),
            "ruleIndex": self.rules.binary_search(&diagnostic.code).ok(),
            "level": level(diagnostic.severity),
            "message": { "text": message(diagnostic) },
            "locations": primary.iter().map(|label| self.location(label)).collect::<Vec<_>>(),
        });
        if !secondary.is_empty() {
            let related = secondary.iter().enumerate().map(|(id, label)| {
                let mut location = self.location(label);
                location["id"] = id.into();
                location
            });
            result["relatedLocations"] = related.collect();
        }
        if !diagnostic.fixes.is_empty() {
            result["fixes"] = diagnostic.fixes.iter().map(|fix| self.fix(fix)).collect();
        }
        result
    }

    fn location(&self, label: &Label) -> Value {
        let mut location = json!({
            "physicalLocation": { "artifactLocation": self.artifact(label.span.source), "region": self.region(label.span) },
        });
        if !label.text.is_empty() {
            location["message"] = json!({ "text": label.text });
        }
        location
    }

    /// Converts a fix, which names each file once, with all its changes.
    fn fix(&self, fix: &Fix) -> Value {
        let files: BTreeSet<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
        let changes = files.into_iter().map(|file| {
            let edits = fix.edits.iter().filter(|edit| edit.span.source == file);
            json!({
                "artifactLocation": self.artifact(file),
                "replacements": edits.map(|edit| self.replacement(edit)).collect::<Vec<_>>(),
            })
        });
        json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
    }

    fn replacement(&self, edit: &Edit) -> Value {
        json!({ "deletedRegion": self.region(edit.span), "insertedContent": { "text": edit.text } })
    }

    fn artifact(&self, id: SourceId) -> Value {
        let mut location = location_of(self.sources.name(id));
        location["index"] = self.artifacts.binary_search(&id).ok().into();
        location
    }

    fn region(&self, span: Span) -> Value {
        let start = self.sources.line_column(span.source, span.start);
        let end = self.sources.line_column(span.source, span.end);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
            "byteOffset": span.start,
            "byteLength": span.end - span.start,
        })
    }
}

fn places(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits);
    let labels = diagnostic.labels.iter().map(|label| label.span);
    labels.chain(edits.map(|edit| edit.span))
}

fn rule(code: Code) -> Value {
    let explanation = code.explanation().trim();
    json!({
        "id": code.as_str(),
        "name": code.name(),
        "shortDescription": { "text": code.summary() },
        "help": { "text": explanation, "markdown": explanation },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The message with notes and help in it, since viewers show nothing else next to a line.
fn message(diagnostic: &Diagnostic) -> String {
    let notes = diagnostic
        .notes
        .iter()
        .map(|note| format!("\nnote: {}", note.trim_end()));
    let help = diagnostic
        .help
        .iter()
        .map(|help| format!("\nhelp: {}", help.trim_end()));
    std::iter::once(diagnostic.message.clone())
        .chain(notes)
        .chain(help)
        .collect()
}

fn location_of(name: &str) -> Value {
    if name.starts_with('/') {
        json!({ "uri": format!("file://{}", encoded(name)) })
    } else {
        json!({ "uri": encoded(name), "uriBaseId": ROOT })
    }
}

/// Percent-encodes a path for a URI.
fn encoded(path: &str) -> String {
    let byte = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(*byte).to_string(),
        other => format!("%{other:02X}"),
    };
    path.as_bytes().iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn names_of_files_become_uris() {
        assert_eq!(location_of("a b/ä.toml")["uri"], "a%20b/%C3%A4.toml");
        assert_eq!(location_of("a b/ä.toml")["uriBaseId"], ROOT);
        assert_eq!(location_of("/x/y"), json!({ "uri": "file:///x/y" }));
    }

    #[test]
    fn edits_are_replacements_by_file() {
        let mut sources = SourceMap::new();
        let (a, b) = (
            sources.add(Path::new("a.toml"), "ä = 1\n".into()),
            sources.add(Path::new("b.wit"), "x".into()),
        );
        let edit = |source, range, text: &str| Edit {
            span: Span::new(source, range),
            text: text.into(),
        };
        let edits = vec![edit(a, 0..2, "b"), edit(b, 0..1, "y"), edit(a, 5..6, "2")];
        let mut diags = Diagnostics::new();
        let diagnostic = Diagnostic::error(Code::UnknownField, "unknown key")
            .primary(Span::new(a, 0..2), "here")
            .secondary(Span::new(b, 0..1), "there")
            .fix("Rename", edits);
        diags.error(diagnostic);
        let log = sarif(&[(diags, sources)], 1);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["relatedLocations"][0]["message"]["text"], "there");
        let changes = &result["fixes"][0]["artifactChanges"];
        assert_eq!(changes[0]["replacements"].as_array().map(Vec::len), Some(2));
        assert_eq!(changes[1]["artifactLocation"]["uri"], "b.wit");
        let region = &changes[0]["replacements"][0]["deletedRegion"];
        assert_eq!((&region["endColumn"], &region["byteLength"]), (&json!(2), &json!(2)));
    }
}
