//! The elements that travel through a flow.

use super::{BufferId, ContentType};

/// An element: metadata and one claim on an immutable buffer.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Position in the flow, counted from 0.
    pub sequence: u64,
    /// Time at which the source emitted it, in nanoseconds since the Unix epoch.
    pub timestamp_ns: u64,
    /// Content type of the element, which may differ from the buffer's own.
    pub content_type: ContentType,
    /// The payload.
    pub payload: BufferId,
}
