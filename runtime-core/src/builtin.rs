//! Nodes that are part of the runtime: the ends of a flow.

use serde_json::{Map, Value};

use crate::buffer::BufferError;
use crate::context::RunContext;
use crate::error::Cause;
use crate::host::CopyStats;
use crate::setting::{self, Mistake, Setting};
use crate::stage::{Called, Payload};

mod common;
mod console;
mod file;
mod generator;
mod lines;

pub use common::Common;
pub use console::Console;
pub use file::File;
pub use generator::Generator;
pub use lines::Lines;

/// Content type of text.
const TEXT: &str = "text/plain";

/// The configuration of a built-in that takes these keys.
fn config(text: &str, settings: &'static [Setting]) -> Called<Map<String, Value>> {
    setting::read(text, settings).map_err(|mistakes| {
        let what: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
        Cause::Endpoint(format!("its `config` {}", what.join("; ")))
    })
}

/// A string in the configuration.
fn text_key(config: &Map<String, Value>, key: &str) -> Option<String> {
    config.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Puts bytes into a new buffer, and counts the copy. In words why that is not possible.
fn payload(cx: &mut RunContext, copies: &mut CopyStats, bytes: &[u8]) -> Result<Payload, String> {
    let pool = cx.pool();
    let filled = pool.allocate(bytes.len() as u64).and_then(|draft| {
        pool.append(draft, bytes)?;
        pool.set_content_type(draft, TEXT)?;
        let buffer = pool.freeze(draft)?;
        pool.take_over(buffer)?;
        let content_type = pool.content_type(buffer)?;
        Ok(Payload { buffer, content_type })
    });
    copies.host_serialize.add(bytes.len());
    filled.map_err(|error| {
        let size = bytes.len();
        match error {
            BufferError::TooLarge(limit) => {
                format!("an element of {size} bytes is larger than a buffer ({limit} bytes)")
            }
            BufferError::Exhausted => format!("no buffer of {size} bytes is left"),
            BufferError::Stale
            | BufferError::Borrowed
            | BufferError::NotOwner
            | BufferError::OverBudget(_)
            | BufferError::CapacityExceeded
            | BufferError::OutOfBounds
            | BufferError::ContentType => format!("a buffer of {size} bytes could not be filled: {error:?}"),
        }
    })
}
