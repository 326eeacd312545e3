//! Ownership of buffers: from the stage that fills a buffer to the flow, through streams and loans, back to the pool.

use super::memory::Fixed;
use super::slots::{Contents, Slot, State};
use super::{BufferError, BufferId, BufferPool, node, pooled};
use crate::layout::{self, slot, state, statistics, tier};

impl BufferPool {
    /// Makes the buffer immutable. The old id becomes stale; the returned one belongs to the same owner.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn freeze(&mut self, id: BufferId) -> Result<BufferId, BufferError> {
        let slot = self.find(id, State::Draft)?;
        self.set_state(slot, State::Owned);
        Ok(self.rename(slot))
    }

    /// Takes a finished buffer from the stage that filled it; from now on it is in transit.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::NotOwner`].
    pub fn take_over(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Owned)?;
        if self.get(slot, slot::OWNER) != self.current {
            return Err(BufferError::NotOwner);
        }
        self.disown(slot);
        self.set_state(slot, State::Transit);
        Ok(())
    }

    /// Removes the contents of a buffer in transit with a single holder from the pool; without a copy if the bytes are
    /// outside the tiers.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn export(&mut self, id: BufferId) -> Result<Vec<u8>, BufferError> {
        let slot = self.find(id, State::Transit)?;
        let bytes = match self.get(slot, slot::TIER) {
            tier::COUNT => {
                let mut bytes = std::mem::take(&mut self.heap[slot.index()]);
                bytes.truncate(self.get(slot, slot::LEN) as usize);
                bytes
            }
            _ => self.bytes(slot).to_vec(),
        };
        self.give_back(slot);
        Ok(bytes)
    }

    /// Turns bytes from outside the pool into a buffer in transit, without a copy.
    ///
    /// # Errors
    /// [`BufferError::Exhausted`], [`BufferError::ContentType`].
    pub fn adopt(&mut self, bytes: Vec<u8>, content_type: &str) -> Result<BufferId, BufferError> {
        let content_type = self.content_types.intern(content_type)?;
        let len = u32::try_from(bytes.len()).map_err(|_| BufferError::Exhausted)?;
        let slot = self.take_outside(len)?;
        self.keep_outside(slot, bytes);
        let contents = Contents { len, content_type };
        Ok(self.hand_out(slot, State::Transit, slot::FLOW, contents))
    }

    /// Lends a buffer in transit to a component.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn lend(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Transit)?;
        self.set_state(slot, State::Borrowed);
        Ok(())
    }

    /// Ends the loan of a buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn end_loan(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Borrowed)?;
        self.set_state(slot, State::Transit);
        Ok(())
    }

    /// Adds `more` holders to a buffer in transit (fan-out), without a copy.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn retain(&mut self, id: BufferId, more: u32) -> Result<(), BufferError> {
        let slot = self.find(id, State::Transit)?;
        self.set(slot, slot::REFS, self.get(slot, slot::REFS) + more);
        Ok(())
    }

    /// Ends one holder's claim on a buffer in transit; the last claim returns the buffer to the pool.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::Borrowed`].
    pub fn release(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = Slot::of(id);
        if self.get(slot, slot::ID) != id.rep() {
            return Err(BufferError::Stale);
        }
        match self.get(slot, slot::STATE) {
            state::TRANSIT => {}
            state::BORROWED => return Err(BufferError::Borrowed),
            _ => return Err(BufferError::Stale),
        }
        let refs = self.get(slot, slot::REFS) - 1;
        self.set(slot, slot::REFS, refs);
        if refs == 0 {
            self.give_back(slot);
        }
        Ok(())
    }

    /// Drops a buffer that the stage being called owns.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::NotOwner`].
    pub fn drop_owned(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self.find(id, State::Owned).or_else(|_| self.find(id, State::Draft))?;
        if self.get(slot, slot::OWNER) != self.current {
            return Err(BufferError::NotOwner);
        }
        self.disown(slot);
        self.give_back(slot);
        Ok(())
    }

    /// Returns every buffer that `node` owns to the pool, because the node will not be called again. Returns their
    /// number.
    pub fn reclaim(&mut self, node: usize) -> u64 {
        let owner = node::owner(node);
        let mut found = 0;
        for slot in (0..self.slots).map(Slot::new) {
            let is_owned = matches!(self.get(slot, slot::STATE), state::DRAFT | state::OWNED);
            if is_owned && self.get(slot, slot::OWNER) == owner {
                self.disown(slot);
                self.give_back(slot);
                found += 1;
            }
        }
        found
    }

    /// Gives a slot to `owner` as a buffer in `state`, and returns its id.
    #[inline]
    pub(super) fn hand_out(&mut self, slot: Slot, state: State, owner: u32, contents: Contents) -> BufferId {
        self.memory.add(Fixed(statistics::ALLOCATED), 1);
        let live = self.live();
        if live > self.memory.u64(Fixed(statistics::PEAK_LIVE)) {
            self.memory.set_u64(Fixed(statistics::PEAK_LIVE), live);
        }
        self.set_state(slot, state);
        self.set(slot, slot::OWNER, owner);
        self.set(slot, slot::REFS, 1);
        self.set(slot, slot::LEN, contents.len);
        self.set(slot, slot::CONTENT_TYPE, contents.content_type.number());
        BufferId::from_rep(self.get(slot, slot::ID))
    }

    #[inline]
    pub(super) fn disown(&mut self, slot: Slot) {
        if let Some(block) = self.block_of(self.get(slot, slot::OWNER)) {
            let held = self.memory.u64(block + layout::node::HELD_BYTES);
            let capacity = u64::from(self.get(slot, slot::CAPACITY));
            self.memory.set_u64(block + layout::node::HELD_BYTES, held - capacity);
        }
        self.set(slot, slot::OWNER, slot::FLOW);
    }

    #[inline]
    pub(super) fn give_back(&mut self, slot: Slot) {
        self.set_state(slot, State::Pooled);
        self.rename(slot);
        self.memory.add(Fixed(statistics::RETURNED), 1);
        match self.get(slot, slot::TIER) {
            tier::COUNT => self.discard_outside(slot),
            tier => pooled::give_back(&mut self.memory, tier, slot),
        }
    }
}
