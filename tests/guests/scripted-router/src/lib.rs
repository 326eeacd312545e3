//! Does what its script says: `0` no port, `1` and `o` port `a`, `2` port `b`, `3` both, `b` first, `4` port `zzz`,
//! `7` port `a` twice.

use script::Script;
use torvyn::{Element, Error, Route, Router};

struct ScriptedRouter {
    script: Script,
}

#[torvyn::component]
impl Router for ScriptedRouter {
    fn init(config: String) -> Result<Self, Error> {
        let script = Script::init(&config, "o012347")?;
        Ok(ScriptedRouter { script })
    }

    fn route(&mut self, _element: &Element<'_>) -> Result<Route, Error> {
        Ok(match self.script.act()? {
            '0' => Route::nowhere(),
            '2' => Route::to("b"),
            '3' => Route::to("b").and("a"),
            '4' => Route::to("zzz"),
            '7' => Route::to("a").and("a"),
            _ => Route::to("a"),
        })
    }
}
