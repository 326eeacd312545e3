//! What the store of a shell holds for the imports of its glue.

use std::sync::Arc;

use crate::buffer::{BufferId, BufferPool, ContentType};
use crate::error::ComponentError;
use crate::sandbox::{Limits, Sandbox};
use crate::watchdog::{CallWatch, Watched};

/// Data of a shell's store.
pub(crate) struct ShellData {
    /// The flow's buffers, here only during a call: the driver lends them to one shell at a time.
    pub(super) pool: Option<Box<BufferPool>>,
    /// What the guest passes, part by part.
    pub(super) text: Vec<u8>,
    /// Bytes that the guest passes with one call of the host, or as one result, so far.
    pub(super) passed_bytes: u64,
    /// The error that the current call reported.
    pub(super) error: Option<ComponentError>,
    /// The ports that a router named.
    pub(super) ports: Vec<String>,
    /// What an aggregator had left: buffers, and the content types that it named; none where the flow has too many.
    pub(super) results: Vec<(BufferId, Option<ContentType>)>,
    /// The configuration for `init`.
    pub(super) config: String,
    pub(super) watched: Arc<Watched>,
    pub(super) watch: CallWatch,
    /// By position of the node.
    pub(super) sandboxes: Arc<[Sandbox]>,
    pub(super) limits: Limits,
}

impl ShellData {
    /// Position of the node whose stage is being called.
    pub(super) fn node(&self) -> usize {
        self.watched
            .node()
            .expect("invariant: glue calls the host only during a call")
    }

    /// That of the stage that is being called.
    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandboxes[self.node()]
    }
}
