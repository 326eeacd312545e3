//! `builtin:generator`: `Hello, Torvyn! (1)`, `(2)`, and so on, for ever or `count` times.

use serde_json::Value;

use super::{bad_config, config, payload, text_key};
use crate::context::RunContext;
use crate::error::Cause;
use crate::host::CopyStats;
use crate::stage::{Called, Pulled, Source, Stage};

/// Source of numbered greetings. Configuration: `{"count": N, "message": "…"}`, both optional.
#[derive(Debug, Default)]
pub struct Generator {
    message: Option<String>,
    count: Option<u64>,
    emitted: u64,
    copies: CopyStats,
}

impl Stage for Generator {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        let config = config(text, &["count", "message"])?;
        self.message = text_key(&config, "message")?;
        self.count = match config.get("count") {
            None => None,
            Some(Value::Number(count)) if count.is_u64() => count.as_u64(),
            Some(other) => return Err(bad_config(format!("has `count = {other}`, which is not a count"))),
        };
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        Ok(())
    }

    fn copies(&self) -> CopyStats {
        self.copies
    }
}

impl Source for Generator {
    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        if self.count == Some(self.emitted) {
            return Ok(Pulled::Exhausted);
        }
        self.emitted += 1;
        let text = format!(
            "{} ({})",
            self.message.as_deref().unwrap_or("Hello, Torvyn!"),
            self.emitted
        );
        let made = payload(cx, &mut self.copies, text.as_bytes());
        made.map(Pulled::Element).map_err(Cause::Endpoint)
    }
}
