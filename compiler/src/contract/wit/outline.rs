//! Outline of a `.wit` file: the places of its items, even if it is malformed. wit-parser stops at the first mistake;
//! the outline shows which item to blank to find the next one.

use std::ops::Range;

/// The most nested blocks whose items are listed: package, world, inline interface and resource.
const DEPTH: usize = 4;

/// A statement, or a declaration with its whole block.
pub(super) struct Item {
    /// Its place in the text, with its attributes.
    pub(super) range: Range<usize>,
    /// Its first word: a keyword, or the name of a function.
    pub(super) word: String,
    /// The name that it declares; empty if there is none.
    pub(super) name: String,
    /// Whether it ends with a semicolon or a block.
    ended: bool,
    /// False if its block has no closing brace, or the text ends within it.
    closed: bool,
    /// The items in its block.
    pub(super) items: Vec<Item>,
}

impl Item {
    /// Whether it can't be a direct item of a package.
    fn is_stray(&self) -> bool {
        !["package", "interface", "world", "use"].contains(&self.word.as_str())
    }

    /// Whether it declares a type.
    pub(super) fn is_type(&self) -> bool {
        ["type", "record", "variant", "enum", "flags", "resource"].contains(&self.word.as_str())
    }

    fn holds(&self, at: usize, end: usize) -> bool {
        self.range.contains(&at) || (at >= end && self.range.end == end && !(self.ended && self.closed))
    }
}

/// Reads the items of a text.
pub(super) fn outline(text: &str) -> Vec<Item> {
    let mut scanner = Scanner {
        text,
        tokens: tokens(text),
        at: 0,
    };
    let mut items = Vec::new();
    while scanner.at < scanner.tokens.len() {
        items.extend(scanner.items("", 0, 0));
        // A surplus closing brace.
        if let Some((start, _)) = scanner.tokens.get(scanner.at) {
            items.push(Item {
                range: *start..start + 1,
                word: String::new(),
                name: String::new(),
                ended: true,
                closed: true,
                items: Vec::new(),
            });
        }
        scanner.at += 1;
    }
    items
}

/// The items around a place, the outermost first.
pub(super) fn around(items: &[Item], at: usize, end: usize) -> Vec<&Item> {
    let mut found = Vec::new();
    let mut level = items;
    while let Some(item) = level.iter().find(|item| item.holds(at, end)) {
        found.push(item);
        level = &item.items;
    }
    found
}

/// Returns what to blank for a syntax error at `at`: the innermost item around it, or the outermost one without a
/// closing brace, and the misplaced items that follow it.
pub(super) fn broken(items: &[Item], at: usize, end: usize) -> Vec<Range<usize>> {
    let path = around(items, at, end);
    let Some(item) = path.iter().find(|item| !item.closed).or(path.last()) else {
        return Vec::new();
    };
    let unended = item.items.last().filter(|last| item.closed && !last.ended);
    let after = items.iter().skip_while(|other| other.range.start < path[0].range.end);
    let strays = after.take_while(|other| other.is_stray());
    let all = [unended.unwrap_or(item)].into_iter().chain(strays);
    all.map(|item| item.range.clone()).collect()
}

/// The words of a text: names and keywords.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let tokens = tokens(text).into_iter();
    tokens
        .map(|(_, token)| token.trim_start_matches('%'))
        .filter(|token| is_word(token))
}

/// The names in a `use`; other text unchanged.
pub(super) fn used(text: &str) -> &str {
    text.split_once(".{").map_or(text, |(_, names)| names)
}

/// The end of the last token before `at`.
pub(super) fn end_before(text: &str, at: usize) -> Option<usize> {
    let tokens = tokens(text);
    let (start, token) = tokens.iter().rev().find(|(start, token)| start + token.len() <= at)?;
    Some(start + token.len())
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '%')
}

/// Splits a text into words, strings and single characters, each with its offset; leaves out comments.
pub(super) fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (is_token, length) = if rest.starts_with("//") {
            (false, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (false, comment_length(rest))
        } else if is_word(rest) {
            let is_end = |(at, c): &(usize, char)| *at > 0 && !(c.is_alphanumeric() || *c == '-' || *c == '_');
            (
                true,
                rest.char_indices().find(is_end).map_or(rest.len(), |(end, _)| end),
            )
        } else if first == '"' {
            (true, string_length(rest))
        } else {
            (!first.is_whitespace(), first.len_utf8())
        };
        if is_token {
            tokens.push((at, &rest[..length]));
        }
        at += length;
    }
    tokens
}

/// Length of the block comment that `text` begins with; block comments nest.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(next) = text[at..].find(['/', '*']) {
        at += next;
        let pair = text.get(at..at + 2).unwrap_or_default();
        match pair {
            "/*" => depth += 1,
            "*/" => depth -= 1,
            _ => {}
        }
        at += if pair == "/*" || pair == "*/" { 2 } else { 1 };
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// Length of the string that `text` begins with; it ends with its line at the latest.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

struct Scanner<'t> {
    text: &'t str,
    tokens: Vec<(usize, &'t str)>,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Reads items up to a closing brace, which is not consumed, or up to an item that can't be in `parent`, an item
    /// that begins at `start`.
    fn items(&mut self, parent: &str, start: usize, depth: usize) -> Vec<Item> {
        let mut items = Vec::new();
        while !matches!(self.token(), "" | "}") && !self.leaves(parent, start) {
            items.push(self.item(depth));
        }
        items
    }

    /// Whether an interface or world begins here that can't be in `parent`, an item that begins at `start`: a closing
    /// brace is missing, unless it is indented as an item of `parent` would be.
    fn leaves(&self, parent: &str, start: usize) -> bool {
        !matches!(parent, "" | "package")
            && matches!(self.token(), "interface" | "world")
            && is_word(self.nth(1))
            && self.nth(2) == "{"
            && !self.is_within(start)
    }

    /// Whether the token here and the item at `start` both begin a line, and the token is indented more.
    fn is_within(&self, start: usize) -> bool {
        let indent = |at: usize| {
            let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
            let before = &self.text[line..at];
            before.trim().is_empty().then_some(before.len())
        };
        let here = self.tokens.get(self.at).and_then(|(at, _)| indent(*at));
        here.zip(indent(start)).is_some_and(|(here, parent)| here > parent)
    }

    /// Reads the block of an item `word` that begins at `start`: returns its items, and whether it is closed.
    fn block(&mut self, word: &str, start: usize, depth: usize) -> (Vec<Item>, bool) {
        let holds = matches!(word, "package" | "interface" | "world" | "resource")
            || (matches!(word, "import" | "export") && self.before() == "interface");
        let mut items = Vec::new();
        self.at += 1;
        if holds && depth < DEPTH {
            items = self.items(word, start, depth + 1);
        } else {
            while !matches!(self.token(), "" | "}") && !self.leaves(word, start) {
                self.at += 1;
            }
        }
        let closed = self.token() == "}";
        self.at += usize::from(closed);
        self.at += usize::from(closed && self.token() == ";");
        (items, closed)
    }

    fn item(&mut self, depth: usize) -> Item {
        let start = self.tokens[self.at].0;
        while self.token() == "@" {
            self.attribute();
        }
        let word = if is_word(self.token()) { self.token() } else { "" };
        let named = if self.nth(1) == ":" && !matches!(word, "import" | "export") {
            word
        } else {
            self.nth(1)
        };
        let name = if is_word(named) {
            named.trim_start_matches('%')
        } else {
            ""
        };
        let first = self.at;
        let (mut items, mut ended, mut closed) = (Vec::new(), false, true);
        loop {
            match self.token() {
                "" => {
                    closed = false;
                    break;
                }
                "}" => break,
                "interface" | "world" | "use" if word == "package" && self.at > first + 1 && self.is_apart() => break,
                "{" => {
                    (items, closed) = self.block(word, start, depth);
                    ended = true;
                    break;
                }
                ";" => {
                    self.at += 1;
                    ended = true;
                    break;
                }
                _ => self.at += 1,
            }
        }
        let end = self.at.checked_sub(1).map_or(start, |last| {
            let (at, token) = self.tokens[last];
            at + token.len()
        });
        Item {
            range: start..end.max(start),
            word: word.to_owned(),
            name: name.to_owned(),
            ended,
            closed,
            items,
        }
    }

    /// `@since(version = 1.2.3)`.
    fn attribute(&mut self) {
        self.at += 1;
        self.at += usize::from(is_word(self.token()));
        if self.token() == "(" {
            while !matches!(self.token(), "" | ")" | "{" | "}" | ";") {
                self.at += 1;
            }
            self.at += usize::from(self.token() == ")");
        }
    }

    /// Whether the token here is no part of a name like `wasi:use`.
    fn is_apart(&self) -> bool {
        is_word(self.before()) || self.before() == ";"
    }

    fn token(&self) -> &'t str {
        self.nth(0)
    }

    fn nth(&self, ahead: usize) -> &'t str {
        self.tokens.get(self.at + ahead).map_or("", |(_, token)| token)
    }

    fn before(&self) -> &'t str {
        self.at.checked_sub(1).map_or("", |at| self.tokens[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the items around `mark`, outermost first.
    fn around_text<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
        let at = text.find(mark).unwrap();
        let items = outline(text);
        let path = around(&items, at, text.len());
        path.iter().map(|item| &text[item.range.clone()]).collect()
    }

    fn broken_text<'t>(text: &'t str, mark: &str) -> Vec<&'t str> {
        let ranges = broken(&outline(text), text.find(mark).unwrap_or(text.len()), text.len());
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn items_lie_in_items() {
        let text = "package a:b;\n// { not this\n@since(version = 1.0.0) interface i { /* } /* } */ } */ f: func(); }";
        assert_eq!(
            around_text(text, "f:"),
            [&text[text.find('@').unwrap()..], "f: func();"]
        );
        assert_eq!(
            around_text("world w { @external-id(\"};\") export e: func(); }", "e:")[1..],
            ["@external-id(\"};\") export e: func();"]
        );
        assert_eq!(
            around_text("package a:b interface i { type t = u8; }", "a:b"),
            ["package a:b"]
        );
    }

    #[test]
    fn what_is_broken_has_its_braces() {
        assert_eq!(
            broken_text("interface i { f: func(; g: func(); }", "; g"),
            ["f: func(;"]
        );
        assert_eq!(
            broken_text("interface i { f: func() }", "}"),
            ["f: func() "].map(str::trim)
        );
        assert_eq!(
            broken_text("interface i { record r { interface j { } ", "record"),
            ["interface i { record r {"]
        );
        assert_eq!(broken_text("interface i { } } interface j { }", "} i"), ["}"]);
        assert_eq!(broken_text("world w {", "none"), ["world w {"]);
    }
}
