//! Nodes that are part of the runtime: the ends of a flow.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::context::RunContext;
use crate::error::Cause;
use crate::setting::{self, Mistake, Setting};
use crate::stage::{Called, Payload};

mod console;
mod file;
mod generator;
mod held;
mod lines;
mod opened;
mod output;
mod place;

pub use console::Console;
pub use file::File;
pub use generator::Generator;
pub use lines::Lines;
pub(crate) use opened::{report_is_claimed, reported};

/// Parses the configuration of a built-in that has the keys `settings`.
///
/// # Errors
/// [`Cause::Endpoint`], with everything that is wrong with it.
fn config(text: &str, settings: &'static [Setting]) -> Called<Map<String, Value>> {
    setting::read(text, settings).map_err(|mistakes| {
        let what: Vec<_> = mistakes.iter().map(Mistake::to_string).collect();
        Cause::Endpoint(format!("its `config` {}", what.join("; ")))
    })
}

/// The string at a key of the configuration; `None` without that key.
fn text_key(config: &Map<String, Value>, key: &str) -> Option<String> {
    config.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The path in the configuration; `None` without the key.
fn path_key(config: &Map<String, Value>) -> Option<PathBuf> {
    text_key(config, "path").map(PathBuf::from)
}

/// Longest time for which lines may be held before they are written.
fn flush_key(config: &Map<String, Value>) -> Duration {
    let ms = config.get("flush_ms").and_then(Value::as_u64);
    Duration::from_millis(ms.unwrap_or(setting::FLUSH_MS))
}

/// Whether `path` is a named pipe: opening one blocks until its other end is opened too.
fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Implements the role of a sink that writes lines to its `output`.
macro_rules! is_written {
    () => {
        fn is_open(&mut self) -> Called<bool> {
            self.output.as_ref().map_or(Ok(true), |output| output.is_open())
        }

        fn push(&mut self, cx: &mut RunContext, input: Element) -> Called<Taken> {
            let bytes = cx.pool().contents(input.payload);
            let bytes = bytes.expect("invariant: a queued element holds its buffer");
            let output = self.output.as_ref().expect("invariant: elements follow `init`");
            Ok(output.push(bytes, input.sequence))
        }

        fn has_room(&mut self) -> bool {
            self.output.as_ref().is_none_or(|output| output.has_room())
        }

        fn flush(&mut self) {
            if let Some(output) = &self.output {
                output.flush();
            }
        }

        fn confirm(&mut self) -> Confirmed {
            self.output
                .as_ref()
                .map(|output| output.confirm())
                .unwrap_or_default()
        }

        fn withdraw(&mut self) -> u64 {
            self.output.as_ref().map_or(0, |output| output.withdraw())
        }

        fn complete(&mut self, _: &mut RunContext) -> Called<()> {
            self.output.as_ref().map_or(Ok(()), |output| output.complete())
        }
    };
}
use is_written;

/// Copies text to a new buffer and counts the copy.
fn payload(cx: &mut RunContext, node: usize, bytes: &[u8]) -> Called<Payload> {
    let pool = cx.pool();
    let made = pool.content_types.text().and_then(|content_type| {
        let buffer = pool.make(bytes, content_type)?;
        Ok(Payload { buffer, content_type })
    });
    match made {
        Ok(payload) => {
            pool.count_made(node, bytes.len());
            Ok(payload)
        }
        Err(error) => Err(Cause::NoBuffer {
            refusal: Box::new(pool.refuse(error, bytes.len() as u64)),
            said: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Pressure;
    use crate::context::tests::context;

    #[test]
    fn a_copy_that_was_not_made_is_not_counted() {
        let mut cx = context(None, Pressure::default());
        let refused = payload(&mut cx, 0, &vec![0; 2 << 20]);
        assert!(matches!(refused, Err(Cause::NoBuffer { .. })), "{refused:?}");
        let made = |cx: &mut RunContext| {
            let copies = cx.pool().copies(0).host_serialize;
            (copies.count, copies.bytes)
        };
        assert_eq!(made(&mut cx), (0, 0));
        assert!(payload(&mut cx, 0, b"made").is_ok());
        assert_eq!(made(&mut cx), (1, 4));
    }
}
