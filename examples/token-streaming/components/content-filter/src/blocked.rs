//! Which tokens are blocked.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentFilter {
    blocked: Vec<String>,
}

impl ContentFilter {
    /// Whether a token is none of the blocked words.
    pub fn passes(&self, token: &str) -> bool {
        let word = token.trim();
        !self.blocked.iter().any(|blocked| blocked.eq_ignore_ascii_case(word))
    }
}
