//! What a mistake in WIT is, where wit-parser's message doesn't say it: a name that can't be one, a missing `;` or `,`,
//! a second entry of a list with the name of an earlier one.

use super::super::outline::{Item, end_before, outline, tokens};
use super::Related;
use crate::diag::Edit;
use crate::source::Span;

/// Explains the mistake `message` at `at` in `text`; `None` if the message does.
pub(super) fn explain(text: &str, at: Span, message: &str) -> Option<Related> {
    if message.starts_with("invalid character in identifier") || message.starts_with("identifiers must have") {
        return Some(misnamed(text, at));
    }
    if let Some((kind, name)) = entry_twice(message) {
        return Some(Related {
            places: first_entry(text, at, name)
                .map(|place| (place, "first defined here".to_owned()))
                .into_iter()
                .collect(),
            message: (kind == "param").then(|| format!("parameter `{name}` is defined more than once")),
            label: Some("again here"),
            ..Related::default()
        });
    }
    missing(text, at, message)
}

/// Explains a name that breaks the rule for names.
fn misnamed(text: &str, at: Span) -> Related {
    let rest = text.get(at.start..).unwrap_or_default();
    let escape = rest.len() - rest.trim_start_matches('%').len();
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let name = rest[escape..].split(|c| !is_part(c)).next().unwrap_or_default();
    let start = at.start + escape;
    let shown = Span::new(at.source, start..start + name.len());
    let meant = kebab(name);
    Related {
        message: Some(match &meant {
            Some(meant) => format!("`{name}` is not a WIT name: write `{meant}`"),
            None => format!("`{name}` is not a WIT name"),
        }),
        shown: Some(shown),
        label: Some("expected lower-case words joined by `-`"),
        change: meant.map(|text| Edit { span: shown, text }),
        ..Related::default()
    }
}

/// The name as WIT would have it: `my-record` for `myRecord` and `my_record`; `None` if no letter begins it.
fn kebab(name: &str) -> Option<String> {
    let mut words = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let ends_capitals = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || (ends_capitals && c != '-'));
        if (begins_word || !letter.is_ascii_alphanumeric()) && !words.is_empty() && !words.ends_with('-') {
            words.push('-');
        }
        words.extend(letter.is_ascii_alphanumeric().then(|| letter.to_ascii_lowercase()));
    }
    let words = words.trim_end_matches('-');
    let is_name = name.is_ascii() && words.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| words.to_owned())
}

/// The kind and the earlier name of an entry that exists twice, such as a parameter or a field.
fn entry_twice(message: &str) -> Option<(&str, &str)> {
    let mut parts = message.split('`');
    let (before, name) = (parts.next()?, parts.next()?);
    let kind = before.strip_prefix("duplicate ").unwrap_or(before).trim_end();
    let earlier = parts.nth(1).unwrap_or(name);
    ["param", "field", "case", "flag"]
        .contains(&kind)
        .then_some((kind, earlier))
}

/// The first entry with this name in the brackets around `at`.
fn first_entry(text: &str, at: Span, name: &str) -> Option<Span> {
    let tokens = tokens(text);
    let here = tokens.partition_point(|(start, _)| *start < at.start);
    let opening = opening(&tokens[..here])?;
    let entries = tokens[opening..here].windows(2).filter(|pair| {
        let [(_, before), (_, entry)] = pair else { return false };
        ["(", "{", ","].contains(before) && entry.trim_start_matches('%').eq_ignore_ascii_case(name)
    });
    let (start, token) = entries.map(|pair| pair[1]).next()?;
    Some(Span::new(at.source, start..start + token.len()))
}

/// The index of the bracket that is open at the end of these tokens.
fn opening(tokens: &[(usize, &str)]) -> Option<usize> {
    let mut depth = 0_usize;
    let found = tokens.iter().enumerate().rev().find(|(_, (_, token))| {
        match *token {
            ")" | "}" | ">" => depth += 1,
            "(" | "{" | "<" if depth == 0 => return true,
            "(" | "{" | "<" => depth -= 1,
            _ => {}
        }
        false
    });
    found.map(|(index, _)| index)
}

/// Explains a missing `;` or `,`, which wit-parser notices only at what follows.
fn missing(text: &str, at: Span, message: &str) -> Option<Related> {
    let (expected, found) = message.strip_prefix("expected `")?.split_once("`, found ")?;
    let end = end_before(text, at.start)?;
    let mark = match expected {
        ";" => "`;`",
        "{" if ends_package(text, end) => "`;`",
        "}" => "`,` or `}`",
        ")" if are_parameters(text, at) => "`,` or `)`",
        _ => return None,
    };
    // On one line the cause may be another: a `:` is missing in `import f func();`.
    let is_apart = text.get(end..at.start)?.contains('\n');
    if !is_apart && expected != "{" {
        return Some(Related {
            message: Some(format!("expected {mark}, found {found}")),
            ..Related::default()
        });
    }
    Some(Related {
        message: Some(format!("there is no {mark}")),
        shown: Some(Span::new(at.source, end..end)),
        label: Some(match expected {
            "}" | ")" => "expected after this entry",
            _ => "expected at the end of this statement",
        }),
        ..Related::default()
    })
}

/// Whether a `package` line ends here.
fn ends_package(text: &str, end: usize) -> bool {
    let is_header = |item: &Item| item.word == "package" && item.items.is_empty() && item.range.end == end;
    let items = outline(text);
    items.first().is_some_and(is_header)
}

/// Whether `at` is among the parameters of a function.
fn are_parameters(text: &str, at: Span) -> bool {
    let tokens = tokens(text);
    let here = tokens.partition_point(|(start, _)| *start < at.start);
    let before = opening(&tokens[..here]).and_then(|opening| tokens.get(opening.checked_sub(1)?));
    before.is_some_and(|(_, word)| ["func", "constructor"].contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_wit_has_them() {
        for (name, meant) in [
            ("myRecord", Some("my-record")),
            ("my_rec", Some("my-rec")),
            ("Foo", Some("foo")),
            ("List", Some("list")),
            ("HTTPServer", Some("http-server")),
            ("_x", Some("x")),
            ("a--b-", Some("a-b")),
            ("utf8Text", Some("utf8-text")),
            ("my-Foo", Some("my-foo")),
            ("-", None),
            ("_1", None),
            ("gr\u{f6}sse", None),
        ] {
            assert_eq!(kebab(name).as_deref(), meant, "{name}");
        }
    }
}
