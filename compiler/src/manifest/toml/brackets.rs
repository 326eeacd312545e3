//! Lists and inline tables that are not closed. The parser takes the lines after one for its items and finds each of
//! them wrong, so the statement is blanked like the mistakes in `headers`.

use std::ops::Range;

/// A bracket of a value that is not closed.
pub(super) struct Open {
    pub(super) bracket: usize,
    /// The lines of its statement, up to the one that can't belong to it.
    pub(super) statement: Range<usize>,
}

/// The most brackets that are looked for: a text with more is not TOML.
const MOST: usize = 16;

/// Finds the brackets that are not closed: none in valid TOML.
pub(super) fn unclosed(text: &str) -> Vec<Open> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < MOST {
        let line = line(text, at);
        let next = at + line.len();
        at = match line.trim_start().starts_with(['[', '#']) || !line.contains('=') {
            true => next,
            false => statement(text, at, &mut found),
        };
    }
    found
}

/// Reads the statement that begins at `start`, and returns where the next one does.
fn statement(text: &str, start: usize, found: &mut Vec<Open>) -> usize {
    let (mut open, mut lost) = (Vec::new(), Vec::new());
    let (mut is_value, mut is_closed) = (false, false);
    let mut before = Token::Other;
    let mut at = start;
    loop {
        let Some((token, next)) = token(text, at) else {
            return text.len();
        };
        match token {
            Token::End => break,
            Token::BrokenString => return next,
            Token::Equals => is_value = true,
            Token::Opening(_) if is_value => open.push((next - 1, token)),
            Token::Closing(closing) if is_value => {
                if let Some(index) = open.iter().rposition(|(_, token)| *token == Token::Opening(closing)) {
                    lost.extend(open.drain(index..).skip(1));
                }
            }
            Token::Line if open.is_empty() => break,
            Token::Line if !is_closed && is_over(text, next, &open, before) => {
                is_closed = is_closed_after(text, next);
                if !is_closed {
                    break;
                }
            }
            Token::Line | Token::Opening(_) | Token::Closing(_) | Token::Comma | Token::Other => {}
        }
        if token != Token::Line {
            before = token;
        }
        at = next;
    }
    let end = token(text, at).map_or(text.len(), |(_, next)| next);
    lost.extend(open);
    found.extend(lost.into_iter().map(|(bracket, _)| Open {
        bracket,
        statement: start..end,
    }));
    end
}

/// Whether the line at `at` can't belong to the innermost open bracket: a header, or a key where none can be.
fn is_over(text: &str, at: usize, open: &[(usize, Token)], before: Token) -> bool {
    let Some((bracket, opening)) = open.last() else {
        return false;
    };
    let line = line(text, at);
    let is_out_of_place = match *opening == Token::Opening(']') {
        true => true,
        // Without a comma, and on the next line: a table of several lines rather lacks the comma.
        false => !matches!(before, Token::Comma | Token::Opening(_)) && !text[*bracket..at].trim_end().contains('\n'),
    };
    is_header(line) || (is_out_of_place && is_entry(line))
}

/// Bytes in which the end of a value is looked for, so that many open brackets take no quadratic time.
const FAR: usize = 4096;

/// Whether a bracket that was opened before is closed between `at` and the next header. One that may be closed far away
/// counts as closed.
fn is_closed_after(text: &str, at: usize) -> bool {
    let far = at + FAR;
    let mut depth = 0_usize;
    let mut at = match is_header(line(text, at)) {
        true => at + line(text, at).len(),
        false => at,
    };
    while let Some((token, next)) = token(text, at) {
        match token {
            Token::End => return false,
            _ if at > far => return true,
            Token::Line if is_header(line(text, next)) => return false,
            Token::Opening(_) => depth += 1,
            Token::Closing(_) if depth == 0 => return true,
            Token::Closing(_) => depth -= 1,
            Token::Line | Token::BrokenString | Token::Equals | Token::Comma | Token::Other => {}
        }
        at = next;
    }
    false
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    End,
    Line,
    Equals,
    Comma,
    /// With the bracket that closes it.
    Opening(char),
    Closing(char),
    /// A string without its final quotes.
    BrokenString,
    Other,
}

/// The token at `at`, and where the next one begins; a comment belongs to its line break.
fn token(text: &str, at: usize) -> Option<(Token, usize)> {
    let rest = text.get(at..)?;
    let Some(first) = rest.chars().next() else {
        return Some((Token::End, at));
    };
    let after = at + first.len_utf8();
    Some(match first {
        '\n' => (Token::Line, after),
        '=' => (Token::Equals, after),
        ',' => (Token::Comma, after),
        '[' => (Token::Opening(']'), after),
        '{' => (Token::Opening('}'), after),
        ']' | '}' => (Token::Closing(first), after),
        '"' | '\'' => string(rest, first).map_or_else(
            || (Token::BrokenString, at + line(text, at).len()),
            |length| (Token::Other, at + length),
        ),
        '#' => return token(text, at + rest.find('\n').unwrap_or(rest.len())),
        _ if first.is_whitespace() => {
            return token(
                text,
                at + rest
                    .find(|c: char| c == '\n' || !c.is_whitespace())
                    .unwrap_or(rest.len()),
            );
        }
        _ => (Token::Other, after),
    })
}

/// The length of the string at the start of `text`; `None` if it is not closed.
fn string(text: &str, quote: char) -> Option<usize> {
    let several: String = [quote; 3].iter().collect();
    let is_long = text.starts_with(&several);
    let start = if is_long { several.len() } else { 1 };
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        let rest = &text[start + at..];
        if escaped {
            escaped = false;
        } else if is_long && rest.starts_with(&several) {
            // Up to two quotes may precede the final three.
            let quotes = rest.len() - rest.trim_start_matches(quote).len();
            return Some(start + at + quotes.min(5));
        } else if !is_long && (c == quote || c == '\n') {
            return (c == quote).then_some(start + at + 1);
        } else {
            escaped = quote == '"' && c == '\\';
        }
    }
    None
}

/// The line at `at`, with its line break.
fn line(text: &str, at: usize) -> &str {
    text[at..].split_inclusive('\n').next().unwrap_or_default()
}

/// Whether a line is the header of a table, and no item of a list: a bare word is no value.
fn is_header(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim();
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.\"' ".contains(c);
    let name = code.strip_prefix('[').and_then(|code| code.strip_suffix(']'));
    let name = name.map(|name| {
        name.strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name)
    });
    name.is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(is_part)
            && !["true", "false", "inf", "nan"].contains(&name.trim())
    })
}

/// Whether a line begins with a bare key and a `=`.
fn is_entry(line: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let key = line.split_once('=').map(|(key, _)| key.trim());
    key.is_some_and(|key| !key.is_empty() && key.chars().all(is_part))
}

#[cfg(test)]
mod tests {
    use ::toml::de::DeTable;

    /// The brackets that are not closed, each with what is blanked for it.
    fn found(text: &str) -> Vec<(usize, &str)> {
        let found = super::unclosed(text).into_iter();
        found.map(|open| (open.bracket, &text[open.statement])).collect()
    }

    #[test]
    fn a_value_ends_where_it_can_not_go_on() {
        for (text, bracket, blanked) in [
            ("a = [\"x\", \"y\"\n[b]\nc = 1\n", 4, "a = [\"x\", \"y\"\n"),
            ("a = [1,\n[[b]]\nc = [1]\n", 4, "a = [1,\n"),
            ("a = [1\nb = [2]\n", 4, "a = [1\n"),
            ("a = [\n  1, # ]\n\nb = 2\n", 4, "a = [\n  1, # ]\n\n"),
            ("a = { b = 1\nc = { d = 2 }\n", 4, "a = { b = 1\n"),
            ("a = { b = 1,\n[c]\n", 4, "a = { b = 1,\n"),
            ("a = { b = [1, 2 }\nc = 1\n", 10, "a = { b = [1, 2 }\n"),
            ("a = [{ b = 1 ]\nc = 1\n", 5, "a = [{ b = 1 ]\n"),
            ("a = [1", 4, "a = [1"),
        ] {
            assert_eq!(found(text), [(bracket, blanked)], "{text}");
        }
    }

    #[test]
    fn what_is_closed_is_left_alone() {
        let valid = [
            "a = [\n[1], [\"b\"],\n[true]\n]\n[c]\n",
            "a = [\n  { b = 1, c = \"]\" },\n]\n",
            "a = { b = 1,\n c = 2 }\n",
            "a = {\n b = 1,\n c = [\n 2 ]\n}\n",
            "a = [\"\"\"\n[b]\nc = [\n\"\"\", '''\n[d]\n''''']\n",
            "a = \"[\" # [\n[\"b\"]\n\"c]\" = '{'\n",
            "a = \"\\\"[\"\nb = '\\'\n",
        ];
        for text in valid {
            assert!(DeTable::parse(text).is_ok(), "{text}");
            assert_eq!(found(text), [], "{text}");
        }
        // Other mistakes, which the parser names.
        for text in [
            "a = [\n  b = 1,\n  c = 2\n]\n",
            "a = {\n b = 1\n c = 2\n}\n",
            "a = { b = 1\n c = 2 }\n",
            "a = [\n  [b]\n]\n",
            "a = [\"b\n[c]\n",
            "a = 1]\nb = }\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
