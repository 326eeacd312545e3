//! Does what its script says: `o` lets the element pass, `x` does not.

use script::Script;
use torvyn::{Element, Error, Filter, Lifecycle};

struct ScriptedFilter {
    script: Script,
}

impl Lifecycle for ScriptedFilter {
    fn init(config: &str) -> Result<Self, Error> {
        let script = Script::init(config, "ox")?;
        Ok(ScriptedFilter { script })
    }
}

impl Filter for ScriptedFilter {
    fn evaluate(&mut self, _element: &Element<'_>) -> Result<bool, Error> {
        Ok(self.script.act()? == 'o')
    }
}

torvyn::export!(ScriptedFilter: filter);
