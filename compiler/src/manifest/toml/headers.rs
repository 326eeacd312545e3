//! Mistakes that keep the parser from reading on: headers and values that are not closed, and lines without a `=`.
//! They are blanked in a copy of the text, and the copy is read again. Offsets stay the same.
//!
//! The parser takes the line after an unclosed header for a part of it and misunderstands what follows, so the whole
//! table is blanked. After a key without a value it reads nothing more, so that line is blanked.

use std::borrow::Cow;
use std::ops::Range;

use ::toml::de::{DeTable, Error};

use super::brackets;

/// A text in which such mistakes are blanked.
pub(in crate::manifest) struct Readable<'a> {
    pub(super) text: Cow<'a, str>,
    /// The headers that are not closed, in order, each without its line break.
    pub(super) unclosed: Vec<Range<usize>>,
    /// The opening brackets of values that are not closed, in order.
    pub(super) open: Vec<Range<usize>>,
    /// The parser's errors in the blanked lines without a `=`.
    pub(super) keyless: Vec<Error>,
}

/// The most times that a text is read again for lines without a `=`: each hides the next one, and a text with many is
/// not TOML.
const READINGS: usize = 16;

/// Blanks such mistakes in a text.
pub(in crate::manifest) fn readable(text: &str) -> Readable<'_> {
    let mut readable = Readable {
        text: text.into(),
        unclosed: Vec::new(),
        open: Vec::new(),
        keyless: Vec::new(),
    };
    // The parser has the last word: what it can read is not blanked.
    let open = brackets::unclosed(text);
    let is_broken = !open.is_empty() && DeTable::parse(text).is_err();
    for open in open.into_iter().filter(|_| is_broken) {
        readable.open.push(open.bracket..open.bracket + 1);
        blank(readable.text.to_mut(), open.statement);
    }
    // Parsing again doubles the time: only done where there may be a mistake.
    if !text.lines().any(|line| may_be_open(line) || may_be_keyless(line)) {
        return readable;
    }
    let mut readings = 0;
    loop {
        let (_, errors) = DeTable::parse_recoverable(&readable.text);
        let found = errors.iter().filter_map(|error| unclosed(&readable.text, error));
        let found: Vec<Range<usize>> = found.collect();
        for header in &found {
            let table = table(&readable.text, header.start);
            blank(readable.text.to_mut(), table);
        }
        let keyless = errors.iter().find_map(|error| keyless(&readable.text, error));
        let keyless = keyless.filter(|_| readings < READINGS && found.is_empty());
        if found.is_empty() && keyless.is_none() {
            readable.unclosed.sort_by_key(|header| header.start);
            return readable;
        }
        readable.unclosed.extend(found);
        if let Some(line) = keyless {
            readings += 1;
            let of_line = |error: &Error| {
                error
                    .span()
                    .is_some_and(|at| line.start <= at.start && at.start <= line.end)
            };
            readable.keyless.extend(errors.into_iter().filter(of_line));
            blank(readable.text.to_mut(), line);
        }
    }
}

/// Whether a line begins like a key but doesn't go on like one.
fn may_be_keyless(line: &str) -> bool {
    let line = line.trim_start();
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match (line.chars().next(), line.split_once('=')) {
        (None | Some('#' | '[' | ']' | '{' | '}'), _) => false,
        (Some(quote @ ('"' | '\'')), Some((key, _))) => key.matches(quote).count() % 2 == 1,
        (Some('"' | '\''), None) => false,
        (Some(_), Some((key, _))) => !key.trim_end().chars().all(is_bare),
        (Some(_), None) => true,
    }
}

/// The line of an error about a key without a value.
fn keyless(text: &str, error: &Error) -> Option<Range<usize>> {
    let at = error.span()?.start;
    error.message().starts_with("key with no value").then(|| {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        start..end
    })
}

/// Whether a line begins like a header but doesn't end like one.
fn may_be_open(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim();
    let end = if code.starts_with("[[") { "]]" } else { "]" };
    code.starts_with('[') && !code.ends_with(end)
}

/// The line of an error about a header without its end.
fn unclosed(text: &str, error: &Error) -> Option<Range<usize>> {
    let at = error.span()?.start;
    let message = error.message();
    if !(message.starts_with("unclosed table") || message.starts_with("unclosed array table")) {
        return None;
    }
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let line = text[start..end].trim_end_matches('\r');
    line.trim_start().starts_with('[').then_some(start..start + line.len())
}

/// The range of a table: its header and what follows, up to the next header.
fn table(text: &str, start: usize) -> Range<usize> {
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        if end > start && is_header(line) {
            break;
        }
        end += line.len();
    }
    start..end
}

/// Replaces a range by spaces; keeps its length and line breaks.
fn blank(text: &mut String, at: Range<usize>) {
    let letters = text[at.clone()].chars();
    let blank: String = letters
        .flat_map(|c| {
            let blank = if c == '\n' || c == '\r' { c } else { ' ' };
            std::iter::repeat_n(blank, c.len_utf8())
        })
        .collect();
    text.replace_range(at, &blank);
}

/// Whether a line can be a header, closed or not. A list item on a line of its own ends with a comma.
fn is_header(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('[') && !line.ends_with(',') && line.trim_matches(['[', ']']).contains(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_open_header_is_missed() {
        for (line, is_open) in [
            ("[a", true),
            ("  [[a]", true),
            ("[a # ]", true),
            ("[\"a]\"", true),
            ("[a] # [b", false),
            ("[[a]]", false),
            ("a = [", false),
            ("[1, 2],", true),
        ] {
            assert_eq!(may_be_open(line), is_open, "{line}");
        }
        assert_eq!(readable("[a\nb = 1\n[c]\n").unclosed.len(), 1);
        assert!(readable("[a]\nb = [\n[1, 2],\n]\n").unclosed.is_empty());
    }

    #[test]
    fn what_stands_behind_a_line_without_a_value_is_read() {
        for line in ["e 1", "e", "e f = 1", "x: 1", "// comment", "\"x = 1", "'x = 1"] {
            assert!(may_be_keyless(line), "{line}");
            let text = format!("[a]\n{line}\nb = 1\n{line}\n[c]\nd = 1\n");
            let readable = readable(&text);
            let (root, errors) = DeTable::parse_recoverable(&readable.text);
            assert!(errors.is_empty(), "{line}: {errors:?}");
            assert_eq!(root.get_ref().len(), 2, "{line}");
            assert_eq!(readable.text.len(), text.len(), "{line}");
            assert!(readable.keyless.len() >= 2, "{line}");
        }
        for line in [
            "a = 1",
            "a.b = \"c d\"",
            "\"a b\" = 1",
            "# a",
            "[a]",
            "]",
            "\"a\",",
            "{ a = 1 },",
            "",
        ] {
            assert!(!may_be_keyless(line), "{line}");
        }
    }

    #[test]
    fn prose_is_read_a_few_times_only() {
        let prose = "no key at all\n".repeat(100);
        let readable = readable(&prose);
        assert_eq!(readable.keyless.len(), READINGS);
    }
}
