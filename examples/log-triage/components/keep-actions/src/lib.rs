//! Keeps the records of some actions: `{"actions": ["install", "upgrade"]}` in the node's config.

use serde::Deserialize;
use torvyn::{Element, Error, Filter};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeepActions {
    actions: Vec<String>,
}

/// What the filter needs of a record; the rest is skipped unread.
#[derive(Deserialize)]
struct Record<'a> {
    action: &'a str,
}

#[torvyn::component]
impl Filter for KeepActions {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        let record: Record<'_> = serde_json::from_str(element.payload().text()?).map_err(Error::invalid_input)?;
        Ok(self.actions.iter().any(|action| action == record.action))
    }
}
