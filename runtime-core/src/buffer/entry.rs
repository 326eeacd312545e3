//! What is known of one buffer: whose it is, what may be done with it, where its bytes are. All of it is in the memory.

use super::{BufferError, BufferId, BufferPool};
use crate::layout::{slot, state};

/// Who may do what with a buffer (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum State {
    /// In the free list.
    Pooled = state::POOLED,
    /// Mutable, owned by whoever fills it.
    Draft = state::DRAFT,
    /// Immutable, still owned by whoever filled it.
    Owned = state::OWNED,
    /// Immutable, held by the streams and the stage that have the element.
    Transit = state::TRANSIT,
    /// In transit, and lent to a component for one call.
    Borrowed = state::BORROWED,
}

/// Position of a buffer's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u32);

impl Slot {
    /// The slot at a position below [`slot::COUNT`].
    pub(super) fn new(position: u32) -> Self {
        Self(position)
    }

    /// The slot that a buffer's id names.
    #[inline]
    pub(super) fn of(id: BufferId) -> Self {
        Self(id.rep() % slot::GENERATION)
    }

    /// The slot that a link of a free list leads to.
    #[inline]
    pub(super) fn behind_link(link: u32) -> Option<Self> {
        link.checked_sub(1).map(Self)
    }

    /// The link of a free list that leads here.
    #[inline]
    pub(super) fn link(self) -> u32 {
        self.0 + 1
    }

    pub(super) fn position(self) -> u32 {
        self.0
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// Address of a field of the entry.
    #[inline]
    pub(super) fn field(self, field: u32) -> u32 {
        slot::FIRST + self.0 * slot::SIZE + field
    }
}

impl BufferPool {
    #[inline]
    pub(super) fn get(&self, slot: Slot, field: u32) -> u32 {
        self.memory.u32(slot.field(field))
    }

    #[inline]
    pub(super) fn set(&mut self, slot: Slot, field: u32, value: u32) {
        self.memory.set_u32(slot.field(field), value);
    }

    #[inline]
    pub(super) fn set_state(&mut self, slot: Slot, state: State) {
        self.set(slot, slot::STATE, state as u32);
    }

    /// The slot that `id` names, if it names one still and that is in `state`.
    #[inline]
    pub(super) fn find(&self, id: BufferId, state: State) -> Result<Slot, BufferError> {
        let slot = Slot::of(id);
        match self.get(slot, slot::ID) == id.rep() && self.get(slot, slot::STATE) == state as u32 {
            true => Ok(slot),
            false => Err(BufferError::Stale),
        }
    }

    #[inline]
    pub(super) fn find_immutable(&self, id: BufferId) -> Result<Slot, BufferError> {
        let slot = Slot::of(id);
        match self.get(slot, slot::STATE) {
            state::OWNED | state::TRANSIT | state::BORROWED if self.get(slot, slot::ID) == id.rep() => Ok(slot),
            _ => Err(BufferError::Stale),
        }
    }

    /// What names the buffer from now on: earlier ids are stale.
    #[inline]
    pub(super) fn rename(&mut self, slot: Slot) -> BufferId {
        let id = self.get(slot, slot::ID).wrapping_add(slot::GENERATION);
        self.set(slot, slot::ID, id);
        BufferId::from_rep(id)
    }

    /// A slot that was never used, if there is one.
    pub(super) fn new_slot(&mut self, tier: u32, address: u32, capacity: u32) -> Option<Slot> {
        if self.slots == slot::COUNT {
            return None;
        }
        let slot = Slot::new(self.slots);
        self.slots += 1;
        self.set(slot, slot::ID, slot.position());
        self.set(slot, slot::OWNER, slot::FLOW);
        self.set(slot, slot::CAPACITY, capacity);
        self.set(slot, slot::TIER, tier);
        self.set(slot, slot::ADDRESS, address);
        Some(slot)
    }
}
