//! Positions: the texts of a compilation, and byte ranges in them.
//!
//! Every [`Span`] resolves to a file of the [`SourceMap`] that made its [`SourceId`].

pub mod file_url;
pub mod files;

use std::path::{Component, Path};

/// Identifies a text in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A byte range in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes from `range.start` to `range.end` of `source`.
    #[must_use]
    pub fn new(source: SourceId, range: std::ops::Range<usize>) -> Self {
        Self {
            source,
            start: range.start,
            end: range.end,
        }
    }
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// `value`, written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Changes the value and keeps the place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned {
            value: change(self.value),
            span: self.span,
        }
    }
}

/// The texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

#[derive(Clone, Debug)]
struct SourceFile {
    name: String,
    text: String,
    line_starts: Vec<usize>,
}

/// The first place where a text is not UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct NotUtf8 {
    /// Position of the first invalid byte; an empty span.
    pub at: Span,
    /// That byte.
    pub byte: u8,
    /// Whether the text seems to be UTF-16.
    pub is_utf16: bool,
}

/// A position for users: both counts start at 1, columns are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl SourceMap {
    /// A map without texts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. Its name is `path` as [`display_path`] shows it.
    pub fn add(&mut self, path: &Path, text: String) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).expect("invariant: fewer than 2^32 texts"));
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        self.files.push(SourceFile {
            name: display_path(path),
            text,
            line_starts,
        });
        id
    }

    /// Adds the text of a file. One that is not UTF-8 is added too, with replacement characters, so that spans can
    /// point into it.
    ///
    /// # Errors
    /// The first place that is not UTF-8.
    pub fn add_bytes(&mut self, path: &Path, bytes: Vec<u8>) -> Result<SourceId, NotUtf8> {
        let error = match String::from_utf8(bytes) {
            Ok(text) => return Ok(self.add(path, text)),
            Err(error) => error,
        };
        let at = error.utf8_error().valid_up_to();
        let bytes = error.into_bytes();
        let id = self.add(path, String::from_utf8_lossy(&bytes).into_owned());
        Err(NotUtf8 {
            at: Span::new(id, at..at),
            byte: bytes[at],
            is_utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]),
        })
    }

    /// Limits a byte range from a parser to the text, and widens it to whole characters.
    #[must_use]
    pub fn span(&self, id: SourceId, range: std::ops::Range<usize>) -> Span {
        let text = self.text(id);
        let (mut start, mut end) = (range.start.min(text.len()), range.end.min(text.len()));
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(id, start..end.max(start))
    }

    /// The name of a text.
    #[must_use]
    pub fn name(&self, id: SourceId) -> &str {
        &self.file(id).name
    }

    /// A text.
    #[must_use]
    pub fn text(&self, id: SourceId) -> &str {
        &self.file(id).text
    }

    /// Line and column of a byte offset; those of the text's end for any offset after it.
    #[must_use]
    pub fn line_column(&self, id: SourceId, offset: usize) -> LineColumn {
        let file = self.file(id);
        let line = self.line_index(id, offset);
        let start = file.line_starts[line];
        let before = &file.text[start..file.text.ceil_char_boundary(offset)];
        LineColumn {
            line: line + 1,
            column: before.chars().count() + 1,
        }
    }

    /// Index of the line that contains `offset`, from 0.
    pub(crate) fn line_index(&self, id: SourceId, offset: usize) -> usize {
        self.file(id).line_starts.partition_point(|start| *start <= offset) - 1
    }

    /// The byte range of a line, with its line break; `None` after the last line.
    pub(crate) fn line_range(&self, id: SourceId, line: usize) -> Option<std::ops::Range<usize>> {
        let file = self.file(id);
        let start = *file.line_starts.get(line)?;
        Some(start..file.line_starts.get(line + 1).copied().unwrap_or(file.text.len()))
    }

    fn file(&self, id: SourceId) -> &SourceFile {
        &self.files[id.0 as usize]
    }
}

/// `path` as diagnostics show it: `/` between parts, no `.` parts, and `..` only at the start.
#[must_use]
pub fn display_path(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rooted = "";
    for part in path.components() {
        match part {
            Component::RootDir => rooted = "/",
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::ParentDir => parts.push("..".into()),
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::Prefix(prefix) => parts.push(prefix.as_os_str().to_string_lossy().into_owned()),
        }
    }
    if parts.is_empty() && rooted.is_empty() {
        ".".into()
    } else {
        format!("{rooted}{}", parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters() {
        let mut map = SourceMap::new();
        let id = map.add(Path::new("./a/../b.toml"), "ä = 1\nb\n".into());
        assert_eq!(map.name(id), "b.toml");
        assert_eq!(map.line_column(id, 3), LineColumn { line: 1, column: 3 });
        assert_eq!(map.line_column(id, 7), LineColumn { line: 2, column: 1 });
        assert_eq!(map.line_column(id, 99), LineColumn { line: 3, column: 1 });
    }

    #[test]
    fn spans_are_of_whole_characters_of_the_text() {
        let mut map = SourceMap::new();
        let id = map.add(Path::new("a"), "aä".into());
        assert_eq!(map.span(id, 2..3), Span::new(id, 1..3));
        assert_eq!(map.span(id, 0..2), Span::new(id, 0..3));
        assert_eq!(map.span(id, 4..9), Span::new(id, 3..3));
    }

    #[test]
    fn paths_are_shown_without_detours() {
        assert_eq!(display_path(Path::new("./components/../x/./y")), "x/y");
        assert_eq!(display_path(Path::new("../x")), "../x");
        assert_eq!(display_path(Path::new("/x/y")), "/x/y");
        assert_eq!(display_path(Path::new(".")), ".");
    }
}
