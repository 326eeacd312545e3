//! Words that are the same in everything that is told to people: counted nouns, and paths in commands.

use std::borrow::Cow;
use std::fmt::Display;

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

/// A path as a word of a command that is suggested: a shell takes it for one argument, and for none of its options.
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
