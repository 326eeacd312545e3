//! Adds `country` and `city` of the event's `ip`. The table comes with the node's config:
//! `{"locations": {"192.0.2.10": {"country": "DE", "city": "Berlin"}, …}}`. It is read once, in `init`.

mod locations;

use locations::GeoEnricher;
use torvyn::{Element, Error, Output, Processor};

#[torvyn::component]
impl Processor for GeoEnricher {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let event = self.enrich(input.payload().text()?).map_err(Error::invalid_input)?;
        Output::serialize(&event).map(Some)
    }
}
