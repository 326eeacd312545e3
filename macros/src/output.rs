//! Output elements: a buffer is filled, then frozen.

use crate::bindings::torvyn::streaming::buffer_allocator;
use crate::bindings::torvyn::streaming::types::{Buffer, ElementMeta, MutableBuffer, OutputElement};
use crate::element::Payload;
use crate::error::Error;
#[cfg(feature = "json")]
use crate::memory::Kept;

#[cfg(feature = "json")]
thread_local! {
    /// The memory for JSON whose length is not known yet.
    static JSON: Kept = const { Kept::new() };
}

/// An output element. The runtime sets its sequence number and timestamp.
#[derive(Debug)]
pub struct Output {
    payload: Buffer,
}

impl Output {
    /// A copy of `text`, as `text/plain`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the runtime has no buffer for it.
    pub fn text(text: &str) -> Result<Self, Error> {
        Self::bytes("text/plain", text.as_bytes())
    }

    /// A copy of `json`, which the caller promises to be JSON, as `application/json`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the runtime has no buffer for it.
    pub fn json(json: &str) -> Result<Self, Error> {
        Self::bytes("application/json", json.as_bytes())
    }

    /// `value` as JSON, through serde, as `application/json`. Needs the feature `json`, which is on by default.
    ///
    /// Cheaper than a `String` for [`json`](Self::json): the next call uses the memory again.
    ///
    /// # Errors
    /// [`Error::Internal`] when the value can't be JSON, [`Error::Unavailable`] when the runtime has no buffer for it.
    #[cfg(feature = "json")]
    pub fn serialize(value: &(impl serde_core::Serialize + ?Sized)) -> Result<Self, Error> {
        let mut json = JSON.with(Kept::take);
        let output = match serde_json::to_writer(&mut json, value) {
            Ok(()) => Self::bytes("application/json", &json),
            Err(error) => Err(Error::internal(error)),
        };
        JSON.with(|kept| kept.keep(json));
        output
    }

    /// A copy of `bytes`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the runtime has no buffer for it.
    pub fn bytes(content_type: &str, bytes: &[u8]) -> Result<Self, Error> {
        let buffer = OutputBuffer::with_capacity(bytes.len() as u64)?;
        buffer.append(bytes)?;
        buffer.set_content_type(content_type);
        Ok(buffer.finish())
    }
}

impl From<Output> for OutputElement {
    fn from(output: Output) -> Self {
        // The runtime overwrites these; without a content type, the buffer's own applies.
        let meta = ElementMeta {
            sequence: 0,
            timestamp_ns: 0,
            content_type: String::new(),
        };
        OutputElement {
            meta,
            payload: output.payload,
        }
    }
}

/// A buffer under construction, in host memory.
#[derive(Debug)]
pub struct OutputBuffer {
    raw: MutableBuffer,
}

impl OutputBuffer {
    /// An empty buffer of at least `capacity` bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the runtime has no buffer for it.
    pub fn with_capacity(capacity: u64) -> Result<Self, Error> {
        Ok(OutputBuffer {
            raw: buffer_allocator::allocate(capacity)?,
        })
    }

    /// A buffer that starts with a copy of `payload`, made in the host.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the runtime has no buffer for it.
    pub fn copy_of(payload: Payload<'_>) -> Result<Self, Error> {
        Ok(OutputBuffer {
            raw: buffer_allocator::clone_into_mutable(payload.raw())?,
        })
    }

    /// Appends a copy of `bytes` to the contents.
    ///
    /// # Errors
    /// [`Error::Internal`] when they exceed [`capacity`](Self::capacity).
    pub fn append(&self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.raw.append(bytes)?)
    }

    /// Copies `bytes` to `offset`, over the contents and beyond their end.
    ///
    /// # Errors
    /// [`Error::Internal`] when they exceed [`capacity`](Self::capacity), or `offset` is beyond [`size`](Self::size).
    pub fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.raw.write(offset, bytes)?)
    }

    /// Bytes written up to now.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.raw.size()
    }

    /// Capacity in bytes.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.raw.capacity()
    }

    /// Sets the content type that readers see.
    pub fn set_content_type(&self, content_type: &str) {
        self.raw.set_content_type(content_type);
    }

    /// Turns the buffer into an output element, without a copy.
    #[must_use]
    pub fn finish(self) -> Output {
        Output {
            payload: self.raw.freeze(),
        }
    }
}
