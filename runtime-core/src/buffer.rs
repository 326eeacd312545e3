//! The buffers of a flow: four pooled tiers and, behind them, the system allocator within a budget.
//!
//! A buffer is named by a [`BufferId`]: slot and generation. The generation changes whenever the buffer changes hands in
//! a way that ends earlier claims (freeze, release), so a stale id is recognised, never followed.

use crate::bounds;
use crate::plan::{NodePlan, PoolPlan};

mod content_type;
mod hands;
mod slot;
mod tier;

pub use content_type::{ContentType, ContentTypes};
use slot::{Account, Owner, Slot, State, Storage};
use tier::Tier;

/// Slots of one flow's pool: an id has 16 bits for the slot.
const MAX_SLOTS: usize = bounds::BUFFERS as usize;

/// Names one buffer for as long as it has the same owner: 16 bits generation, 16 bits slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferId(u32);

impl BufferId {
    /// The id behind the representation a component handle carries.
    #[must_use]
    pub fn from_rep(rep: u32) -> Self {
        Self(rep)
    }

    /// What a component handle carries.
    #[must_use]
    pub fn rep(self) -> u32 {
        self.0
    }

    fn new(slot: usize, generation: u16) -> Self {
        let slot = u16::try_from(slot).expect("invariant: the pool makes at most 2^16 slots");
        Self(u32::from(generation) << 16 | u32::from(slot))
    }

    fn slot(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    fn generation(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

/// Misuse of a buffer, or no memory for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferError {
    /// The id names no buffer of the expected kind any more (E0303).
    Stale,
    /// The buffer is lent to a component (E0304).
    Borrowed,
    /// The buffer belongs to somebody else (E0302).
    NotOwner,
    /// The write would pass the capacity (E0305).
    CapacityExceeded,
    /// The offset is beyond the contents.
    OutOfBounds,
    /// The buffer would be larger than any buffer may be; with that limit in bytes.
    TooLarge(u64),
    /// The component would own more bytes than it may; with that limit (E0310).
    OverBudget(u64),
    /// The tier is empty and there is no memory outside it (E0301).
    Exhausted,
    /// More content types than a flow may use, or one that is too long.
    ContentType,
}

/// Use of a pool since the flow started.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolStats {
    /// Buffers handed out.
    pub allocated: u64,
    /// Buffers given back.
    pub returned: u64,
    /// Buffers that came from the system allocator.
    pub fallback: u64,
    /// Buffers handed out that had been used before.
    pub reused: u64,
    /// Most buffers that were in use at once.
    pub peak_live: u64,
}

/// All buffers of one flow.
#[derive(Debug)]
pub struct BufferPool {
    tiers: [Tier; 4],
    slots: Vec<Slot>,
    /// Slots without storage, left by heap buffers.
    spare: Vec<usize>,
    fallback_left: u64,
    max_buffer_bytes: u64,
    /// By node.
    accounts: Vec<Account>,
    /// Whose call is going on.
    current: Owner,
    stats: PoolStats,
    /// Content types in use, by id.
    pub content_types: ContentTypes,
}

impl BufferPool {
    /// Reserves the tiers of `plan`. The memory is zeroed by the system when it is first touched, not here. `nodes` are
    /// the limits of the flow's stages.
    #[must_use]
    pub fn new(plan: &PoolPlan, nodes: &[NodePlan]) -> Self {
        let account = |node: &NodePlan| Account {
            max_buffer_bytes: node.limits.max_buffer_bytes.min(plan.max_buffer_bytes),
            budget_bytes: node.limits.buffer_budget_bytes,
            held_bytes: 0,
        };
        Self {
            tiers: plan.tiers.map(|tier| Tier::new(&tier)),
            slots: Vec::new(),
            spare: Vec::new(),
            fallback_left: plan.fallback_bytes,
            max_buffer_bytes: plan.max_buffer_bytes,
            accounts: nodes.iter().map(account).collect(),
            current: Owner::FLOW,
            stats: PoolStats::default(),
            content_types: ContentTypes::default(),
        }
    }

    /// A call of `node` begins: what is allocated from now on is its own.
    #[inline]
    pub fn begin_call(&mut self, node: usize) {
        self.current = Owner::node(node);
    }

    /// The call has ended.
    #[inline]
    pub fn end_call(&mut self) {
        self.current = Owner::FLOW;
    }

    fn account_of(&mut self, owner: Owner) -> Option<&mut Account> {
        self.accounts.get_mut(owner.position())
    }

    /// Use of the pool so far.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.stats
    }

    /// Buffers that are not in the pool.
    #[must_use]
    pub fn live(&self) -> u64 {
        self.stats.allocated - self.stats.returned
    }

    /// A mutable buffer of at least `capacity` bytes, owned by the stage that is being called.
    ///
    /// # Errors
    /// [`BufferError::TooLarge`], [`BufferError::OverBudget`], [`BufferError::Exhausted`].
    pub fn allocate(&mut self, capacity: u64) -> Result<BufferId, BufferError> {
        let owner = self.current;
        let account = self.account_of(owner).copied();
        let limit = account.map_or(self.max_buffer_bytes, |account| account.max_buffer_bytes);
        let wanted = usize::try_from(capacity).map_err(|_| BufferError::TooLarge(limit))?;
        if capacity > limit {
            return Err(BufferError::TooLarge(limit));
        }
        let tier = self.tiers.iter().position(|tier| wanted <= tier.slot_bytes());
        let granted = tier.map_or(wanted, |tier| self.tiers[tier].slot_bytes());
        if let Some(account) = account
            && account.held_bytes + granted as u64 > account.budget_bytes
        {
            return Err(BufferError::OverBudget(account.budget_bytes));
        }
        let slot = match tier.and_then(|tier| self.take_from_tier(tier)) {
            Some(slot) => slot,
            None => self.take_from_heap(granted)?,
        };
        if let Some(account) = self.account_of(owner) {
            account.held_bytes += granted as u64;
        }
        self.stats.allocated += 1;
        self.stats.peak_live = self.stats.peak_live.max(self.live());
        let entry = &mut self.slots[slot];
        entry.state = State::Draft;
        entry.owner = owner;
        entry.refs = 1;
        entry.len = 0;
        entry.content_type = ContentType::EMPTY;
        Ok(BufferId::new(slot, entry.generation))
    }

    fn take_from_tier(&mut self, tier: usize) -> Option<usize> {
        if let Some(slot) = self.tiers[tier].take_free() {
            self.stats.reused += 1;
            return Some(slot);
        }
        if self.slots.len() == MAX_SLOTS {
            return None;
        }
        let at = self.tiers[tier].take_unused()?;
        self.slots.push(Slot {
            generation: 0,
            state: State::Pooled,
            owner: Owner::FLOW,
            refs: 0,
            len: 0,
            capacity: self.tiers[tier].slot_bytes(),
            content_type: ContentType::EMPTY,
            storage: Storage::Tier { tier, at },
        });
        Some(self.slots.len() - 1)
    }

    fn take_from_heap(&mut self, capacity: usize) -> Result<usize, BufferError> {
        self.fallback_left = self
            .fallback_left
            .checked_sub(capacity as u64)
            .ok_or(BufferError::Exhausted)?;
        let memory = vec![0; capacity];
        self.stats.fallback += 1;
        if let Some(slot) = self.spare.pop() {
            let entry = &mut self.slots[slot];
            entry.capacity = capacity;
            entry.storage = Storage::Heap(memory);
            return Ok(slot);
        }
        if self.slots.len() == MAX_SLOTS {
            return Err(BufferError::Exhausted);
        }
        self.slots.push(Slot {
            generation: 0,
            state: State::Pooled,
            owner: Owner::FLOW,
            refs: 0,
            len: 0,
            capacity,
            content_type: ContentType::EMPTY,
            storage: Storage::Heap(memory),
        });
        Ok(self.slots.len() - 1)
    }

    /// Writes `bytes` at `offset`, growing the contents up to the capacity.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::OutOfBounds`] for an offset beyond the contents,
    /// [`BufferError::CapacityExceeded`]; the contents are unchanged then.
    pub fn write(&mut self, id: BufferId, offset: u64, bytes: &[u8]) -> Result<(), BufferError> {
        let slot = self.find(id, State::Draft)?;
        let entry = &self.slots[slot];
        let start = usize::try_from(offset).map_err(|_| BufferError::OutOfBounds)?;
        if start > entry.len {
            return Err(BufferError::OutOfBounds);
        }
        let end = start.checked_add(bytes.len()).ok_or(BufferError::CapacityExceeded)?;
        if end > entry.capacity {
            return Err(BufferError::CapacityExceeded);
        }
        self.memory_mut(slot)[start..end].copy_from_slice(bytes);
        let entry = &mut self.slots[slot];
        entry.len = entry.len.max(end);
        Ok(())
    }

    /// Writes `bytes` behind the contents.
    ///
    /// # Errors
    /// As [`BufferPool::write`].
    pub fn append(&mut self, id: BufferId, bytes: &[u8]) -> Result<(), BufferError> {
        let len = self.slots[self.find(id, State::Draft)?].len;
        self.write(id, len as u64, bytes)
    }

    /// Length and capacity in bytes of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn extent(&self, id: BufferId) -> Result<(u64, u64), BufferError> {
        let entry = &self.slots[self.find(id, State::Draft)?];
        Ok((entry.len as u64, entry.capacity as u64))
    }

    /// Sets the content type of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::ContentType`].
    pub fn set_content_type(&mut self, id: BufferId, content_type: &str) -> Result<(), BufferError> {
        let slot = self.find(id, State::Draft)?;
        self.slots[slot].content_type = self.content_types.intern(content_type)?;
        Ok(())
    }

    /// The contents of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn contents(&self, id: BufferId) -> Result<&[u8], BufferError> {
        let slot = self.find_immutable(id)?;
        Ok(&self.memory(slot)[..self.slots[slot].len])
    }

    /// The content type of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn content_type(&self, id: BufferId) -> Result<ContentType, BufferError> {
        Ok(self.slots[self.find_immutable(id)?].content_type)
    }

    fn find(&self, id: BufferId, state: State) -> Result<usize, BufferError> {
        match self.slots.get(id.slot()) {
            Some(entry) if entry.generation == id.generation() && entry.state == state => Ok(id.slot()),
            Some(_) | None => Err(BufferError::Stale),
        }
    }

    fn find_immutable(&self, id: BufferId) -> Result<usize, BufferError> {
        match self.slots.get(id.slot()) {
            Some(entry) if entry.generation == id.generation() => match entry.state {
                State::Owned | State::Transit | State::Borrowed => Ok(id.slot()),
                State::Pooled | State::Draft => Err(BufferError::Stale),
            },
            Some(_) | None => Err(BufferError::Stale),
        }
    }

    fn memory(&self, slot: usize) -> &[u8] {
        let entry = &self.slots[slot];
        match &entry.storage {
            Storage::Tier { tier, at } => &self.tiers[*tier].memory()[*at..*at + entry.capacity],
            Storage::Heap(memory) => memory,
        }
    }

    fn memory_mut(&mut self, slot: usize) -> &mut [u8] {
        let entry = &mut self.slots[slot];
        match &mut entry.storage {
            Storage::Tier { tier, at } => &mut self.tiers[*tier].memory_mut()[*at..*at + entry.capacity],
            Storage::Heap(memory) => memory,
        }
    }
}

#[cfg(test)]
mod tests;
