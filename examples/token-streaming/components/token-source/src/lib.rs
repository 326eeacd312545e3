//! Produces tokens one by one, as a language model does that decodes. The model is simulated: its answer is fixed.

use torvyn::{Error, Output, Source};

const TOKENS: [&str; 20] = [
    "The",
    " quick",
    " brown",
    " fox",
    " jumped",
    " over",
    " the",
    " lazy",
    " dog",
    ".",
    " The",
    " blocked_word",
    " was",
    " filtered",
    ".",
    " Torvyn",
    " handles",
    " streaming",
    " tokens",
    ".",
];

struct TokenSource {
    tokens: std::slice::Iter<'static, &'static str>,
}

#[torvyn::component]
impl Source for TokenSource {
    fn init(_: ()) -> Result<Self, Error> {
        Ok(TokenSource { tokens: TOKENS.iter() })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        let token = self.tokens.next();
        token
            .map(|token| Output::bytes("text/plain; charset=utf-8", token.as_bytes()))
            .transpose()
    }
}
