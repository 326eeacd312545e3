//! Counted nouns, the same in everything that is told to people.

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

#[cfg(test)]
mod tests {
    use super::*;

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
