//! Lets no blocked word pass: `{"blocked": ["word", …]}` in the node's config; upper and lower case are the same.
//!
//! It reads each token, and makes no buffer: what passes is the source's own.

mod blocked;

use blocked::ContentFilter;
use torvyn::{Element, Error, Filter};

#[torvyn::component]
impl Filter for ContentFilter {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        let token = element.payload().text()?;
        Ok(self.passes(&token))
    }
}
