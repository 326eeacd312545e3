//! Messages about malformed TOML in our words, since the parser's own presume knowledge of its grammar.

use std::ops::Range;

/// Beginnings of the parser's messages, and our words for them: all messages of `toml_parser` 1.1 and `toml` 1.2,
/// except those that `explain` has words for.
const WORDS: &[(&str, &str)] = &[
    (
        "carriage return must be followed by newline",
        "a carriage return without a line feed: lines end with a line feed",
    ),
    (
        "invalid basic string, expected `\"`",
        "the string is not closed: its final `\"` is missing",
    ),
    (
        "invalid literal string, expected `'`",
        "the string is not closed: its final `'` is missing",
    ),
    (
        "invalid multi-line basic string, expected `\"`",
        "the string is not closed: its final `\"\"\"` is missing",
    ),
    (
        "invalid multi-line literal string, expected `'`",
        "the string is not closed: its final `'''` is missing",
    ),
    (
        "invalid basic string",
        "a control character in a string; write it as `\\u0000` with its number",
    ),
    (
        "invalid multi-line basic string",
        "a control character in a string; write it as `\\u0000` with its number",
    ),
    ("invalid literal string", "a control character in a string"),
    ("invalid multi-line literal string", "a control character in a string"),
    ("invalid string", "a control character in a string"),
    ("invalid comment character", "a control character in a comment"),
    (
        "missing opening quote",
        "the string is not opened: its first quote is missing",
    ),
    (
        "missing escaped value",
        "TOML has no such escape; a backslash itself is written `\\\\`",
    ),
    (
        "too few unicode value digits",
        "a `\\u` takes four digits, a `\\U` eight: `\\u00e9`",
    ),
    (
        "invalid value, expected unicode",
        "there is no character with this number",
    ),
    ("unclosed array table", "the header is not closed: its `]]` is missing"),
    ("unclosed array", "the list is not closed: its `]` is missing"),
    ("unclosed inline table", "the table is not closed: its `}` is missing"),
    ("unclosed table", "the header is not closed: its `]` is missing"),
    (
        "missing comma between array elements",
        "there is no comma between two items",
    ),
    (
        "missing comma between key-value pairs",
        "there is no comma between two keys",
    ),
    ("extra comma in array", "there is no item before the comma"),
    ("extra comma in inline table", "there is no key before the comma"),
    (
        "unexpected `=` in array",
        "there is a `=` in a list; keys go into a table: `{ … }`",
    ),
    ("missing array opening", "a list is closed that was not opened with `[`"),
    (
        "missing inline table opening",
        "a table is closed that was not opened with `{`",
    ),
    ("missing table open", "a header is closed that was not opened with `[`"),
    (
        "missing key for inline table element",
        "there is no key before the value",
    ),
    (
        "missing assignment between key-value pairs",
        "there is no `=` after the key",
    ),
    ("invalid inline table element", "expected a key: `{ key = value }`"),
    ("unquoted keys cannot be empty", "there is no key here"),
    (
        "invalid unquoted key",
        "a key has letters, digits, `-` and `_`; any other must be in quotes",
    ),
    (
        "invalid key-value pair",
        "expected `key = value` or a header in brackets",
    ),
    ("invalid table", "expected a name in the header"),
    ("invalid key", "this can't be a key"),
    ("key with no value", "there is no `=` after the key"),
    ("missing value", "there is no value after `=`"),
    ("extra `=`", "there is one `=` too many"),
    ("extra assignment between key-value pairs", "there is one `=` too many"),
    (
        "unexpected key or value",
        "expected the end of the line: a value or a header precedes this",
    ),
    (
        "unexpected content between comment and newline",
        "expected the end of the line",
    ),
    ("unexpected content", "expected a key or a header"),
    (
        "radix must be lowercase",
        "the letter of `0x`, `0o` and `0b` must be lower-case",
    ),
    (
        "integers with a radix cannot be signed",
        "a number with `0x`, `0o` or `0b` can't have a sign",
    ),
    ("unexpected leading zero", "a number can't begin with `0`"),
    ("redundant numeric sign", "a number can have only one sign"),
    ("unexpected sign", "there is no number after the sign"),
    (
        "redundant integer number prefix",
        "a number can have only one `0x`, `0o` or `0b`",
    ),
    (
        "`_` may only go between digits",
        "in a number, `_` must be between digits",
    ),
    ("invalid mantissa", "there is no digit before the point: `0.5`"),
    ("invalid fraction", "there is no digit after the point: `1.0`"),
    ("invalid exponent", "there is no digit after the `e`: `1e6`"),
    ("invalid float", "this is not a number"),
    ("invalid integer number", "this is not a number"),
    ("invalid hexadecimal number", "this is not a hexadecimal number"),
    ("invalid octal number", "this is not an octal number"),
    ("invalid binary number", "this is not a binary number"),
    ("invalid value", "this can't be a value"),
    ("missing comment start", "a comment begins with `#`"),
    ("cannot recurse further", "lists or tables are nested too deeply"),
    ("recursion limit", "a key has too many parts"),
    (
        "cannot extend value",
        "this already has a value, so no keys can be added to it",
    ),
];

/// Beginnings of messages about dates and times, which say what was expected.
const TIMES: [&str; 4] = ["invalid date", "invalid time", "invalid offset", "invalid datetime"];

/// The parser's message about the place `at` of `line` in our words; `None` for an unknown message.
pub(super) fn of(message: &str, line: &str, at: Range<usize>) -> Option<String> {
    if message.starts_with("string values must be quoted") {
        return Some(unquoted(line.get(at).unwrap_or_default()));
    }
    // The parser guesses the type of a word by its first letter.
    if message.starts_with("invalid boolean") || message.starts_with("invalid float, expected `") {
        let word = word_at(line, at.start);
        let is_meant = |name: &&str| word.eq_ignore_ascii_case(name);
        let meant = ["true", "false", "inf", "nan"].into_iter().find(is_meant);
        return Some(meant.map_or_else(|| unquoted(word), |meant| format!("this is written `{meant}`")));
    }
    // Where it expects a key, the parser takes any word for a literal string.
    if message.starts_with("invalid literal string") && !line.get(..at.start).unwrap_or(line).contains('\'') {
        return Some("there is no `=` after the key".to_owned());
    }
    // The longest beginning is the most exact.
    let known = WORDS.iter().filter(|(start, _)| message.starts_with(start));
    if let Some((_, words)) = known.max_by_key(|(start, _)| start.len()) {
        return Some((*words).to_owned());
    }
    TIMES.iter().any(|time| message.starts_with(time)).then(|| {
        let expected = message.split_once(", expected ").map(|(_, expected)| expected);
        let kind = "a date or time is written `1979-05-27T07:32:00Z`";
        expected.map_or_else(
            || kind.to_owned(),
            |expected| format!("{kind}: expected {}", placed(expected)),
        )
    })
}

fn unquoted(word: &str) -> String {
    format!("`{word}` is not a value; a string must be in quotes")
}

/// The word of a line that contains this offset or ends there.
fn word_at(line: &str, offset: usize) -> &str {
    let ends = |c: char| c.is_whitespace() || "=,[]{}".contains(c);
    let (before, after) = line.split_at_checked(offset).unwrap_or((line, ""));
    let start = before.rfind(ends).map_or(0, |end| end + 1);
    let end = after.find(ends).unwrap_or(after.len());
    &line[start..offset.min(line.len()) + end]
}

/// Rewrites `month between 01 and 12` as `month from 01 to 12`.
fn placed(expected: &str) -> String {
    match expected.split_once(" between ") {
        Some((what, bounds)) => format!("{what} from {}", bounds.replace(" and ", " to ")),
        None => format!("{expected} here"),
    }
}

#[cfg(test)]
mod tests {
    use ::toml::de::DeTable;

    /// Texts that are not TOML, each for a different reason.
    const BROKEN: &[&str] = &[
        "a = 1\rb",
        "x = \"abc",
        "x = 'abc",
        "x = \"\"\"abc",
        "x = '''abc",
        "x = [1 2]",
        "x = [1,",
        "x = [,]",
        "x = {a = 1",
        "x = {a = 1,,}",
        "x = {a}",
        "x = {= 1}",
        "x = {a = 1,\n b = 2\n c = 3}",
        "x = 0X1",
        "x = -0x1",
        "x = 012",
        "x = ++1",
        "x = 1__2",
        "x = _1",
        "x = 1e",
        "x = 1.",
        "x = .5",
        "x = +",
        "x =",
        "x",
        "= 1",
        "x == 1",
        "x 1",
        "x = abc",
        "x = tru",
        "x = fals",
        "x = inf1",
        "x = nan1",
        "x = \"\\q\"",
        "x = \"\\u12\"",
        "x = \"\\uD800\"",
        "x = \"a\u{1}b\"",
        "x = 'a\u{1}b'",
        "x = 1 # a\u{1}",
        "[a] b",
        "[]",
        "[a.]",
        "a..b = 1",
        "x = 1979-13-01",
        "x = 1979-01-01T25:00:00",
        "x = 1979-01-01T",
        "\"a = 1",
        "x = [1, = 2]",
        "x = ]",
        "x = }",
        "]",
        "}",
        "a = 1\na.b = 2",
        "a = [1]\n[a.b]",
        "a = {b=1}\n[a.c]",
        "x = 1,",
        "x = \"a\".b",
        "\u{e9} = 1",
        "// comment",
        "x: 1",
    ];

    #[test]
    fn every_mistake_has_our_words() {
        let deep = format!("x = {}", "[".repeat(300));
        for text in BROKEN.iter().copied().chain([deep.as_str()]) {
            let (_, errors) = DeTable::parse_recoverable(text);
            for error in errors {
                let at = error.span().unwrap_or_default();
                let start = text[..at.start].rfind('\n').map_or(0, |end| end + 1);
                let line = text[start..].lines().next().unwrap_or_default();
                let words = super::of(error.message(), line, at.start - start..at.end - start);
                let words = words.unwrap_or_else(|| panic!("{text:?}: {}", error.message()));
                let raw = ["nothing", "eof", "ident", "non-", "etc", "unicode"];
                assert!(!raw.iter().any(|raw| words.contains(raw)), "{text:?}: {words}");
            }
        }
    }
}
