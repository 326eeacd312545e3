//! The core call paths' access to the memory: passing bytes and numbers to glue, and serving the requests that glue
//! cannot serve itself.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::memory::ExchangeMemory;
use super::slots::Slot;
use super::{BufferError, BufferId, BufferPool, node};
use crate::buffer::Element;
use crate::layout::{chain, control, scratch, slot, tier};

impl BufferPool {
    /// The memory that holds the buffers.
    #[inline]
    #[must_use]
    pub fn memory(&self) -> &ExchangeMemory {
        &self.memory
    }

    /// Allocates a buffer for a stage whose glue found no free, previously used one.
    ///
    /// # Errors
    /// As [`BufferPool::allocate`].
    pub fn allocate_for(&mut self, node: usize, capacity: u64) -> Result<BufferId, BufferError> {
        let current = std::mem::replace(&mut self.current, node::owner(node));
        let allocated = self.allocate(capacity);
        self.current = current;
        allocated
    }

    /// Ends the last claim on a buffer whose bytes are outside the memory; glue has checked that it is the last one.
    /// Counts the buffer as returned. If the slot still has an owner, the bytes no longer count as the owner's.
    pub fn give_back_heap(&mut self, id: BufferId) {
        let slot = self.heap_slot(id);
        self.disown(slot);
        self.give_back(slot);
    }

    /// Copies `len` bytes of a buffer outside the memory, starting at `offset`, to the scratch area.
    pub fn heap_read(&mut self, id: BufferId, offset: u32, len: u32) {
        let slot = self.heap_slot(id);
        let part = self.heap[slot.index()].get(range(offset, len));
        write_scratch(
            &mut self.memory,
            part.expect("invariant: glue reads within the capacity"),
        );
    }

    /// Copies `len` bytes of the scratch area into a buffer outside the memory, starting at `offset`. Glue updates the
    /// buffer's length.
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

    /// Copies `bytes` to the beginning of the scratch area.
    pub fn write_scratch(&mut self, bytes: &[u8]) {
        write_scratch(&mut self.memory, bytes);
    }

    /// Sets the timestamp that sources give to elements, in nanoseconds since the Unix epoch.
    #[inline]
    pub fn set_wall_ns(&mut self, wall_ns: u64) {
        self.memory.set_u64(control::WALL_NS, wall_ns);
    }

    /// Sets the result of `flow-context.deadline-ns`.
    #[inline]
    pub fn set_deadline_ns(&mut self, deadline_ns: u64) {
        self.memory.set_u64(control::DEADLINE_NS, deadline_ns);
    }

    /// Sets the sequence number of the next element.
    #[inline]
    pub fn set_sequence(&mut self, sequence: u64) {
        self.memory.set_u64(control::SEQUENCE, sequence);
    }

    /// Sets the time limit of the current call in milliseconds; 0 for the limit in the stage's plan.
    #[inline]
    pub fn set_limit_ms(&mut self, limit_ms: u32) {
        self.set_watched(control::LIMIT_MS, limit_ms);
    }

    /// Passes an element to a chain, whose first stage has its block at `block`.
    pub fn set_chain_element(&mut self, block: u32, element: Element) {
        let memory = &mut self.memory;
        memory.set_u64(block + chain::SEQUENCE, element.sequence);
        memory.set_u64(block + chain::TIMESTAMP_NS, element.timestamp_ns);
        memory.set_u32(block + chain::BUFFER, element.payload.rep());
        memory.set_u32(block + chain::CONTENT_TYPE, element.content_type.number());
    }

    /// The 64-bit count at an address, which is set to 0.
    pub fn take_count(&mut self, address: u32) -> u64 {
        let count = self.memory.u64(address);
        self.memory.set_u64(address, 0);
        count
    }

    /// Notes that no stage is being called.
    #[inline]
    pub fn leave_stage(&mut self) {
        self.set_watched(control::STAGE, 0);
    }

    fn set_watched(&mut self, address: u32, value: u32) {
        // Relaxed: the word publishes no other memory. The watchdog only compares its values in successive ticks.
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
