//! Suggestions for misspelt words.

use torvyn_runtime_core::words::nearest;

/// The known word most similar to `word`, if it is similar enough to suggest.
#[must_use]
pub fn suggest<S: AsRef<str>>(word: &str, known: &[S]) -> Option<String> {
    nearest(word, known).map(str::to_owned)
}

/// Lists names: `what: `a`, `b``, or `what: none`.
#[must_use]
pub fn listed<S: AsRef<str>>(what: &str, names: &[S]) -> String {
    if names.is_empty() {
        return format!("{what}: none");
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    format!("{what}: {}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["name", "version", "contract_version"];
        assert_eq!(suggest("nmae", &known).as_deref(), Some("name"));
        assert_eq!(suggest("Version", &known).as_deref(), Some("version"));
        assert_eq!(suggest("contract-version", &known).as_deref(), Some("contract_version"));
        assert_eq!(suggest("colour", &known), None);
        assert_eq!(suggest("x", &["y"]), None);
        assert_eq!(suggest("x", &[] as &[&str]), None);
    }
}
