//! Foreign text in messages: names, source lines, messages of components. Characters that would control a terminal, or
//! disguise the order of others, are shown as symbols.

use std::borrow::Cow;

/// The symbol for a character that must not reach a terminal; `None` for others, which include line feeds and tabs.
#[must_use]
pub fn shown(c: char) -> Option<char> {
    match c {
        '\n' | '\t' => None,
        // Each ASCII control character has a picture.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('\u{2421}'),
        // Control characters of eight bits, and marks that change the direction of writing.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => Some('\u{fffd}'),
        _ => None,
    }
}

/// A text made safe for a message of several lines.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    if text.chars().any(|c| shown(c).is_some()) {
        text.chars().map(|c| shown(c).unwrap_or(c)).collect()
    } else {
        Cow::Borrowed(text)
    }
}

/// A text made safe for one line: line feeds become symbols too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    match lines(text) {
        text if text.contains('\n') => Cow::Owned(text.replace('\n', "\u{240a}")),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(lines("a\u{1b}[31mb\r\u{7}\u{7f}\n\tc"), "a␛[31mb␍␇␡\n\tc");
        assert_eq!(lines("a\u{9b}31m\u{202e}b"), "a\u{fffd}31m\u{fffd}b");
        assert_eq!(line("a\nb"), "a␊b");
        for plain in ["", "ä → ✓", "tab\tand\nline"] {
            assert!(matches!(lines(plain), Cow::Borrowed(same) if same == plain));
        }
    }
}
