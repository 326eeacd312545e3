//! Lines and columns. Lines end with `\n`, `\r\n` or `\r`; columns count bytes or UTF-16 code units.

use std::ops::Range;

use lsp_types::{Position, Range as LspRange, TextDocumentContentChangeEvent};

use super::{Client, Encoding};

/// A text with the offsets of its lines.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str, client: &Client) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self {
            text,
            starts,
            encoding: client.encoding,
        }
    }

    /// Returns the position of an offset at a character boundary; the end of the text for greater offsets.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text.as_bytes()[self.starts[line]..offset];
        let before = String::from_utf8_lossy(before);
        let column = match self.encoding {
            Encoding::Utf8 => offset - self.starts[line],
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        Position {
            line: number(line),
            character: number(column),
        }
    }

    pub(super) fn range(&self, range: &Range<usize>) -> LspRange {
        LspRange {
            start: self.position(range.start),
            end: self.position(range.end),
        }
    }

    /// Returns the offset of a position; the end of the line for a greater column, the end of the text for a greater
    /// line.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len();
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        let wanted = position.character as usize;
        let mut column = 0;
        for (at, character) in content.char_indices() {
            if column >= wanted {
                return start + at;
            }
            column += match self.encoding {
                Encoding::Utf8 => character.len_utf8(),
                Encoding::Utf16 => character.len_utf16(),
            };
            // A column inside a character counts as its start.
            if column > wanted {
                return start + at;
            }
        }
        start + content.len()
    }
}

/// Returns the offset of a position in a text.
pub(crate) fn offset(text: &str, position: Position, client: &Client) -> usize {
    Lines::of(text, client).offset(position)
}

/// Returns a text after edits, each of which applies to the result of the one before it.
pub(crate) fn edited(text: &str, edits: &[TextDocumentContentChangeEvent], client: &Client) -> String {
    edits.iter().fold(text.to_owned(), |mut text, edit| {
        let Some(range) = edit.range else {
            return edit.text.clone();
        };
        let lines = Lines::of(&text, client);
        let (start, end) = (lines.offset(range.start), lines.offset(range.end));
        text.replace_range(start..end.max(start), &edit.text);
        text
    })
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(encoding: Encoding) -> Client {
        Client {
            encoding,
            ..Client::default()
        }
    }

    #[test]
    fn every_offset_has_a_position_and_comes_back() {
        let text = "ä = \"𝄞\"\r\nb\rc\n\n日本";
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let client = client(encoding);
            let lines = Lines::of(text, &client);
            for (at, character) in text.char_indices() {
                if !matches!(character, '\n') || !text[..at].ends_with('\r') {
                    assert_eq!(lines.offset(lines.position(at)), at, "{at} {encoding:?}");
                }
            }
        }
        let sixteen = client(Encoding::Utf16);
        assert_eq!(
            Lines::of(text, &sixteen).position(text.find("\"\r").unwrap()),
            Position { line: 0, character: 7 }
        );
        assert_eq!(
            Lines::of(text, &sixteen).position(text.len()),
            Position { line: 4, character: 2 }
        );
        let eight = client(Encoding::Utf8);
        assert_eq!(
            Lines::of(text, &eight).position(text.len()),
            Position { line: 4, character: 6 }
        );
    }

    #[test]
    fn positions_that_are_not_there_are_the_nearest_ones() {
        let client = client(Encoding::Utf16);
        let at = |line, character| offset("a𝄞\nb", Position { line, character }, &client);
        assert_eq!((at(0, 2), at(0, 99), at(1, 99), at(9, 0)), (1, 5, 7, 7));
    }

    #[test]
    fn edits_follow_each_other() {
        let edit = |range: Option<[u32; 4]>, text: &str| TextDocumentContentChangeEvent {
            range: range.map(|[a, b, c, d]| LspRange {
                start: Position { line: a, character: b },
                end: Position { line: c, character: d },
            }),
            range_length: None,
            text: text.to_owned(),
        };
        let client = client(Encoding::Utf16);
        let edits = [
            edit(None, "x𝄞y\nz"),
            edit(Some([0, 3, 1, 0]), ""),
            edit(Some([0, 4, 0, 1]), "!"),
        ];
        assert_eq!(edited("old", &edits, &client), "x𝄞z!");
    }
}
