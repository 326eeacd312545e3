//! The buffers of a flow: four pooled tiers and, behind them, the system allocator within a budget.
//!
//! A buffer is named by a [`BufferId`]: slot and generation. The generation changes whenever the buffer changes hands in
//! a way that ends earlier claims (freeze, release), so a stale id is recognised, never followed.

use crate::plan::{NodePlan, PoolPlan};

mod content_type;
mod tier;

pub use content_type::{ContentType, ContentTypes};
use tier::Tier;

/// Slots of one flow's pool: an id has 16 bits for the slot.
const MAX_SLOTS: usize = 1 << 16;

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

/// Who may do what with a buffer (design section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the free list.
    Pooled,
    /// Mutable, owned by whoever fills it.
    Draft,
    /// Immutable, still owned by whoever filled it.
    Owned,
    /// Immutable, held by the streams and the stage that have the element.
    Transit,
    /// In transit, and lent to a component for one call.
    Borrowed,
}

/// Who owns a draft or a finished buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner(u16);

impl Owner {
    /// The flow itself: built-in stages, and everything in transit.
    const FLOW: Self = Self(u16::MAX);

    fn node(node: usize) -> Self {
        Self(u16::try_from(node).unwrap_or(u16::MAX))
    }
}

/// What a component owns and may own.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Largest buffer it may ask for, in bytes.
    pub max_buffer_bytes: u64,
    /// Bytes of buffers it may own at once.
    pub budget_bytes: u64,
    /// Bytes it owns.
    pub held_bytes: u64,
}

/// Where the bytes of a slot are.
#[derive(Debug)]
enum Storage {
    /// In a tier, which is fixed for the life of the slot.
    Tier { tier: usize, at: usize },
    /// Allocated for this one buffer.
    Heap(Vec<u8>),
}

#[derive(Debug)]
struct Slot {
    generation: u16,
    state: State,
    owner: Owner,
    /// Streams and stages that hold the element; 1 before it is in transit.
    refs: u32,
    len: usize,
    capacity: usize,
    content_type: ContentType,
    storage: Storage,
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

    /// What `node` owns and may own.
    #[must_use]
    pub fn account(&self, node: usize) -> Option<Account> {
        self.accounts.get(node).copied()
    }

    fn account_of(&mut self, owner: Owner) -> Option<&mut Account> {
        self.accounts.get_mut(usize::from(owner.0))
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
