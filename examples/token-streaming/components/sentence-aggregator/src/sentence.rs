//! A sentence that grows.

#[derive(Default)]
pub struct Sentence {
    text: String,
}

impl Sentence {
    /// Appends a token. Returns the sentence if the token ends it.
    pub fn push(&mut self, token: &str) -> Option<String> {
        self.text.push_str(token);
        match token.trim_end().ends_with(['.', '!', '?']) {
            true => self.finish(),
            false => None,
        }
    }

    /// The sentence so far; `None` when there is nothing of it. The next one begins.
    pub fn finish(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        match text.trim() {
            "" => None,
            sentence => Some(sentence.to_owned()),
        }
    }
}
