//! Lists and inline tables that are not closed. The parser takes the lines after one for its items and finds each of
//! them wrong, so the statement is blanked like the mistakes in `headers`. The tokens are those of the parser's lexer.

use std::ops::Range;

use toml_parser::lexer::{Token, TokenKind};
use toml_parser::{Source, Span};

/// A bracket of a value that is not closed.
pub(super) struct Open {
    pub(super) bracket: usize,
    /// The lines of its statement, up to the one that can't belong to it.
    pub(super) statement: Range<usize>,
}

/// Deepest nesting in which the opening of a bracket is looked for: the limit of the parser.
const DEEPEST: usize = 80;

/// Finds the first bracket of each statement that is not closed.
pub(super) fn unclosed(text: &str) -> Vec<Open> {
    let tokens = Source::new(text).lex();
    let tokens = tokens.filter_map(|token| Some((kind(text, &token)?, token.span())));
    let statements = Statements::new(text, tokens.collect());
    let (mut found, mut at) = (Vec::new(), 0);
    while at < statements.tokens.len() {
        at = match statements.kind(at) == Kind::Opening(']') {
            true => statements.next_line(at),
            false => statements.read(at, &mut found),
        };
    }
    found
}

/// What a token is for brackets.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Line,
    Equals,
    Comma,
    /// With the bracket that closes it.
    Opening(char),
    Closing(char),
    /// A string without its final quotes.
    BrokenString,
    Other,
    End,
}

/// Returns what a token is; `None` for blanks and comments.
fn kind(text: &str, token: &Token) -> Option<Kind> {
    let written = &text[token.span().start()..token.span().end()];
    let string = |quotes: &str| match written.len() >= 2 * quotes.len() && written.ends_with(quotes) {
        true => Kind::Other,
        false => Kind::BrokenString,
    };
    Some(match token.kind() {
        TokenKind::Whitespace | TokenKind::Comment | TokenKind::Eof => return None,
        TokenKind::Newline => Kind::Line,
        TokenKind::Equals => Kind::Equals,
        TokenKind::Comma => Kind::Comma,
        TokenKind::LeftSquareBracket => Kind::Opening(']'),
        TokenKind::LeftCurlyBracket => Kind::Opening('}'),
        TokenKind::RightSquareBracket => Kind::Closing(']'),
        TokenKind::RightCurlyBracket => Kind::Closing('}'),
        TokenKind::BasicString => string("\""),
        TokenKind::LiteralString => string("'"),
        TokenKind::MlBasicString => string("\"\"\""),
        TokenKind::MlLiteralString => string("'''"),
        TokenKind::Dot | TokenKind::Atom => Kind::Other,
    })
}

/// The tokens of a text with their places, without blanks and comments.
struct Statements<'t> {
    text: &'t str,
    tokens: Vec<(Kind, Span)>,
    /// For each token, the number of brackets that are closed and not opened between it and the next header.
    surplus: Vec<usize>,
}

impl<'t> Statements<'t> {
    fn new(text: &'t str, tokens: Vec<(Kind, Span)>) -> Self {
        let mut statements = Self {
            text,
            surplus: vec![0; tokens.len()],
            tokens,
        };
        let mut surplus = 0_usize;
        for at in (0..statements.tokens.len()).rev() {
            match statements.kind(at) {
                Kind::Closing(_) => surplus += 1,
                Kind::Opening(_) => surplus = surplus.saturating_sub(1),
                Kind::Line | Kind::BrokenString | Kind::Equals | Kind::Comma | Kind::Other | Kind::End => {}
            }
            statements.surplus[at] = surplus;
            if statements.begins_line(at) && is_closed_header(line(text, statements.offset(at))) {
                surplus = 0;
            }
        }
        statements
    }

    fn begins_line(&self, at: usize) -> bool {
        at.checked_sub(1).is_none_or(|before| self.kind(before) == Kind::Line)
    }

    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::End, |(kind, _)| *kind)
    }

    /// The offset of a token in the text; its end for the token after the last.
    fn offset(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.text.len(), |(_, span)| span.start())
    }

    /// The token that begins the next line.
    fn next_line(&self, at: usize) -> usize {
        let mut rest = at..self.tokens.len();
        rest.find(|at| self.kind(*at) == Kind::Line)
            .map_or(self.tokens.len(), |newline| newline + 1)
    }

    /// The offset of the line that begins with a token.
    fn line_start(&self, at: usize) -> usize {
        match at.checked_sub(1).map(|before| self.tokens[before]) {
            Some((Kind::Line, span)) => span.end(),
            Some(_) | None => self.offset(at),
        }
    }

    /// Reads the statement that begins at `start`, and returns where the next one does.
    fn read(&self, start: usize, found: &mut Vec<Open>) -> usize {
        let mut open: Vec<(usize, Kind)> = Vec::new();
        let mut lost = Vec::new();
        let (mut is_value, mut is_closed) = (false, false);
        let mut before = Kind::Other;
        let mut at = start;
        loop {
            let kind = self.kind(at);
            match kind {
                Kind::End => break,
                Kind::BrokenString => return self.next_line(at),
                Kind::Equals => is_value = true,
                Kind::Opening(_) if is_value => open.push((at, kind)),
                Kind::Closing(closing) if is_value => {
                    let near = open.len().saturating_sub(DEEPEST);
                    let opened = open[near..]
                        .iter()
                        .rposition(|(_, kind)| *kind == Kind::Opening(closing));
                    if let Some(index) = opened {
                        lost.extend(open.drain(near + index..).skip(1));
                    }
                }
                Kind::Line if open.is_empty() => break,
                Kind::Line if !is_closed && self.is_over(at + 1, &open, before) => {
                    is_closed = self.surplus.get(at + 1).is_some_and(|surplus| *surplus > 0);
                    if !is_closed {
                        break;
                    }
                }
                Kind::Line | Kind::Opening(_) | Kind::Closing(_) | Kind::Comma | Kind::Other => {}
            }
            if kind != Kind::Line {
                before = kind;
            }
            at += 1;
        }
        let next = self.next_line(at);
        lost.extend(open);
        // One of them is the mistake; the others may follow from it.
        found.extend(lost.into_iter().map(|(bracket, _)| bracket).min().map(|bracket| Open {
            bracket: self.offset(bracket),
            statement: self.offset(start)..self.line_start(next),
        }));
        next
    }

    /// Whether the line that begins with a token can't belong to the innermost open bracket: a header, or a key where
    /// none can be.
    fn is_over(&self, at: usize, open: &[(usize, Kind)], before: Kind) -> bool {
        let Some((bracket, opening)) = open.last() else {
            return false;
        };
        let start = self.line_start(at);
        let line = line(self.text, start);
        let is_out_of_place = match *opening == Kind::Opening(']') {
            true => true,
            // Without a comma, and on the next line: a table of several lines rather lacks the comma.
            false => {
                let goes_on = matches!(before, Kind::Comma | Kind::Opening(_));
                !goes_on && !self.text[self.offset(*bracket)..start].trim_end().contains('\n')
            }
        };
        is_closed_header(line) || (is_out_of_place && is_entry(line))
    }
}

/// The line at `at`, with its line break.
fn line(text: &str, at: usize) -> &str {
    text[at..].split_inclusive('\n').next().unwrap_or_default()
}

/// Whether a line is the header of a table with its end, and no item of a list: a bare word is no value.
fn is_closed_header(line: &str) -> bool {
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
