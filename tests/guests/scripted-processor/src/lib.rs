//! Does what its script says: `o` emits the input with `.NAME` behind it, `b` emits 2000 bytes of `B`, both as
//! `text/x-NAME`; `x` drops.

use script::Script;
use torvyn::{Element, Error, Output, Processor};

struct ScriptedProcessor {
    script: Script,
}

#[torvyn::component]
impl Processor for ScriptedProcessor {
    fn init(config: String) -> Result<Self, Error> {
        let script = Script::init(&config, "obx")?;
        Ok(ScriptedProcessor { script })
    }

    fn process(&mut self, input: &Element<'_>) -> Result<Option<Output>, Error> {
        let payload = match self.script.act()? {
            'x' => return Ok(None),
            'b' => vec![b'B'; 2000],
            _ => [input.payload().bytes(), format!(".{}", self.script.name).as_bytes()].concat(),
        };
        Output::bytes(&format!("text/x-{}", self.script.name), &payload).map(Some)
    }
}
