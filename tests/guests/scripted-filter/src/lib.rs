//! Does what its script says: `o` lets the element pass, `x` does not.

use script::Script;
use torvyn::{Element, Error, Filter};

struct ScriptedFilter {
    script: Script,
}

#[torvyn::component]
impl Filter for ScriptedFilter {
    fn init(config: String) -> Result<Self, Error> {
        let script = Script::init(&config, "ox")?;
        Ok(ScriptedFilter { script })
    }

    fn evaluate(&mut self, _element: &Element<'_>) -> Result<bool, Error> {
        Ok(self.script.act()? == 'o')
    }
}
