//! Diagnostics as text for users, with codespan-reporting.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::Error;
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Ansi;
use torvyn_runtime_core::printable;

use super::excerpt::Excerpt;
use crate::diag::{Diagnostic, Diagnostics, Severity};
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
    let files = Shown::new(sources, diagnostic);
    let diagnostic = to_codespan(diagnostic, &files);
    let styles = term::Styles::default();
    let text = if color {
        let mut writer = Ansi::new(Vec::new());
        let mut styled = term::StylesWriter::new(&mut writer, &styles);
        let written = term::emit_to_write_style(&mut styled, &config, &files, &diagnostic);
        written.map(|()| String::from_utf8_lossy(&writer.into_inner()).into_owned())
    } else {
        term::emit_into_string(&config, &files, &diagnostic)
    };
    let text = text.expect("invariant: spans lie in texts of the source map");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn to_codespan(diagnostic: &Diagnostic, files: &Shown<'_>) -> codespan::Diagnostic<SourceId> {
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    let labels = diagnostic.labels.iter().map(|label| {
        let range = files.range(label.span);
        let made = if label.primary {
            codespan::Label::primary(label.span.source, range)
        } else {
            codespan::Label::secondary(label.span.source, range)
        };
        made.with_message(printable::lines(&label.text))
    });
    let notes = diagnostic.notes.iter().map(|note| prefixed("note", note));
    let help = diagnostic.help.iter().map(|help| prefixed("help", help));
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code.as_str())
        .with_message(printable::lines(&diagnostic.message))
        .with_labels(labels.collect())
        .with_notes(notes.chain(help).collect())
}

/// A note with its first word; further lines are indented to the text after it.
fn prefixed(word: &str, text: &str) -> String {
    let indent = format!("\n{}", " ".repeat(word.len() + 2));
    format!("{word}: {}", printable::lines(text.trim_end()).replace('\n', &indent))
}

/// The texts as one diagnostic shows them.
struct Shown<'a> {
    sources: &'a SourceMap,
    names: BTreeMap<SourceId, Cow<'a, str>>,
    /// Excerpts of those texts that are not shown unchanged.
    excerpts: BTreeMap<SourceId, Excerpt>,
}

impl<'a> Shown<'a> {
    fn new(sources: &'a SourceMap, diagnostic: &Diagnostic) -> Self {
        let labelled: BTreeSet<SourceId> = diagnostic.labels.iter().map(|label| label.span.source).collect();
        let name = |source: &SourceId| (*source, printable::line(sources.name(*source)));
        let names = labelled.iter().map(name).collect();
        let excerpts = labelled.into_iter().filter_map(|source| {
            let excerpt = Excerpt::of(sources, source, &diagnostic.labels)?;
            Some((source, excerpt))
        });
        Self {
            excerpts: excerpts.collect(),
            names,
            sources,
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        match self.excerpts.get(&span.source) {
            Some(excerpt) => excerpt.shown(span.start)..excerpt.shown(span.end),
            None => span.start..span.end,
        }
    }
}

impl<'a> codespan_reporting::files::Files<'a> for Shown<'_> {
    type FileId = SourceId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: SourceId) -> Result<&'a str, Error> {
        Ok(self
            .names
            .get(&id)
            .map_or_else(|| self.sources.name(id), |name| &**name))
    }

    fn source(&'a self, id: SourceId) -> Result<&'a str, Error> {
        let excerpt = self.excerpts.get(&id);
        Ok(excerpt.map_or_else(|| self.sources.text(id), Excerpt::text))
    }

    fn line_index(&'a self, id: SourceId, byte_index: usize) -> Result<usize, Error> {
        let excerpt = self.excerpts.get(&id);
        Ok(excerpt.map_or_else(
            || self.sources.line_index(id, byte_index),
            |excerpt| excerpt.line_index(byte_index),
        ))
    }

    fn column_number(&'a self, id: SourceId, _: usize, byte_index: usize) -> Result<usize, Error> {
        let excerpt = self.excerpts.get(&id);
        let whole = excerpt.map_or(byte_index, |excerpt| excerpt.whole(byte_index));
        Ok(self.sources.line_column(id, whole).column)
    }

    fn line_range(&'a self, id: SourceId, line: usize) -> Result<Range<usize>, Error> {
        let range = match self.excerpts.get(&id) {
            Some(excerpt) => excerpt.line_range(line),
            None => self.sources.line_range(id, line),
        };
        range.ok_or(Error::LineTooLarge { given: line, max: line })
    }
}
