//! Turns tokens into headers and entries. The tokens are those of the TOML parser's lexer, which never fails. Tokens
//! that don't fit are skipped, up to the end of the line.

use std::ops::Range;

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

use super::{Entry, Segment, Step, Syntax, Table, Value, ValueKind, is_same};

/// Deepest nesting of arrays and inline tables; deeper ones are skipped.
const DEPTH: usize = 32;

pub(super) fn scan(text: &str) -> Syntax {
    let mut scanner = Scanner {
        text,
        tokens: Source::new(text).lex().into_vec(),
        at: 0,
        syntax: Syntax::default(),
        arrays: Vec::new(),
        table: Vec::new(),
    };
    scanner.document();
    let mut syntax = scanner.syntax;
    let starts: Vec<usize> = syntax.tables.iter().map(|table| table.header.start).collect();
    for (table, next) in syntax.tables.iter_mut().zip(starts.into_iter().skip(1)) {
        table.body.end = next;
    }
    syntax
}

/// Whether a token can be a key.
fn is_key(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString
    )
}

struct Scanner<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    syntax: Syntax,
    /// Arrays of tables, with the number of their headers so far.
    arrays: Vec<(Vec<Step>, usize)>,
    /// Path of the table that the next entries are in.
    table: Vec<Step>,
}

impl Scanner<'_> {
    fn document(&mut self) {
        while let Some(kind) = self.next_significant(true) {
            if kind == TokenKind::LeftSquareBracket {
                self.header();
                continue;
            }
            if is_key(kind) {
                self.entry(&self.table.clone(), 0);
            } else {
                self.at += 1;
            }
            self.skip_line();
        }
    }

    fn header(&mut self) {
        let start = self.span().start;
        self.at += 1;
        let is_array = self.eat(TokenKind::LeftSquareBracket);
        let keys = self.keys();
        let mut end = keys.last().map_or(start + 1, |key: &Segment| key.span.end);
        while self.peek() == Some(TokenKind::RightSquareBracket) {
            end = self.span().end;
            self.at += 1;
        }
        let path = self.resolve(keys, is_array);
        self.table.clone_from(&path);
        self.syntax.tables.push(Table {
            path,
            header: start..end,
            body: end..self.text.len(),
        });
        self.skip_line();
    }

    /// Returns the path of a header, with the current items of the arrays that it leads through.
    fn resolve(&mut self, keys: Vec<Segment>, is_array: bool) -> Vec<Step> {
        let (mut path, count) = (Vec::new(), keys.len());
        for (at, key) in keys.into_iter().enumerate() {
            path.push(Step::Key(key));
            let known = self.arrays.iter_mut().find(|(array, _)| is_same(array, &path));
            let item = match known {
                Some((_, items)) if is_array && at + 1 == count => {
                    *items += 1;
                    *items - 1
                }
                Some((_, items)) => *items - 1,
                None if is_array && at + 1 == count => {
                    self.arrays.push((path.clone(), 1));
                    0
                }
                None => continue,
            };
            path.push(Step::Item(item));
        }
        path
    }

    /// Reads keys such as `a.b."c"`; a missing one, as after a last dot, is an empty key.
    fn keys(&mut self) -> Vec<Segment> {
        let mut keys = Vec::new();
        loop {
            self.skip_blank();
            match self.peek() {
                Some(TokenKind::Atom | TokenKind::BasicString | TokenKind::LiteralString) => {
                    let span = self.span();
                    let (name, span) = self.unquoted(span);
                    keys.push(Segment { name, span });
                    self.at += 1;
                }
                _ => {
                    let here = self.end_of_last();
                    keys.push(Segment {
                        name: String::new(),
                        span: here..here,
                    });
                    return keys;
                }
            }
            self.skip_blank();
            if !self.eat(TokenKind::Dot) {
                return keys;
            }
        }
    }

    /// Reads `key = value`, as far as it is written.
    fn entry(&mut self, container: &[Step], depth: usize) {
        let start = self.span().start;
        let keys = self.keys();
        let own = keys.len();
        let end = keys.last().map_or(start, |key| key.span.end.max(self.end_of_last()));
        let mut path = container.to_vec();
        path.extend(keys.into_iter().map(Step::Key));
        self.skip_blank();
        let has_equals = self.eat(TokenKind::Equals);
        let index = self.syntax.entries.len();
        let missing = if has_equals { self.end_of_last() } else { end };
        self.syntax.entries.push(Entry {
            path: path.clone(),
            own,
            key: start..end,
            has_equals,
            value: Value {
                span: missing..missing,
                kind: ValueKind::Missing,
            },
        });
        if has_equals {
            self.syntax.entries[index].value = self.value(&path, depth);
        }
    }

    fn value(&mut self, path: &[Step], depth: usize) -> Value {
        let start = self.end_of_last();
        self.skip_blank();
        let span = self.span();
        match self.peek() {
            Some(
                TokenKind::BasicString
                | TokenKind::LiteralString
                | TokenKind::MlBasicString
                | TokenKind::MlLiteralString,
            ) => {
                self.at += 1;
                self.string(span)
            }
            Some(TokenKind::LeftCurlyBracket) if depth < DEPTH => self.inline_table(path, depth + 1),
            Some(TokenKind::LeftSquareBracket) if depth < DEPTH => self.array(path, depth + 1),
            Some(TokenKind::Atom | TokenKind::Dot) => {
                while matches!(self.peek(), Some(TokenKind::Atom | TokenKind::Dot)) {
                    self.at += 1;
                }
                Value {
                    span: span.start..self.end_of_last(),
                    kind: ValueKind::Word,
                }
            }
            _ => Value {
                span: start..span.start,
                kind: ValueKind::Missing,
            },
        }
    }

    fn string(&self, span: Range<usize>) -> Value {
        let raw = &self.text[span.clone()];
        let quote = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|quote| raw.starts_with(quote))
            .unwrap_or("");
        let closed = raw.len() >= 2 * quote.len() && raw.ends_with(quote);
        let inner = span.start + quote.len()..span.end - if closed { quote.len() } else { 0 };
        let text = self.text[inner.clone()].replace("\\\"", "\"");
        Value {
            span,
            kind: ValueKind::Text { text, inner, closed },
        }
    }

    fn inline_table(&mut self, path: &[Step], depth: usize) -> Value {
        let start = self.span().start;
        self.at += 1;
        while let Some(kind) = self.next_significant(true) {
            // In an inline table that was not closed, a key at the start of a line belongs to the table around it.
            let is_outside = kind == TokenKind::Atom && self.is_at_line_start();
            if self.eat(TokenKind::RightCurlyBracket) || kind == TokenKind::LeftSquareBracket || is_outside {
                break;
            }
            if is_key(kind) {
                self.entry(path, depth);
            } else {
                self.at += 1;
            }
        }
        Value {
            span: start..self.end_of_last(),
            kind: ValueKind::Table,
        }
    }

    fn array(&mut self, path: &[Step], depth: usize) -> Value {
        let start = self.span().start;
        self.at += 1;
        let mut item = 0;
        while let Some(kind) = self.next_significant(true) {
            let is_header = kind == TokenKind::LeftSquareBracket && self.is_at_line_start();
            if self.eat(TokenKind::RightSquareBracket) || is_header {
                break;
            }
            if !self.eat(TokenKind::Comma) {
                let at = self.at;
                self.item(path, item, depth);
                item += 1;
                self.at = self.at.max(at + 1);
            }
        }
        Value {
            span: start..self.end_of_last(),
            kind: ValueKind::Array,
        }
    }

    fn item(&mut self, path: &[Step], item: usize, depth: usize) {
        let mut path = path.to_vec();
        path.push(Step::Item(item));
        let start = self.span().start;
        let index = self.syntax.entries.len();
        self.syntax.entries.push(Entry {
            path: path.clone(),
            own: 0,
            key: start..start,
            has_equals: false,
            value: Value {
                span: start..start,
                kind: ValueKind::Missing,
            },
        });
        self.syntax.entries[index].value = self.value(&path, depth);
    }

    fn unquoted(&self, span: Range<usize>) -> (String, Range<usize>) {
        match self.string(span.clone()).kind {
            ValueKind::Text { text, inner, .. } => (text, inner),
            ValueKind::Table | ValueKind::Array | ValueKind::Word | ValueKind::Missing => (String::new(), span),
        }
    }

    /// Moves to the next token that is neither blank nor a comment, across line ends too if `lines`. Returns its kind.
    fn next_significant(&mut self, lines: bool) -> Option<TokenKind> {
        loop {
            let kind = self.peek().filter(|kind| *kind != TokenKind::Eof)?;
            let is_passed = kind == TokenKind::Whitespace || (lines && kind == TokenKind::Newline);
            if kind == TokenKind::Comment {
                let span = self.span();
                self.syntax.comments.push(span);
            } else if !is_passed {
                return Some(kind);
            }
            self.at += 1;
        }
    }

    fn skip_blank(&mut self) {
        while self.peek() == Some(TokenKind::Whitespace) {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        while let Some(kind) = self.next_significant(false) {
            // After a value that was not closed, this is the start of the next line, which must not be skipped.
            if kind == TokenKind::Newline || self.is_at_line_start() {
                return;
            }
            self.at += 1;
        }
    }

    fn is_at_line_start(&self) -> bool {
        let start = self.span().start;
        start == 0 || self.text.as_bytes().get(start - 1) == Some(&b'\n')
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(Token::kind)
    }

    fn span(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.text.len()..self.text.len(), |token| {
                token.span().start()..token.span().end()
            })
    }

    /// Returns the end of the previous token.
    fn end_of_last(&self) -> usize {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |token| token.span().end())
    }
}
