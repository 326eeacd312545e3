//! What the core call paths do with the memory besides what all paths do with buffers: pass bytes and words to glue, and
//! serve what glue can't do by itself.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::entry::Slot;
use super::memory::ExchangeMemory;
use super::{BufferError, BufferId, BufferPool, node};
use crate::buffer::Element;
use crate::layout::{chain, control, scratch, slot, tier};

impl BufferPool {
    /// The memory that the buffers are in.
    #[inline]
    #[must_use]
    pub fn memory(&self) -> &ExchangeMemory {
        &self.memory
    }

    /// Allocates for a stage whose glue found no free buffer that was used before.
    ///
    /// # Errors
    /// As [`BufferPool::allocate`].
    pub fn allocate_for(&mut self, node: usize, capacity: u64) -> Result<BufferId, BufferError> {
        let current = std::mem::replace(&mut self.current, node::owner(node));
        let allocated = self.allocate(capacity);
        self.current = current;
        allocated
    }

    /// Ends the last claim on a buffer whose bytes are outside of the memory; glue has checked that it is the last. If
    /// the entry still has an owner, the bytes are taken off its account. Counts the buffer as returned.
    pub fn give_back_heap(&mut self, id: BufferId) {
        let slot = self.heap_slot(id);
        self.disown(slot);
        self.give_back(slot);
    }

    /// Copies `len` bytes of a buffer outside of the memory, from `offset` on, to the scratch area.
    pub fn heap_read(&mut self, id: BufferId, offset: u32, len: u32) {
        let slot = self.heap_slot(id);
        let part = self.heap[slot.index()].get(range(offset, len));
        write_scratch(
            &mut self.memory,
            part.expect("invariant: glue reads within the capacity"),
        );
    }

    /// Copies `len` bytes of the scratch area to a buffer outside of the memory, from `offset` on. Its length is glue's
    /// to change.
    pub fn heap_write(&mut self, id: BufferId, offset: u32, len: u32) {
        let slot = self.heap_slot(id);
        let part = self.heap[slot.index()].get_mut(range(offset, len));
        let part = part.expect("invariant: glue writes within the capacity");
        part.copy_from_slice(scratch(&self.memory, len));
    }

    fn heap_slot(&self, id: BufferId) -> Slot {
        let slot = Slot::of(id);
        assert!(
            self.get(slot, slot::ID) == id.rep() && self.get(slot, slot::TIER) == tier::COUNT,
            "invariant: glue names a buffer outside of the memory"
        );
        slot
    }

    /// The first `len` bytes of the scratch area.
    #[must_use]
    pub fn read_scratch(&self, len: u32) -> &[u8] {
        scratch(&self.memory, len)
    }

    /// Puts bytes to where the scratch area begins.
    pub fn write_scratch(&mut self, bytes: &[u8]) {
        write_scratch(&mut self.memory, bytes);
    }

    /// Sets the time that sources give to elements, in nanoseconds since the Unix epoch.
    #[inline]
    pub fn set_wall_ns(&mut self, wall_ns: u64) {
        self.memory.set_u64(control::WALL_NS, wall_ns);
    }

    /// Sets what `flow-context.deadline-ns` answers.
    #[inline]
    pub fn set_deadline_ns(&mut self, deadline_ns: u64) {
        self.memory.set_u64(control::DEADLINE_NS, deadline_ns);
    }

    /// Sets the sequence number of the next element.
    #[inline]
    pub fn set_sequence(&mut self, sequence: u64) {
        self.memory.set_u64(control::SEQUENCE, sequence);
    }

    /// Sets the milliseconds that the current call may take; 0: what the plan gives a call of the stage.
    #[inline]
    pub fn set_limit_ms(&mut self, limit_ms: u32) {
        self.set_watched(control::LIMIT_MS, limit_ms);
    }

    /// Hands an element to a chain, whose first stage has its block at `block`.
    pub fn set_chain_element(&mut self, block: u32, element: Element) {
        let memory = &mut self.memory;
        memory.set_u64(block + chain::SEQUENCE, element.sequence);
        memory.set_u64(block + chain::TIMESTAMP_NS, element.timestamp_ns);
        memory.set_u32(block + chain::BUFFER, element.payload.rep());
        memory.set_u32(block + chain::CONTENT_TYPE, element.content_type.number());
    }

    /// The 64-bit count at an address, which begins anew.
    pub fn take_count(&mut self, address: u32) -> u64 {
        let count = self.memory.u64(address);
        self.memory.set_u64(address, 0);
        count
    }

    /// No stage is being called.
    #[inline]
    pub fn leave_stage(&mut self) {
        self.set_watched(control::STAGE, 0);
    }

    fn set_watched(&mut self, address: u32, value: u32) {
        // Nothing else is published by it: the watchdog compares what it sees in one tick with the next.
        self.memory.atomic_u32(address).store(value.to_le(), Ordering::Relaxed);
    }
}

fn range(offset: u32, len: u32) -> Range<usize> {
    offset as usize..offset as usize + len as usize
}

fn scratch(memory: &ExchangeMemory, len: u32) -> &[u8] {
    assert!(len <= scratch::SIZE, "invariant: bytes pass in parts that fit");
    memory.bytes(scratch::FIRST, len)
}

fn write_scratch(memory: &mut ExchangeMemory, bytes: &[u8]) {
    assert!(
        bytes.len() <= scratch::SIZE as usize,
        "invariant: bytes pass in parts that fit"
    );
    memory.write(scratch::FIRST, bytes);
}
