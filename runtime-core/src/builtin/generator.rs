//! `builtin:generator`: `Hello, Torvyn! (1)`, `(2)`, and so on, for ever or `count` times.

use std::convert::Infallible;

use serde_json::Value;

use super::{config, payload, text_key};
use crate::builtin_table;
use crate::context::RunContext;
use crate::replica::Shared;
use crate::stage::{Called, Pulled, Source, Stage};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Source of numbered greetings. Configuration: `{"count": N, "message": "…"}`, both optional. Each number is emitted
/// by one replica of a flow; by every replica where these divide the ports of a router.
#[derive(Default)]
pub struct Generator {
    message: Option<String>,
    count: Option<u64>,
    /// Last number emitted by any replica; `None` where numbers are not divided.
    shared: Option<Arc<AtomicU64>>,
    /// Last number emitted by this source, where numbers are not divided.
    last: u64,
    /// Position of its node.
    node: usize,
}

impl Generator {
    /// The number of the next greeting; `None` after the last one.
    fn next_number(&mut self) -> Option<u64> {
        let number = match &self.shared {
            Some(last) => last.fetch_add(1, Ordering::Relaxed) + 1,
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
    fn init(&mut self, cx: &mut RunContext, text: &str) -> Called<()> {
        self.node = cx.preparing_at;
        let config = config(text, builtin_table::GENERATOR)?;
        self.message = text_key(&config, "message");
        self.count = config.get("count").and_then(Value::as_u64);
        Ok(())
    }

    fn teardown(&mut self, _: &mut RunContext) -> Called<()> {
        Ok(())
    }
}

impl Source for Generator {
    fn share(&mut self, shared: Arc<Shared>) {
        let Ok(last) = shared.part("numbers", |_| Ok::<_, Infallible>(AtomicU64::new(0)));
        self.shared = Some(last);
    }

    fn pull(&mut self, cx: &mut RunContext) -> Called<Pulled> {
        let Some(number) = self.next_number() else {
            return Ok(Pulled::Exhausted);
        };
        let message = self.message.as_deref().unwrap_or("Hello, Torvyn!");
        let text = format!("{message} ({number})");
        payload(cx, self.node, text.as_bytes()).map(Pulled::Element)
    }
}
