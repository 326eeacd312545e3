//! Guesses what a misspelt word was meant to be.

/// The known word nearest to `word`, when it is near enough to be worth naming.
#[must_use]
pub fn suggest<S: AsRef<str>>(word: &str, known: &[S]) -> Option<String> {
    let lowered = word.to_lowercase();
    let distance = |candidate: &&S| strsim::damerau_levenshtein(&lowered, &candidate.as_ref().to_lowercase());
    let nearest = known.iter().min_by_key(distance)?;
    let length = word.chars().count().max(nearest.as_ref().chars().count());
    let near = distance(&nearest) <= (length / 3).max(1) && distance(&nearest) < length;
    near.then(|| nearest.as_ref().to_owned())
}

/// `what: `a`, `b``, or `what: none`.
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
