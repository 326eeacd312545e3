//! Headers that are not closed. The parser takes the next line for a part of such a header and misunderstands what
//! follows; so the whole table is taken out of a copy of the text, and the copy is read again. Offsets stay what they are.

use std::borrow::Cow;
use std::ops::Range;

use ::toml::de::{DeTable, Error};

/// A text without the tables whose headers are not closed.
pub(in crate::manifest) struct Readable<'a> {
    pub(super) text: Cow<'a, str>,
    /// Those headers in order, each without its line break.
    pub(super) unclosed: Vec<Range<usize>>,
}

/// What the parser can read of a text.
pub(in crate::manifest) fn readable(text: &str) -> Readable<'_> {
    let mut readable = Readable {
        text: text.into(),
        unclosed: Vec::new(),
    };
    // Reading twice costs as much again: only where a header may be open.
    if !text.lines().any(may_be_open) {
        return readable;
    }
    loop {
        let (_, errors) = DeTable::parse_recoverable(&readable.text);
        let found = errors.iter().filter_map(|error| unclosed(&readable.text, error));
        let found: Vec<Range<usize>> = found.collect();
        if found.is_empty() {
            readable.unclosed.sort_by_key(|header| header.start);
            return readable;
        }
        for header in &found {
            blank(readable.text.to_mut(), header.start);
        }
        readable.unclosed.extend(found);
    }
}

/// Whether a line begins like a header and does not end like one.
fn may_be_open(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim();
    let end = if code.starts_with("[[") { "]]" } else { "]" };
    code.starts_with('[') && !code.ends_with(end)
}

/// The line of an error, when that is a header without its end.
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

/// Takes away a header and what stands below it, up to the next one.
fn blank(text: &mut String, start: usize) {
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        if end > start && is_header(line) {
            break;
        }
        end += line.len();
    }
    let letters = text[start..end].chars();
    let blank: String = letters
        .flat_map(|c| {
            let blank = if c == '\n' || c == '\r' { c } else { ' ' };
            std::iter::repeat_n(blank, c.len_utf8())
        })
        .collect();
    text.replace_range(start..end, &blank);
}

/// Whether a line can be a header, closed or not: an item of a list that stands on several lines ends with a comma.
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
}
