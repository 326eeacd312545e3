//! Lets no blocked word pass: `{"blocked": ["word", …]}` in the node's config; upper and lower case are the same.
//!
//! It reads each token, and makes no buffer: what passes is the source's own.

use serde::Deserialize;
use torvyn::{Element, Error, Filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentFilter {
    blocked: Vec<String>,
}

#[torvyn::component]
impl Filter for ContentFilter {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        let token = element.payload().text()?;
        let word = token.trim();
        Ok(!self.blocked.iter().any(|blocked| blocked.eq_ignore_ascii_case(word)))
    }
}
