//! The slot of a buffer: its owner, its state and the address of its bytes, all kept in the exchange memory.

use super::memory::Fixed;
use super::{BufferError, BufferId, BufferPool, ContentType};
use crate::layout::{slot, state};

/// State of a buffer, which decides who may use it and how (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum State {
    /// In the free list.
    Pooled = state::POOLED,
    /// Mutable, owned by the stage that fills it.
    Draft = state::DRAFT,
    /// Immutable, still owned by the stage that filled it.
    Owned = state::OWNED,
    /// Immutable, claimed by the streams and the stage that hold the element.
    Transit = state::TRANSIT,
    /// In transit and lent to a component for one call.
    Borrowed = state::BORROWED,
}

/// The description of a buffer's contents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contents {
    /// Length in bytes.
    pub(super) len: u32,
    pub(super) content_type: ContentType,
}

impl Contents {
    /// No bytes, of no type.
    pub(super) const EMPTY: Self = Self {
        len: 0,
        content_type: ContentType::EMPTY,
    };
}

/// The position of a buffer's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(u16);

impl Slot {
    /// The slot at a position below [`slot::COUNT`].
    pub(super) fn new(position: u32) -> Self {
        Self(u16::try_from(position).expect("invariant: there are at most 2^16 slots"))
    }

    /// The slot in a buffer's id.
    #[inline]
    pub(super) fn of(id: BufferId) -> Self {
        Self((id.rep() % slot::GENERATION) as u16)
    }

    /// The slot that a link of a free list points to; `None` at the end of the list.
    #[inline]
    pub(super) fn behind_link(link: u32) -> Option<Self> {
        link.checked_sub(1).map(Self::new)
    }

    /// The link of a free list that points to this slot.
    #[inline]
    pub(super) fn link(self) -> u32 {
        self.position() + 1
    }

    pub(super) fn position(self) -> u32 {
        self.0.into()
    }

    pub(super) fn index(self) -> usize {
        self.0.into()
    }

    /// Address of a field of the slot.
    #[inline]
    pub(super) fn field(self, field: u32) -> Fixed {
        Fixed(slot::FIRST + self.position() * slot::SIZE + field)
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

    /// The slot that `id` names, if the id is current and the buffer is in `state`.
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

    /// The new id of a buffer; earlier ids become stale.
    #[inline]
    pub(super) fn rename(&mut self, slot: Slot) -> BufferId {
        let id = self.get(slot, slot::ID).wrapping_add(slot::GENERATION);
        self.set(slot, slot::ID, id);
        BufferId::from_rep(id)
    }

    /// A slot that was never used; `None` when all were.
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
