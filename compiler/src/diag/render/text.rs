//! Diagnostics for people, with codespan-reporting.

use std::ops::Range;

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::Error;
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::source::{SourceId, SourceMap};

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
