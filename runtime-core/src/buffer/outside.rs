//! Buffers with bytes from the system allocator: those larger than any tier's, and those whose tier was empty.

use super::slots::Slot;
use super::{BufferError, BufferPool};
use crate::layout::{slot, tier};

impl BufferPool {
    /// A slot for `capacity` zeroed bytes outside the memory.
    pub(super) fn take_from_heap(&mut self, capacity: u32) -> Result<Slot, BufferError> {
        let slot = self.take_outside(capacity)?;
        self.keep_outside(slot, vec![0; capacity as usize]);
        Ok(slot)
    }

    /// A slot for a buffer of `capacity` bytes outside the memory, charged to the budget for such buffers.
    #[cold]
    pub(super) fn take_outside(&mut self, capacity: u32) -> Result<Slot, BufferError> {
        let left = self.fallback_left.checked_sub(capacity.into());
        let left = left.ok_or(BufferError::Exhausted)?;
        let slot = match self.spare.pop() {
            Some(slot) => slot,
            None => self.new_slot(tier::COUNT, 0, 0).ok_or(BufferError::Exhausted)?,
        };
        self.fallback_left = left;
        self.fallback += 1;
        self.set(slot, slot::CAPACITY, capacity);
        Ok(slot)
    }

    /// Stores the bytes of a buffer outside the memory; their number is its capacity.
    pub(super) fn keep_outside(&mut self, slot: Slot, bytes: Vec<u8>) {
        if self.heap.len() <= slot.index() {
            self.heap.resize_with(slot.index() + 1, Vec::new);
        }
        self.heap[slot.index()] = bytes;
    }

    /// Frees the bytes of a returned buffer.
    #[cold]
    pub(super) fn discard_outside(&mut self, slot: Slot) {
        self.fallback_left += u64::from(self.get(slot, slot::CAPACITY));
        self.heap[slot.index()] = Vec::new();
        self.spare.push(slot);
    }
}
