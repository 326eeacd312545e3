//! Words common to all messages: enums of words, counted nouns, sizes, similar names, and paths in commands.

use std::borrow::Cow;
use std::fmt::Display;

/// An enum whose variants are words of the manifest and of output: each is stated once, in the order in which they are
/// documented.
///
/// The enum gets `ALL`, `WORDS`, `as_str`, `parse` and `variant`.
#[macro_export]
macro_rules! words {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident {
        $($(#[$doc:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word of each.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }

            /// The one with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }

            /// The name of the variant, for code that is generated.
            #[must_use]
            pub const fn variant(self) -> &'static str {
                match self {
                    $($name::$variant => stringify!($variant),)+
                }
            }
        }
    };
}

/// `1 error`, `2 errors`, `0 retries`.
pub fn count(number: impl Display, noun: &str) -> String {
    let number = number.to_string();
    if number == "1" {
        return format!("1 {noun}");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{number} {stem}ies"),
        Some(_) | None => format!("{number} {noun}s"),
    }
}

/// A path quoted for use in a suggested command: the shell takes it as one argument, and the command does not take it
/// as an option.
#[must_use]
pub fn shell_path(path: &str) -> Cow<'_, str> {
    let path: Cow<'_, str> = match path.starts_with('-') {
        true => format!("./{path}").into(),
        false => path.into(),
    };
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''")).into()
}

/// `812 B`, `11.2 KiB`, `4.1 MiB`.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.1} {}", UNITS[unit])
}

/// The known word most similar to `word`, if it is similar enough to suggest.
#[must_use]
pub fn nearest<'a, S: AsRef<str>>(word: &str, known: &'a [S]) -> Option<&'a str> {
    let letters = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    let sought = letters(word);
    let known = known.iter().map(|known| {
        let letters = letters(known.as_ref());
        (distance(&sought, &letters), letters.len(), known.as_ref())
    });
    let (distance, length, nearest) = known.min_by_key(|(distance, ..)| *distance)?;
    let length = length.max(sought.len());
    (distance <= (length / 3).max(1) && distance < length).then_some(nearest)
}

/// Edit distance between two words: insertions, deletions, substitutions and swaps of neighbours.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut now = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            let mut least = changed.min(last[column + 1] + 1).min(now[column] + 1);
            if row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other {
                least = least.min(before[column - 1] + 1);
            }
            now.push(least);
        }
        before = std::mem::replace(&mut last, now);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_path_for_one_word() {
        for (path, word) in [
            ("a/b-c_1.wasm", "a/b-c_1.wasm"),
            ("my folder/app", "'my folder/app'"),
            ("it's", r"'it'\''s'"),
            ("$HOME/`x`", "'$HOME/`x`'"),
            ("-o", "./-o"),
            ("~/x", "'~/x'"),
            ("", "''"),
            ("caf\u{e9}", "caf\u{e9}"),
        ] {
            assert_eq!(shell_path(path), word);
        }
    }

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["limit", "timeout", "log-level", "input"];
        for (word, near) in [
            ("lmit", Some("limit")),
            ("ilmit", Some("limit")),
            ("Limits", Some("limit")),
            ("log_level", Some("log-level")),
            ("ouput", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, &known), near, "{word}");
        }
        assert_eq!(nearest("x", &["y"]), None);
        assert_eq!(nearest("x", &[] as &[&str]), None);
    }

    #[test]
    fn one_of_a_kind_is_singular() {
        for (number, noun, text) in [
            (0_u64, "error", "0 errors"),
            (1, "error", "1 error"),
            (2, "error", "2 errors"),
            (1, "retry", "1 retry"),
            (3, "retry", "3 retries"),
            (1, "copy", "1 copy"),
            (2, "copy", "2 copies"),
            (2, "key", "2 keys"),
            (11, "element", "11 elements"),
        ] {
            assert_eq!(count(number, noun), text);
        }
    }
}
