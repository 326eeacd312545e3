//! `builtin:generator`: `Hello, Torvyn! (1)`, `(2)`, and so on, for ever or `count` times.

use std::sync::Arc;

use serde_json::Value;

use super::{Common, config, payload, text_key};
use crate::context::RunContext;
use crate::host::CopyStats;
use crate::setting;
use crate::stage::{Called, Pulled, Source, Stage};

/// Source of numbered greetings. Configuration: `{"count": N, "message": "…"}`, both optional. Each number is emitted by
/// one of the replicas of a flow, unless they share out the ports of a router.
#[derive(Default)]
pub struct Generator {
    message: Option<String>,
    count: Option<u64>,
    /// Where the replicas of the flow share numbers out.
    common: Option<Arc<Common>>,
    /// Last number emitted without them.
    last: u64,
    copies: CopyStats,
}

impl Generator {
    /// The number of the next greeting; `None` behind the last one.
    fn next_number(&mut self) -> Option<u64> {
        let number = match &self.common {
            Some(common) => common.next_number(),
            None => self.last + 1,
        };
        if self.count.is_some_and(|count| number > count) {
            return None;
        }
        self.last = number;
        Some(number)
    }
}

impl Stage for Generator {
    fn init(&mut self, _: &mut RunContext, text: &str) -> Called<()> {
        let config = config(text, setting::GENERATOR)?;
        self.message = text_key(&config, "message");
        self.count = config.get("count").and_then(Value::as_u64);
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
    fn share(&mut self, common: Arc<Common>) {
        self.common = Some(common);
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let Some(number) = self.next_number() else {
            return Ok(Pulled::Exhausted);
        };
        let message = self.message.as_deref().unwrap_or("Hello, Torvyn!");
        let text = format!("{message} ({number})");
        payload(cx, &mut self.copies, text.as_bytes()).map(Pulled::Element)
    }
}
