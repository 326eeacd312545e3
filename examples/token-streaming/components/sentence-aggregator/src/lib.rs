//! Gathers tokens into sentences. A token that ends with `.`, `!` or `?` ends a sentence; what is left when no further
//! token comes is one too.

mod sentence;

use sentence::Sentence;
use torvyn::{Aggregator, Element, Error, Output};

#[derive(Default)]
struct SentenceAggregator {
    sentence: Sentence,
}

#[torvyn::component]
impl Aggregator for SentenceAggregator {
    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        let sentence = self.sentence.push(element.payload().text()?);
        sentence.map(|sentence| Output::text(&sentence)).transpose()
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        let rest = self.sentence.finish();
        rest.iter().map(|sentence| Output::text(sentence)).collect()
    }
}
