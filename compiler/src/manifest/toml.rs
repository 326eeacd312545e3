//! TOML reader with recovery: every mistake is reported, and valid parts are kept.

mod brackets;
mod headers;
mod numbers;
mod places;
mod words;

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, Error};

use crate::diag::{Code, Diagnostic, Diagnostics, Edit};
use crate::source::{SourceId, Span};

pub(super) use headers::{Readable, readable};

/// A TOML document, maybe with holes.
pub(super) struct Document<'a> {
    /// The whole document.
    pub(super) root: Spanned<DeTable<'a>>,
    /// Its text.
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    /// Byte ranges of the lines with a mistake, each once, in order.
    broken: Vec<Range<usize>>,
}

/// Kind of a mistake.
enum Found {
    Parser(Error),
    /// A malformed number, which the parser accepts.
    Number,
    Header,
    /// A list or an inline table that is not closed.
    Bracket,
}

/// Parses `text`, reporting all its mistakes; `readable` is what the parser can read of it.
pub(super) fn read<'a>(
    diags: &mut Diagnostics,
    text: &'a str,
    readable: &'a Readable<'a>,
    source: SourceId,
) -> Document<'a> {
    let (root, errors) = DeTable::parse_recoverable(&readable.text);
    let mut document = Document {
        root,
        source,
        text,
        broken: Vec::new(),
    };
    let parsed = errors.into_iter().chain(readable.keyless.iter().cloned());
    let mut places: Vec<(Range<usize>, Found)> = parsed
        .map(|error| (error.span().unwrap_or(0..0), Found::Parser(error)))
        .collect();
    let malformed = numbers::malformed(document.root.get_ref());
    places.extend(malformed.into_iter().map(|at| (at, Found::Number)));
    let unclosed = readable.unclosed.iter().cloned();
    places.extend(unclosed.map(|header| (header, Found::Header)));
    let open = readable.open.iter().cloned();
    places.extend(open.map(|bracket| (bracket, Found::Bracket)));
    places.sort_by_key(|(at, _)| at.start);
    for (at, error) in places {
        // One mistake often makes the parser stumble several times over the same line.
        if document.broken.last().is_some_and(|line| at.start <= line.end) {
            continue;
        }
        let error = match error {
            Found::Parser(error) => document.explain(&error, at.clone()),
            Found::Number => Some(document.malformed_number(at.clone())),
            Found::Header => Some(document.unclosed_header(at.clone())),
            Found::Bracket => Some(document.unclosed_value(at.clone())),
        };
        if let Some(error) = error {
            diags.error(error);
        }
        let line = document.line(at.start);
        document.broken.push(line);
    }
    document
}

impl Document<'_> {
    /// A range of the document as a span.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range)
    }

    /// Whether there was any mistake: something that seems to be missing may just be unreadable.
    pub(super) fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    /// Whether `range` touches a line with a mistake: what it holds may be a guess.
    pub(super) fn is_doubtful(&self, range: &Range<usize>) -> bool {
        let near = self.broken.partition_point(|line| line.end < range.start);
        self.broken.get(near).is_some_and(|line| line.start <= range.end)
    }

    /// Whether a mistake lies in a table whose header names `word`, or in a header itself.
    pub(super) fn is_broken_within(&self, word: &str) -> bool {
        let mut broken = self.broken.iter().peekable();
        let (mut start, mut within) = (0, false);
        for line in self.text.split_inclusive('\n') {
            let is_header = line.trim_start().starts_with('[');
            if broken.next_if(|broken| broken.start == start).is_some() && (is_header || within) {
                return true;
            }
            if is_header {
                within = line.contains(word);
            }
            start += line.len();
        }
        // The line after the last newline.
        within && broken.next().is_some()
    }

    /// Whether `offset` lies in a header.
    pub(super) fn is_header_at(&self, offset: usize) -> bool {
        self.is_header(&self.line(offset))
    }

    /// The end of the last entry of the table around `offset`; `None` if that table has no header.
    pub(super) fn end_of_table(&self, offset: usize) -> Option<Span> {
        let line = self.line(offset);
        if !self.is_header(&line) {
            self.header_above(line.start)?;
        }
        let mut end = line.end;
        let mut next = line.end + 1;
        while next < self.text.len() {
            let line = self.line(next);
            if self.is_header(&line) {
                break;
            }
            let text = self.text[line.clone()].trim();
            if !text.is_empty() && !text.starts_with('#') {
                end = line.end;
            }
            next = line.end + 1;
        }
        Some(self.span(end..end))
    }

    fn line(&self, offset: usize) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let offset = offset.min(bytes.len());
        let start = bytes[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let end = bytes[offset..]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(bytes.len(), |at| offset + at);
        start..end
    }

    /// Converts an error of the parser; `None` for a key that is a duplicate only because its table is defined twice.
    fn explain(&self, error: &Error, at: Range<usize>) -> Option<TomlError> {
        let again = self.span(at.clone());
        if !error.message().contains("duplicate key") {
            let no_value = self.text[self.line(at.start)].trim_end().ends_with('=');
            let message = if no_value {
                "there is no value after `=`".to_owned()
            } else {
                let line = self.line(at.start);
                let within = at.start - line.start..at.end - line.start;
                let known = words::of(error.message(), &self.text[line], within);
                known.unwrap_or_else(|| format!("the TOML parser stops here: {}", error.message()))
            };
            return Some(TomlError::Syntax { message, at: again });
        }
        let name = self.unquoted(&at).to_owned();
        let line = self.line(at.start);
        let header = self.header_above(line.start);
        let is_header = self.is_header(&line);
        let inline = self.same_inline_key(&at);
        if inline.is_none() && !is_header && header.as_ref().is_some_and(|header| self.broken.contains(header)) {
            return None;
        }
        let first = inline.or_else(|| match is_header {
            true => self.same_header(&line, &at),
            false => self.same_key(header, &line, &self.text[at.clone()]),
        });
        Some(match first {
            Some(first) => TomlError::Duplicate {
                name,
                again,
                first: self.span(first),
            },
            None => TomlError::Syntax {
                message: format!("`{name}` is defined twice"),
                at: again,
            },
        })
    }

    fn unclosed_header(&self, line: Range<usize>) -> TomlError {
        let written = &self.text[line.clone()];
        let code = written.split('#').next().unwrap_or_default().trim_end();
        let end = line.start + code.len();
        let opened = code.trim_start();
        let brackets = if opened.starts_with("[[") { "]]" } else { "]" };
        TomlError::Unclosed {
            header: opened.to_owned(),
            missing: &brackets[usize::from(code.ends_with(']'))..],
            end: self.span(end..end),
        }
    }

    fn unclosed_value(&self, at: Range<usize>) -> TomlError {
        let message = match &self.text[at.clone()] {
            "[" => "the list is not closed: its `]` is missing",
            _ => "the table is not closed: its `}` is missing",
        };
        TomlError::Open {
            message,
            at: self.span(at),
        }
    }

    fn malformed_number(&self, at: Range<usize>) -> TomlError {
        let written = &self.text[at.clone()];
        let is_prefix = ["0x", "0o", "0b"].contains(&written);
        let message = if is_prefix {
            format!("there is no digit after `{written}`")
        } else {
            format!("`{written}` is not a number")
        };
        TomlError::Syntax {
            message,
            at: self.span(at),
        }
    }

    fn is_header(&self, line: &Range<usize>) -> bool {
        self.text[line.clone()].trim_start().starts_with('[')
    }

    fn header_above(&self, offset: usize) -> Option<Range<usize>> {
        let mut start = offset;
        while start > 0 {
            let line = self.line(start - 1);
            if self.is_header(&line) {
                return Some(line);
            }
            start = line.start;
        }
        None
    }

    /// The key at the same position in an equal header further up.
    fn same_header(&self, line: &Range<usize>, again: &Range<usize>) -> Option<Range<usize>> {
        let header = self.text[line.clone()].trim();
        let mut above = self.header_above(line.start);
        while let Some(candidate) = above {
            if self.text[candidate.clone()].trim() == header {
                let start = candidate.start + (again.start - line.start);
                return Some(start..start + again.len());
            }
            above = self.header_above(candidate.start);
        }
        None
    }

    /// The first definition of the key in the same table.
    fn same_key(&self, header: Option<Range<usize>>, line: &Range<usize>, name: &str) -> Option<Range<usize>> {
        let mut start = header.map_or(0, |header| header.end + 1);
        while start < line.start {
            let candidate = self.line(start);
            let text = &self.text[candidate.clone()];
            let indent = text.len() - text.trim_start().len();
            if text
                .trim_start()
                .strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
            {
                return Some(start + indent..start + indent + name.len());
            }
            start = candidate.end + 1;
        }
        None
    }
}

enum TomlError {
    Syntax {
        message: String,
        at: Span,
    },
    Open {
        message: &'static str,
        at: Span,
    },
    Unclosed {
        header: String,
        missing: &'static str,
        end: Span,
    },
    Duplicate {
        name: String,
        again: Span,
        first: Span,
    },
}

impl From<TomlError> for Diagnostic {
    fn from(error: TomlError) -> Self {
        match error {
            TomlError::Syntax { message, at } => {
                Diagnostic::error(Code::ManifestParseError, message).primary(at, "not valid TOML")
            }
            TomlError::Open { message, at } => {
                Diagnostic::error(Code::ManifestParseError, message).primary(at, "opened here")
            }
            TomlError::Unclosed { header, missing, end } => {
                let edit = Edit {
                    span: end,
                    text: missing.to_owned(),
                };
                Diagnostic::error(Code::ManifestParseError, format!("the header `{header}` is not closed"))
                    .primary(end, format!("expected `{missing}`"))
                    .fix(format!("Add `{missing}`"), vec![edit])
            }
            TomlError::Duplicate { name, again, first } => {
                Diagnostic::error(Code::DuplicateName, format!("`{name}` is defined twice"))
                    .primary(again, "second definition")
                    .secondary(first, "first definition")
            }
        }
    }
}
