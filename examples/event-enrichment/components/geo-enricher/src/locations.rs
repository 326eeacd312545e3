//! The places of addresses.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeoEnricher {
    locations: HashMap<String, Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Location {
    country: String,
    city: String,
}

impl GeoEnricher {
    /// The event, which is JSON, with its place.
    pub fn enrich(&self, event: &str) -> serde_json::Result<Map<String, Value>> {
        let mut event: Map<String, Value> = serde_json::from_str(event)?;
        let address = event.get("ip").and_then(Value::as_str).unwrap_or_default();
        let (country, city) = match self.locations.get(address) {
            Some(location) => (location.country.as_str(), location.city.as_str()),
            None => ("unknown", "unknown"),
        };
        event.insert("country".to_owned(), country.into());
        event.insert("city".to_owned(), city.into());
        Ok(event)
    }
}
