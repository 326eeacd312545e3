//! What is known of one buffer: whose it is, what may be done with it, where its bytes are.

use super::ContentType;

/// Who may do what with a buffer (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// In the free list.
    Pooled,
    /// Mutable, owned by whoever fills it.
    Draft,
    /// Immutable, still owned by whoever filled it.
    Owned,
    /// Immutable, held by the streams and the stage that have the element.
    Transit,
    /// In transit, and lent to a component for one call.
    Borrowed,
}

/// Who owns a draft or a finished buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u16);

impl Owner {
    /// The flow itself: built-in stages, and everything in transit.
    pub(super) const FLOW: Self = Self(u16::MAX);

    pub(super) fn node(node: usize) -> Self {
        Self(u16::try_from(node).unwrap_or(u16::MAX))
    }

    /// The node; for the flow itself no node there is.
    pub(super) fn position(self) -> usize {
        usize::from(self.0)
    }
}

/// What a component owns and may own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// Largest buffer it may ask for, in bytes.
    pub(super) max_buffer_bytes: u64,
    /// Bytes of buffers it may own at once.
    pub(super) budget_bytes: u64,
    /// Bytes it owns.
    pub(super) held_bytes: u64,
}

/// Where the bytes of a slot are.
#[derive(Debug)]
pub(super) enum Storage {
    /// In a tier, which is fixed for the life of the slot.
    Tier { tier: usize, at: usize },
    /// Allocated for this one buffer.
    Heap(Vec<u8>),
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) generation: u16,
    pub(super) state: State,
    pub(super) owner: Owner,
    /// Streams and stages that hold the element; 1 before it is in transit.
    pub(super) refs: u32,
    pub(super) len: usize,
    pub(super) capacity: usize,
    pub(super) content_type: ContentType,
    pub(super) storage: Storage,
}
