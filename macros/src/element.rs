//! Input elements. Everything here is lent by the runtime for the duration of one call.

use std::cell::OnceCell;
use std::time::Duration;

use crate::bindings::torvyn::streaming::types::{Buffer, FlowContext, StreamElement};
use crate::error::Error;
use crate::memory::{self, Kept};

thread_local! {
    /// The memory for payloads that are read.
    static CONTENTS: Kept = const { Kept::new() };
}

/// An input element.
#[derive(Debug)]
pub struct Element<'a> {
    raw: StreamElement<'a>,
    contents: &'a OnceCell<Vec<u8>>,
}

impl Element<'_> {
    /// Lends an element for one call.
    pub(crate) fn lend<R>(raw: StreamElement<'_>, call: impl FnOnce(&Element<'_>) -> R) -> R {
        let contents = OnceCell::new();
        let element = Element {
            raw,
            contents: &contents,
        };
        let result = call(&element);
        memory::keep_content_type(element.raw.meta.content_type);
        if let Some(contents) = contents.into_inner() {
            CONTENTS.with(|kept| kept.keep(contents));
        }
        result
    }
}

impl<'a> Element<'a> {
    /// Position in the flow, counted from 0.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.raw.meta.sequence
    }

    /// Time at which the source emitted the element, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn timestamp_ns(&self) -> u64 {
        self.raw.meta.timestamp_ns
    }

    /// Content type of the payload, such as `application/json`; possibly empty.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.raw.meta.content_type
    }

    /// The contents, still in host memory.
    #[must_use]
    pub fn payload(&self) -> Payload<'a> {
        Payload {
            raw: self.raw.payload,
            contents: self.contents,
        }
    }

    /// Context of the flow that the element belongs to.
    #[must_use]
    pub fn context(&self) -> Context<'a> {
        Context { raw: self.raw.context }
    }
}

/// The contents of an element, in host memory until they are read.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    raw: &'a Buffer,
    /// What was read in this call.
    contents: &'a OnceCell<Vec<u8>>,
}

impl<'a> Payload<'a> {
    /// Length in bytes. Copies nothing.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.raw.size()
    }

    /// Content type set by the maker of the buffer; possibly empty.
    #[must_use]
    pub fn content_type(&self) -> String {
        self.raw.content_type()
    }

    /// Copies up to `len` bytes starting at `offset`; fewer, possibly none, where the contents end earlier.
    #[must_use]
    pub fn read(&self, offset: u64, len: u64) -> Vec<u8> {
        self.raw.read(offset, len)
    }

    /// All contents. The first time in a call, copies them to memory that the next call uses again.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.contents
            .get_or_init(|| memory::read_all(self.raw, CONTENTS.with(Kept::take)))
    }

    /// All contents as text; copied as by [`bytes`](Self::bytes).
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when they are not UTF-8.
    pub fn text(&self) -> Result<&'a str, Error> {
        str::from_utf8(self.bytes()).map_err(|error| Error::InvalidInput(format!("payload is not UTF-8: {error}")))
    }

    pub(crate) fn raw(&self) -> &Buffer {
        self.raw
    }
}

/// The context of a flow, as far as components may know it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    raw: &'a FlowContext,
}

impl Context<'_> {
    /// W3C trace id, 32 hexadecimal digits; empty when tracing is off.
    #[must_use]
    pub fn trace_id(&self) -> String {
        self.raw.trace_id()
    }

    /// Id of the current span, 16 hexadecimal digits; empty when tracing is off.
    #[must_use]
    pub fn span_id(&self) -> String {
        self.raw.span_id()
    }

    /// Time until the flow's deadline; `None` when it has none.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match self.raw.deadline_ns() {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }

    /// Identifier of the flow; opaque.
    #[must_use]
    pub fn flow_id(&self) -> String {
        self.raw.flow_id()
    }
}
