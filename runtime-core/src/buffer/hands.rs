//! How buffers change hands: from the stage that fills one to the flow, through streams and loans, back to the pool.

use super::slot::{Owner, State, Storage};
use super::{BufferError, BufferId, BufferPool};

impl BufferPool {
    /// Makes the buffer immutable. The old id is stale afterwards, the returned one is the owner's.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn freeze(&mut self, id: BufferId) -> Result<BufferId, BufferError> {
        let slot = self.find(id, State::Draft)?;
        let entry = &mut self.slots[slot];
        entry.state = State::Owned;
        entry.generation = entry.generation.wrapping_add(1);
        Ok(BufferId::new(slot, entry.generation))
    }

    /// Takes a finished buffer from the stage that made it: it is on its way through the flow now.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::NotOwner`].
    pub fn take_over(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Owned)?;
        if self.slots[slot].owner != self.current {
            return Err(BufferError::NotOwner);
        }
        self.disown(slot);
        self.slots[slot].state = State::Transit;
        Ok(())
    }

    /// Takes the contents of a buffer in transit, which has one holder, out of the pool; without a copy where they are
    /// not in a tier.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn export(&mut self, id: BufferId) -> Result<Vec<u8>, BufferError> {
        let slot = self.find(id, State::Transit)?;
        let len = self.slots[slot].len;
        let bytes = match &mut self.slots[slot].storage {
            Storage::Heap(memory) => {
                let mut bytes = std::mem::take(memory);
                bytes.truncate(len);
                bytes
            }
            Storage::Tier { .. } => self.memory(slot)[..len].to_vec(),
        };
        self.give_back(slot);
        Ok(bytes)
    }

    /// Makes a buffer in transit of bytes from outside of the pool, without a copy.
    ///
    /// # Errors
    /// [`BufferError::Exhausted`], [`BufferError::ContentType`].
    pub fn adopt(&mut self, bytes: Vec<u8>, content_type: &str) -> Result<BufferId, BufferError> {
        let content_type = self.content_types.intern(content_type)?;
        let slot = self.take_from_heap(0)?;
        let left = self.fallback_left.checked_sub(bytes.len() as u64);
        let Some(left) = left else {
            self.spare.push(slot);
            return Err(BufferError::Exhausted);
        };
        self.fallback_left = left;
        self.stats.allocated += 1;
        self.stats.peak_live = self.stats.peak_live.max(self.live());
        let entry = &mut self.slots[slot];
        entry.state = State::Transit;
        entry.owner = Owner::FLOW;
        entry.refs = 1;
        entry.len = bytes.len();
        entry.capacity = bytes.len();
        entry.content_type = content_type;
        entry.storage = Storage::Heap(bytes);
        Ok(BufferId::new(slot, entry.generation))
    }

    /// Lends a buffer in transit to a component.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn lend(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Transit)?;
        self.slots[slot].state = State::Borrowed;
        Ok(())
    }

    /// Ends the loan.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn end_loan(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Borrowed)?;
        self.slots[slot].state = State::Transit;
        Ok(())
    }

    /// Adds `more` holders to a buffer in transit (fan-out): no copy.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn retain(&mut self, id: BufferId, more: u32) -> Result<(), BufferError> {
        let slot = self.find(id, State::Transit)?;
        self.slots[slot].refs += more;
        Ok(())
    }

    /// Ends one holder's claim on a buffer in transit; the last one returns it to the pool.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::Borrowed`].
    pub fn release(&mut self, id: BufferId) -> Result<(), BufferError> {
        if self.find(id, State::Borrowed).is_ok() {
            return Err(BufferError::Borrowed);
        }
        let slot = self.find(id, State::Transit)?;
        self.slots[slot].refs -= 1;
        if self.slots[slot].refs == 0 {
            self.give_back(slot);
        }
        Ok(())
    }

    /// The stage that is being called gives up a buffer of its own.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::NotOwner`].
    pub fn drop_owned(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Owned).or_else(|_| self.find(id, State::Draft))?;
        if self.slots[slot].owner != self.current {
            return Err(BufferError::NotOwner);
        }
        self.disown(slot);
        self.give_back(slot);
        Ok(())
    }

    /// Returns everything to the pool that `node` still owns, because it will not be called again. Returns how many
    /// buffers these were.
    pub fn reclaim(&mut self, node: usize) -> u64 {
        let owner = Owner::node(node);
        let mut found = 0;
        for slot in 0..self.slots.len() {
            let entry = &self.slots[slot];
            if entry.owner == owner && matches!(entry.state, State::Draft | State::Owned) {
                self.disown(slot);
                self.give_back(slot);
                found += 1;
            }
        }
        found
    }

    fn disown(&mut self, slot: usize) {
        let (owner, capacity) = (self.slots[slot].owner, self.slots[slot].capacity as u64);
        if let Some(account) = self.account_of(owner) {
            account.held_bytes -= capacity;
        }
        self.slots[slot].owner = Owner::FLOW;
    }

    fn give_back(&mut self, slot: usize) {
        let entry = &mut self.slots[slot];
        entry.state = State::Pooled;
        entry.generation = entry.generation.wrapping_add(1);
        self.stats.returned += 1;
        match &mut entry.storage {
            Storage::Tier { tier, .. } => self.tiers[*tier].give_back(slot),
            Storage::Heap(memory) => {
                self.fallback_left += entry.capacity as u64;
                *memory = Vec::new();
                self.spare.push(slot);
            }
        }
    }
}
