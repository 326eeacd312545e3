//! Joins the texts of every `size` elements: `{"size": 3}`. `flush` returns the rest, if there is one.

use serde::Deserialize;
use torvyn::{Aggregator, Element, Error, Output};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoiningAggregator {
    size: usize,
    #[serde(skip)]
    texts: Vec<String>,
}

#[torvyn::component]
impl Aggregator for JoiningAggregator {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        self.texts.push(element.payload().text()?.to_owned());
        if self.texts.len() < self.size {
            return Ok(None);
        }
        self.joined().map(Some)
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        if self.texts.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![self.joined()?])
    }
}

impl JoiningAggregator {
    fn joined(&mut self) -> Result<Output, Error> {
        Output::text(&std::mem::take(&mut self.texts).join("+"))
    }
}
