//! Data of a shell's store, for the imports of its glue.

use std::sync::Arc;

use crate::buffer::{BufferId, BufferPool, ContentType};
use crate::error::ComponentError;
use crate::sandbox::{Limits, Sandbox};
use crate::watchdog::Watched;

/// Data of a shell's store.
pub(crate) struct ShellData {
    /// The flow's buffers, present only during a call: the driver lends them to one shell at a time.
    pub(super) pool: Option<Box<BufferPool>>,
    /// Text that the guest passes in parts, up to now.
    pub(super) text: Vec<u8>,
    /// Bytes that the guest has passed in this call of the host, or for this result, up to now.
    pub(super) passed_bytes: u64,
    /// Error reported by the current call.
    pub(super) error: Option<ComponentError>,
    /// Ports named by a router.
    pub(super) ports: Vec<String>,
    /// Results of an aggregator's `flush`: buffers and the content types named with them; `None` where the flow cannot
    /// hold another content type.
    pub(super) results: Vec<(BufferId, Option<ContentType>)>,
    /// Configuration for `init`.
    pub(super) config: String,
    pub(super) watched: Arc<Watched>,
    /// The sandboxes of the stages, by position of the node.
    pub(super) sandboxes: Arc<[Sandbox]>,
    pub(super) limits: Limits,
}

impl ShellData {
    /// Position of the node that is being called.
    pub(super) fn node(&self) -> usize {
        self.watched
            .words()
            .node()
            .expect("invariant: glue calls the host only during a call")
    }

    /// Sandbox of the stage that is being called.
    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandboxes[self.node()]
    }
}
