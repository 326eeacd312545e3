//! Repeats the texts of the node's config, for ever or as often as its `count` says:
//! `{"texts": ["one", "two"], "content_type": "text/plain"}`.

mod cycle;

use cycle::Texts;
use torvyn::{Error, Output, Source};

#[torvyn::component]
impl Source for Texts {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        self.advance()
            .map(|text| Output::bytes(text.content_type, text.text.as_bytes()))
            .transpose()
    }
}
