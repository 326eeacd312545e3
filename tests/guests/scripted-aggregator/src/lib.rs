//! Does what its script says: `o` keeps the input's text; `e` does so too and emits all texts kept since the last
//! result, joined by `+`. `flush` has `"flush": N` results, the texts `NAME!0`, `NAME!1`, …; without that key one if
//! there are texts kept, else none.

use script::Script;
use torvyn::{Aggregator, Element, Error, Output};

struct ScriptedAggregator {
    script: Script,
    kept: Vec<String>,
}

#[torvyn::component]
impl Aggregator for ScriptedAggregator {
    fn init(config: String) -> Result<Self, Error> {
        Ok(ScriptedAggregator {
            script: Script::init(&config, "oe")?,
            kept: Vec::new(),
        })
    }

    fn ingest(&mut self, element: &Element<'_>) -> Result<Option<Output>, Error> {
        let action = self.script.act()?;
        self.kept.push(element.payload().text()?.to_owned());
        if action == 'o' {
            return Ok(None);
        }
        let joined = self.kept.join("+");
        self.kept.clear();
        Output::text(&joined).map(Some)
    }

    fn flush(&mut self) -> Result<Vec<Output>, Error> {
        let left = u64::from(!self.kept.is_empty());
        let results = 0..self.script.flush.unwrap_or(left);
        results
            .map(|number| Output::text(&format!("{}!{number}", self.script.name)))
            .collect()
    }
}
