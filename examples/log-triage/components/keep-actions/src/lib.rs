//! Keeps the records of some actions: `{"actions": ["install", "upgrade"]}` in the node's config.

mod actions;

use actions::KeepActions;
use torvyn::{Element, Error, Filter};

#[torvyn::component]
impl Filter for KeepActions {
    fn init(config: Self) -> Result<Self, Error> {
        Ok(config)
    }

    fn evaluate(&mut self, element: &Element<'_>) -> Result<bool, Error> {
        self.keeps(element.payload().text()?).map_err(Error::invalid_input)
    }
}
