//! The pooled buffers of one capacity: the free list and the part that was never used.

use super::BufferPool;
use super::memory::{ExchangeMemory, Fixed};
use super::slots::Slot;
use crate::layout::{slot, statistics, tier};

/// The never-used part of a tier, as the address of its description; everything else about a tier is in the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tier {
    unused: u32,
    end: u32,
}

impl Tier {
    pub(super) fn new(first: u32, end: u32) -> Self {
        Self { unused: first, end }
    }

    /// Addresses at which the unused part begins and ends.
    #[cfg(test)]
    pub(super) fn unused(self) -> (u32, u32) {
        (self.unused, self.end)
    }

    /// Address of the bytes for a new slot; `None` when the tier has no unused part left.
    pub(super) fn take_unused(&mut self, slot_bytes: u32) -> Option<u32> {
        let at = self.unused;
        if at == self.end {
            return None;
        }
        self.unused += slot_bytes;
        Some(at)
    }
}

/// Address of a field of a tier's description.
#[inline]
pub(super) fn field(tier: u32, field: u32) -> Fixed {
    Fixed(tier::FIRST + tier * tier::SIZE + field)
}

/// Takes the slot that was returned last: its bytes are likely to be in the cache.
#[inline]
pub(super) fn take_free(memory: &mut ExchangeMemory, tier: u32) -> Option<Slot> {
    let head = field(tier, tier::FREE);
    let slot = Slot::behind_link(memory.u32(head))?;
    let next = memory.u32(slot.field(slot::NEXT));
    memory.set_u32(head, next);
    Some(slot)
}

/// Returns a slot to the free list.
#[inline]
pub(super) fn give_back(memory: &mut ExchangeMemory, tier: u32, slot: Slot) {
    let head = field(tier, tier::FREE);
    let next = memory.u32(head);
    memory.set_u32(slot.field(slot::NEXT), next);
    memory.set_u32(head, slot.link());
}

impl BufferPool {
    #[inline]
    pub(super) fn slot_bytes(&self, tier: u32) -> u32 {
        self.memory.u32(field(tier, tier::SLOT_BYTES))
    }

    /// A slot of a tier; `None` when the tier is empty.
    #[inline]
    pub(super) fn take_from_tier(&mut self, tier: u32) -> Option<Slot> {
        if let Some(slot) = take_free(&mut self.memory, tier) {
            self.memory.add(Fixed(statistics::REUSED), 1);
            return Some(slot);
        }
        self.take_unused(tier)
    }

    fn take_unused(&mut self, tier: u32) -> Option<Slot> {
        if self.slots == slot::COUNT {
            return None;
        }
        let slot_bytes = self.slot_bytes(tier);
        let at = self.tiers[tier as usize].take_unused(slot_bytes)?;
        self.new_slot(tier, at, slot_bytes)
    }
}
