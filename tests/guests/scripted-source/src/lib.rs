//! Does what its script says: `o` emits the text `NAME:K`, K being the number of elements that the instance emitted
//! before; `e` ends. With `"count": N` it ends after N elements, whatever the script says.

use script::Script;
use torvyn::{Error, Output, Source};

struct ScriptedSource {
    script: Script,
    emitted: u64,
}

#[torvyn::component]
impl Source for ScriptedSource {
    fn init(config: String) -> Result<Self, Error> {
        Ok(ScriptedSource {
            script: Script::init(&config, "oe")?,
            emitted: 0,
        })
    }

    fn pull(&mut self) -> Result<Option<Output>, Error> {
        let ended = self.script.count != 0 && self.emitted == self.script.count;
        if ended || self.script.act()? == 'e' {
            return Ok(None);
        }
        let text = format!("{}:{}", self.script.name, self.emitted);
        self.emitted += 1;
        Output::text(&text).map(Some)
    }
}
