//! The pooled buffers of one capacity: which of them are free, and which were never used.

use super::BufferPool;
use super::entry::Slot;
use super::memory::ExchangeMemory;
use crate::layout::{slot, statistics, tier};

/// Where a tier's part of the memory is that was never used; the rest of what there is to know is in the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tier {
    unused: u32,
    end: u32,
}

impl Tier {
    pub(super) fn new(first: u32, end: u32) -> Self {
        Self { unused: first, end }
    }

    /// Where the unused part begins and ends.
    #[cfg(test)]
    pub(super) fn unused(self) -> (u32, u32) {
        (self.unused, self.end)
    }

    /// Where the bytes for a new slot begin.
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
pub(super) fn field(tier: u32, field: u32) -> u32 {
    tier::FIRST + tier * tier::SIZE + field
}

/// Takes the slot that was given back last: it is likely to be in the cache.
#[inline]
pub(super) fn take_free(memory: &mut ExchangeMemory, tier: u32) -> Option<Slot> {
    let head = field(tier, tier::FREE);
    let slot = Slot::behind_link(memory.u32(head))?;
    let next = memory.u32(slot.field(slot::NEXT));
    memory.set_u32(head, next);
    Some(slot)
}

/// Gives a slot back.
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

    /// A slot of a tier, if there is one.
    #[inline]
    pub(super) fn take_from_tier(&mut self, tier: u32) -> Option<Slot> {
        if let Some(slot) = take_free(&mut self.memory, tier) {
            self.memory.add(statistics::REUSED, 1);
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
