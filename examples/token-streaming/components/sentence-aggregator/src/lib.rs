//! Gathers tokens into sentences. A token that ends with `.`, `!` or `?` ends a sentence; what is left when no further
//! token comes is one too.

use torvyn::{Aggregator, Element, Error, Output};

#[derive(Default)]
struct SentenceAggregator {
    sentence: String,
}

#[torvyn::component]
impl Aggregator for SentenceAggregator {
    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        let token = element.payload().text()?;
        self.sentence.push_str(token);
        if token.trim_end().ends_with(['.', '!', '?']) {
            self.finish()
        } else {
            Ok(None)
        }
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        Ok(self.finish()?.into_iter().collect())
    }
}

impl SentenceAggregator {
    /// The sentence so far; `None` when there is nothing of it.
    fn finish(&mut self) -> Result<Option<Output>, Error> {
        let sentence = std::mem::take(&mut self.sentence);
        match sentence.trim() {
            "" => Ok(None),
            sentence => Output::text(sentence).map(Some),
        }
    }
}
