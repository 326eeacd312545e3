//! Buffers of one capacity, in one piece of memory.

use crate::plan::TierPlan;

/// The memory of a tier and which of its slots are free.
#[derive(Debug)]
pub(super) struct Tier {
    slot_bytes: usize,
    memory: Vec<u8>,
    /// Where the part begins that was never used.
    unused_from: usize,
    /// Slots given back; the last one is taken first, it is likely to be in the cache.
    free: Vec<usize>,
}

impl Tier {
    /// Reserves the tier. `vec![0; n]` asks the system for zeroed pages, which it provides when they are touched.
    pub(super) fn new(plan: &TierPlan) -> Self {
        let slot_bytes = plan.slot_bytes as usize;
        Self {
            slot_bytes,
            memory: vec![0; slot_bytes * plan.slots as usize],
            unused_from: 0,
            free: Vec::new(),
        }
    }

    pub(super) fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    pub(super) fn memory(&self) -> &[u8] {
        &self.memory
    }

    pub(super) fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    /// A slot that was given back.
    pub(super) fn take_free(&mut self) -> Option<usize> {
        self.free.pop()
    }

    /// Where the memory for a new slot begins.
    pub(super) fn take_unused(&mut self) -> Option<usize> {
        let at = self.unused_from;
        if at == self.memory.len() {
            return None;
        }
        self.unused_from += self.slot_bytes;
        Some(at)
    }

    pub(super) fn give_back(&mut self, slot: usize) {
        self.free.push(slot);
    }
}
