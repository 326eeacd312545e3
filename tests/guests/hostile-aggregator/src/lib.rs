//! Breaks the rules of results in the way its config names: `"flush-twice"`, `{"flush-many": {"count": 1000}}`.
//! `ingest` never has a result.

use std::cell::Cell;

use serde::Deserialize;

wit_bindgen::generate!({
    world: "torvyn:aggregation/stream-aggregator",
    path: ["../../../wit/torvyn-streaming", "../../../wit/torvyn-aggregation"],
    generate_all,
});

use exports::torvyn::aggregation::aggregator;
use exports::torvyn::streaming::lifecycle;
use torvyn::streaming::buffer_allocator::allocate;
use torvyn::streaming::types::{Buffer, BufferError, ElementMeta, OutputElement, ProcessError, StreamElement};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Misdeed {
    /// `flush` returns that many results, the texts `0`, `1`, …
    FlushMany { count: u64 },
    /// `flush` returns one buffer twice.
    FlushTwice,
    /// `flush` returns the buffer that was lent to the last `ingest`.
    FlushLent,
    /// `ingest` allocates, and returns nothing.
    LeakBuffers { count: u64, size: u64 },
    /// `ingest` keeps the buffer that is only lent to it.
    KeepBorrow,
}

thread_local! {
    static MISDEED: Cell<Option<Misdeed>> = const { Cell::new(None) };
    static LENT: Cell<u32> = const { Cell::new(0) };
}

struct Hostile;

impl lifecycle::Guest for Hostile {
    fn init(config: String) -> Result<(), ProcessError> {
        let misdeed = serde_json::from_str(&config).map_err(|error| ProcessError::InvalidInput(error.to_string()))?;
        MISDEED.set(Some(misdeed));
        Ok(())
    }

    fn teardown() {}
}

impl aggregator::Guest for Hostile {
    fn ingest(element: StreamElement) -> Result<Option<OutputElement>, ProcessError> {
        LENT.set(element.payload.handle());
        match misdeed() {
            Misdeed::FlushMany { .. } | Misdeed::FlushTwice | Misdeed::FlushLent => {}
            Misdeed::LeakBuffers { count, size } => {
                for _ in 0..count {
                    std::mem::forget(allocate(size).map_err(internal)?);
                }
            }
            Misdeed::KeepBorrow => _ = element.payload.take_handle(),
        }
        Ok(None)
    }

    fn flush() -> Result<Vec<OutputElement>, ProcessError> {
        match misdeed() {
            Misdeed::FlushMany { count } => (0..count).map(|number| text(&number.to_string())).collect(),
            Misdeed::FlushTwice => {
                let first = text("twice")?;
                let again = forged(first.payload.handle());
                Ok(vec![first, again])
            }
            Misdeed::FlushLent => Ok(vec![forged(LENT.get())]),
            Misdeed::LeakBuffers { .. } | Misdeed::KeepBorrow => Ok(Vec::new()),
        }
    }
}

fn misdeed() -> Misdeed {
    MISDEED.get().expect("`init` was called")
}

fn text(text: &str) -> Result<OutputElement, ProcessError> {
    let buffer = allocate(text.len() as u64).map_err(internal)?;
    buffer.append(text.as_bytes()).map_err(internal)?;
    Ok(element(buffer.freeze()))
}

fn forged(handle: u32) -> OutputElement {
    // SAFETY: none is needed for soundness: the host checks every handle, and this guest tests that it does.
    element(unsafe { Buffer::from_handle(handle) })
}

fn element(payload: Buffer) -> OutputElement {
    let meta = ElementMeta {
        sequence: 0,
        timestamp_ns: 0,
        content_type: String::new(),
    };
    OutputElement { meta, payload }
}

fn internal(error: BufferError) -> ProcessError {
    ProcessError::Internal(format!("{error:?}"))
}

export!(Hostile);
