//! Outlines a `.wit` file.

use std::ops::Range;

use super::{Item, Kind, Outline, Use, UsedName};

pub(super) fn scan(text: &str) -> Outline {
    let mut scanner = Scanner {
        text,
        tokens: tokens(text),
        at: 0,
        outline: Outline::default(),
    };
    while scanner.at < scanner.tokens.len() {
        scanner.block(None);
        // A closing brace without an opening one.
        scanner.at += 1;
    }
    scanner.outline
}

/// A token of the text.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// An identifier or a keyword.
    Word,
    /// `namespace:package/interface@version`.
    Path,
    /// A line of a doc comment.
    Doc,
    /// Any other character.
    Sign(char),
}

/// Returns the tokens of a text, without blanks and comments other than doc comments.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = if rest.starts_with("//") {
            let length = rest.find('\n').unwrap_or(rest.len());
            (rest.starts_with("///").then_some(TokenKind::Doc), length)
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            (rest.starts_with("/**").then_some(TokenKind::Doc), length)
        } else if is_word(first) || first == '%' {
            match path_length(rest) {
                Some(length) => (Some(TokenKind::Path), length),
                None => (Some(TokenKind::Word), word_length(rest)),
            }
        } else {
            let kind = (!first.is_whitespace()).then_some(TokenKind::Sign(first));
            (kind, first.len_utf8())
        };
        let span = at..at + length;
        tokens.extend(kind.map(|kind| Token { kind, span }));
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

fn word_length(text: &str) -> usize {
    let start = usize::from(text.starts_with('%'));
    start + text[start..].find(|c| !is_word(c)).unwrap_or(text.len() - start)
}

/// Returns the length of a path such as `a:b/c@1.2.3` at the start of `text`, if there is one.
fn path_length(text: &str) -> Option<usize> {
    let namespace = word_length(text);
    let rest = text[namespace..].strip_prefix(':')?;
    let package = word_length(rest);
    let after = rest[package..].strip_prefix('/')?;
    let name = word_length(after);
    if package == 0 || name == 0 {
        return None;
    }
    let length = namespace + 1 + package + 1 + name;
    let version = text[length..].strip_prefix('@').map_or(0, |version| {
        let end = version
            .find(|c: char| !(c.is_alphanumeric() || "-+.".contains(c)))
            .unwrap_or(version.len());
        1 + version[..end].trim_end_matches('.').len()
    });
    Some(length + version)
}

struct Scanner<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    outline: Outline,
}

impl<'t> Scanner<'t> {
    /// Reads items up to the closing brace, which is not consumed.
    fn block(&mut self, parent: Option<usize>) {
        loop {
            let doc = self.doc();
            let start = self.at;
            match self.kind() {
                None | Some(TokenKind::Sign('}')) => return,
                Some(TokenKind::Word) => self.item(parent, doc),
                Some(TokenKind::Path | TokenKind::Doc | TokenKind::Sign(_)) => {}
            }
            self.at = self.at.max(start + 1);
        }
    }

    fn item(&mut self, parent: Option<usize>, doc: String) {
        let start = self.at;
        let word = self.word();
        self.at += 1;
        match word {
            "package" => self.package(start, doc),
            "use" => self.use_names(parent),
            "interface" | "world" => {
                let kind = if word == "world" { Kind::World } else { Kind::Interface };
                self.declare(kind, start, parent, doc, Body::Items);
            }
            "resource" => self.declare(Kind::Type, start, parent, doc, Body::Items),
            "record" | "variant" | "enum" | "flags" => self.declare(Kind::Type, start, parent, doc, Body::Fields),
            "type" => self.declare(Kind::Type, start, parent, doc, Body::None),
            "import" | "export" | "include" if self.is_reference() => {
                let (text, span) = self.named();
                self.outline.references.push((text, span));
                self.skip_statement();
            }
            "import" | "export" => {
                let named = self
                    .tokens
                    .get(self.at + 2)
                    .is_some_and(|token| &self.text[token.span.clone()] == "interface");
                let (kind, body) = if named {
                    (Kind::Interface, Body::Items)
                } else {
                    (Kind::Function, Body::None)
                };
                self.declare(kind, start, parent, doc, body);
            }
            "constructor" => {
                self.at = start;
                self.declare(Kind::Function, start, parent, doc, Body::None);
            }
            _ if self.kind() == Some(TokenKind::Sign(':')) => {
                self.at = start;
                self.declare(Kind::Function, start, parent, doc, Body::None);
            }
            _ => {}
        }
    }

    /// Reads a declaration, from its name on.
    fn declare(&mut self, kind: Kind, start: usize, parent: Option<usize>, doc: String, body: Body) {
        if self.kind() != Some(TokenKind::Word) {
            return;
        }
        let (name, span) = self.named();
        let index = self.outline.items.len();
        let first = self.tokens[start].span.start;
        self.outline.items.push(Item {
            kind,
            name,
            span,
            range: first..first,
            doc,
            parent,
        });
        match body {
            Body::None => self.skip_statement(),
            Body::Items | Body::Fields => {
                while !matches!(self.kind(), None | Some(TokenKind::Sign('{' | ';' | '}'))) {
                    self.at += 1;
                }
                if self.eat('{') {
                    match body {
                        Body::Fields => self.fields(index),
                        Body::Items | Body::None => self.block(Some(index)),
                    }
                    self.eat('}');
                } else {
                    self.eat(';');
                }
            }
        }
        let end = self.end_of_last();
        self.outline.items[index].range.end = end;
    }

    fn fields(&mut self, parent: usize) {
        loop {
            let doc = self.doc();
            match self.kind() {
                None | Some(TokenKind::Sign('}')) => return,
                Some(TokenKind::Word) => {
                    let start = self.tokens[self.at].span.start;
                    let (name, span) = self.named();
                    let mut depth = 0_usize;
                    while let Some(kind) = self.kind() {
                        match kind {
                            TokenKind::Sign('(' | '<') => depth += 1,
                            TokenKind::Sign(')' | '>') => depth = depth.saturating_sub(1),
                            TokenKind::Sign(',') if depth == 0 => break,
                            TokenKind::Sign('}') => break,
                            TokenKind::Word | TokenKind::Path | TokenKind::Doc | TokenKind::Sign(_) => {}
                        }
                        self.at += 1;
                    }
                    let range = start..self.end_of_last();
                    self.outline.items.push(Item {
                        kind: Kind::Field,
                        name,
                        span,
                        range,
                        doc,
                        parent: Some(parent),
                    });
                }
                Some(TokenKind::Path | TokenKind::Doc | TokenKind::Sign(_)) => self.at += 1,
            }
        }
    }

    /// Reads `package a:b;`, or another package of the file in braces.
    fn package(&mut self, start: usize, doc: String) {
        let from = self.at;
        while !matches!(self.kind(), None | Some(TokenKind::Sign(';' | '{' | '}'))) {
            self.at += 1;
        }
        if from == self.at {
            return;
        }
        let span = self.tokens[from].span.start..self.end_of_last();
        let written = self.text[span.clone()].split('@').next().unwrap_or_default();
        let name = written.trim().to_owned();
        let index = self.outline.items.len();
        let range = self.tokens[start].span.start..span.end;
        self.outline.items.push(Item {
            kind: Kind::Package,
            name: name.clone(),
            span,
            range,
            doc,
            parent: None,
        });
        if self.eat('{') {
            self.block(Some(index));
            self.eat('}');
            self.outline.items[index].range.end = self.end_of_last();
        } else {
            self.eat(';');
            self.outline.package = Some(name);
        }
    }

    fn use_names(&mut self, parent: Option<usize>) {
        if !matches!(self.kind(), Some(TokenKind::Word | TokenKind::Path)) {
            return;
        }
        let path = self.named();
        let mut names = Vec::new();
        if self.eat('.') && self.eat('{') {
            while let Some(TokenKind::Word | TokenKind::Sign(',')) = self.kind() {
                if self.eat(',') {
                    continue;
                }
                let name = self.named();
                let has_alias = self.kind() == Some(TokenKind::Word) && self.word() == "as";
                self.at += usize::from(has_alias);
                let alias = (has_alias && self.kind() == Some(TokenKind::Word)).then(|| self.named());
                names.push(UsedName { name, alias });
            }
            self.eat('}');
        }
        self.eat(';');
        self.outline.uses.push(Use { path, names, parent });
    }

    /// Whether the next token names something that is declared elsewhere.
    fn is_reference(&self) -> bool {
        let next = self.tokens.get(self.at + 1).map(|token| token.kind);
        match self.kind() {
            Some(TokenKind::Path) => true,
            Some(TokenKind::Word) => next != Some(TokenKind::Sign(':')),
            Some(TokenKind::Doc | TokenKind::Sign(_)) | None => false,
        }
    }

    /// Skips to the end of the next semicolon, or to a closing brace without an opening one.
    fn skip_statement(&mut self) {
        let mut depth = 0_usize;
        while let Some(kind) = self.kind() {
            match kind {
                TokenKind::Sign('{') => depth += 1,
                TokenKind::Sign('}') if depth == 0 => return,
                TokenKind::Sign('}') => depth -= 1,
                TokenKind::Sign(';') if depth == 0 => {
                    self.at += 1;
                    return;
                }
                TokenKind::Word | TokenKind::Path | TokenKind::Doc | TokenKind::Sign(_) => {}
            }
            self.at += 1;
        }
    }

    /// Reads the doc comment of the next item; attributes may be between them.
    fn doc(&mut self) -> String {
        let mut lines: Vec<&str> = Vec::new();
        loop {
            match self.kind() {
                Some(TokenKind::Doc) => lines.extend(doc_lines(&self.text[self.tokens[self.at].span.clone()])),
                Some(TokenKind::Sign('@')) => {
                    while !matches!(self.kind(), None | Some(TokenKind::Sign(')' | '}' | ';'))) {
                        self.at += 1;
                    }
                }
                Some(TokenKind::Word | TokenKind::Path | TokenKind::Sign(_)) | None => break,
            }
            self.at += 1;
        }
        lines.join("\n").trim().to_owned()
    }

    /// Reads the next token as a name.
    fn named(&mut self) -> (String, Range<usize>) {
        let span = self
            .tokens
            .get(self.at)
            .map_or(self.text.len()..self.text.len(), |token| token.span.clone());
        self.at += 1;
        (self.text[span.clone()].trim_start_matches('%').to_owned(), span)
    }

    fn word(&self) -> &'t str {
        self.tokens
            .get(self.at)
            .map_or("", |token| &self.text[token.span.clone()])
    }

    fn kind(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.kind() == Some(TokenKind::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn end_of_last(&self) -> usize {
        let last = self.at.min(self.tokens.len()).checked_sub(1);
        last.map_or(0, |at| self.tokens[at].span.end)
    }
}

/// What follows the name in a declaration.
#[derive(Clone, Copy)]
enum Body {
    None,
    Items,
    Fields,
}

fn doc_lines(comment: &str) -> Vec<&str> {
    let inner = comment.strip_prefix("/**").map(|text| text.trim_end_matches("*/"));
    match inner {
        Some(block) => block
            .lines()
            .map(|line| line.trim().trim_start_matches("* ").trim())
            .collect(),
        None => vec![
            comment
                .trim_start_matches('/')
                .strip_prefix(' ')
                .unwrap_or(comment.trim_start_matches('/'))
                .trim_end(),
        ],
    }
}
