//! Adds `country` and `city` of the event's `ip`. The table comes with the node's config:
//! `{"locations": {"192.0.2.10": {"country": "DE", "city": "Berlin"}, …}}`. It is read once, in `init`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use torvyn::{Element, Error, Output, Processor};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GeoEnricher {
    locations: HashMap<String, Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Location {
    country: String,
    city: String,
}

#[torvyn::component]
impl Processor for GeoEnricher {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let mut event: Map<String, Value> =
            serde_json::from_str(input.payload().text()?).map_err(Error::invalid_input)?;
        let address = event.get("ip").and_then(Value::as_str).unwrap_or_default();
        let (country, city) = match self.locations.get(address) {
            Some(location) => (location.country.as_str(), location.city.as_str()),
            None => ("unknown", "unknown"),
        };
        event.insert("country".to_owned(), country.into());
        event.insert("city".to_owned(), city.into());
        Output::serialize(&event).map(Some)
    }
}
