//! The buffers of a flow: four pooled tiers and, behind them, the system allocator within a budget.
//!
//! A buffer is named by a [`BufferId`]: slot and generation. The generation changes whenever the buffer changes hands in
//! a way that ends earlier claims (freeze, release), so a stale id is recognised, never followed.

use crate::plan::PoolPlan;

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
    /// The write would pass the capacity (E0305).
    CapacityExceeded,
    /// The offset is beyond the contents.
    OutOfBounds,
    /// The buffer would be larger than any buffer may be; with that limit in bytes.
    TooLarge(u64),
    /// The tier is empty and there is no memory outside it (E0301).
    Exhausted,
    /// More content types than a flow may use, or one that is too long.
    ContentType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the free list.
    Pooled,
    /// Owned by the component that fills it.
    Mutable,
    /// Immutable; `refs` streams or stages hold it.
    Frozen,
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
    stats: PoolStats,
    /// Content types in use, by id.
    pub content_types: ContentTypes,
}

impl BufferPool {
    /// Reserves the tiers of `plan`. The memory is zeroed by the system when it is first touched, not here.
    #[must_use]
    pub fn new(plan: &PoolPlan) -> Self {
        Self {
            tiers: plan.tiers.map(|tier| Tier::new(&tier)),
            slots: Vec::new(),
            spare: Vec::new(),
            fallback_left: plan.fallback_bytes,
            max_buffer_bytes: plan.max_buffer_bytes,
            stats: PoolStats::default(),
            content_types: ContentTypes::default(),
        }
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

    /// A mutable buffer of at least `capacity` bytes, owned by the caller.
    ///
    /// # Errors
    /// [`BufferError::TooLarge`], [`BufferError::Exhausted`].
    pub fn allocate(&mut self, capacity: u64) -> Result<BufferId, BufferError> {
        if capacity > self.max_buffer_bytes {
            return Err(BufferError::TooLarge(self.max_buffer_bytes));
        }
        let wanted = usize::try_from(capacity).map_err(|_| BufferError::TooLarge(self.max_buffer_bytes))?;
        let slot = match self.tiers.iter().position(|tier| wanted <= tier.slot_bytes()) {
            Some(tier) => match self.take_from_tier(tier) {
                Some(slot) => slot,
                None => self.take_from_heap(self.tiers[tier].slot_bytes())?,
            },
            None => self.take_from_heap(wanted)?,
        };
        self.stats.allocated += 1;
        let entry = &mut self.slots[slot];
        entry.state = State::Mutable;
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
        let slot = self.find(id, State::Mutable)?;
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
        let len = self.slots[self.find(id, State::Mutable)?].len;
        self.write(id, len as u64, bytes)
    }

    /// Length and capacity in bytes of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn extent(&self, id: BufferId) -> Result<(u64, u64), BufferError> {
        let entry = &self.slots[self.find(id, State::Mutable)?];
        Ok((entry.len as u64, entry.capacity as u64))
    }

    /// Sets the content type of a mutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`], [`BufferError::ContentType`].
    pub fn set_content_type(&mut self, id: BufferId, content_type: &str) -> Result<(), BufferError> {
        let slot = self.find(id, State::Mutable)?;
        self.slots[slot].content_type = self.content_types.intern(content_type)?;
        Ok(())
    }

    /// Makes the buffer immutable. The old id is stale afterwards, the returned one is the owner's.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn freeze(&mut self, id: BufferId) -> Result<BufferId, BufferError> {
        let slot = self.find(id, State::Mutable)?;
        let entry = &mut self.slots[slot];
        entry.state = State::Frozen;
        entry.generation = entry.generation.wrapping_add(1);
        Ok(BufferId::new(slot, entry.generation))
    }

    /// The contents of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn contents(&self, id: BufferId) -> Result<&[u8], BufferError> {
        let slot = self.find(id, State::Frozen)?;
        Ok(&self.memory(slot)[..self.slots[slot].len])
    }

    /// The content type of an immutable buffer.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn content_type(&self, id: BufferId) -> Result<ContentType, BufferError> {
        Ok(self.slots[self.find(id, State::Frozen)?].content_type)
    }

    /// Adds `more` holders to an immutable buffer (fan-out): no copy.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn retain(&mut self, id: BufferId, more: u32) -> Result<(), BufferError> {
        let slot = self.find(id, State::Frozen)?;
        self.slots[slot].refs += more;
        Ok(())
    }

    /// Ends one holder's claim; the last one returns the buffer to the pool.
    ///
    /// # Errors
    /// [`BufferError::Stale`].
    pub fn release(&mut self, id: BufferId) -> Result<(), BufferError> {
        let slot = self
            .find(id, State::Frozen)
            .or_else(|_| self.find(id, State::Mutable))?;
        let entry = &mut self.slots[slot];
        entry.refs -= 1;
        if entry.refs > 0 {
            return Ok(());
        }
        entry.state = State::Pooled;
        entry.generation = entry.generation.wrapping_add(1);
        self.stats.returned += 1;
        match &mut entry.storage {
            Storage::Tier { tier, .. } => self.tiers[*tier].give_back(slot),
            Storage::Heap(memory) => {
                self.fallback_left += memory.len() as u64;
                *memory = Vec::new();
                self.spare.push(slot);
            }
        }
        Ok(())
    }

    fn find(&self, id: BufferId, state: State) -> Result<usize, BufferError> {
        match self.slots.get(id.slot()) {
            Some(entry) if entry.generation == id.generation() && entry.state == state => Ok(id.slot()),
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
mod tests {
    use super::*;
    use crate::plan::TierPlan;

    fn pool(slots: u32, fallback_bytes: u64) -> BufferPool {
        let tier = |slot_bytes| TierPlan { slot_bytes, slots };
        BufferPool::new(&PoolPlan {
            tiers: [tier(256), tier(4096), tier(65_536), tier(1 << 20)],
            fallback_bytes,
            max_buffer_bytes: 2 << 20,
        })
    }

    #[test]
    fn contents_survive_freeze_and_fan_out() {
        let mut pool = pool(2, 0);
        let draft = pool.allocate(5).unwrap();
        pool.append(draft, b"hello").unwrap();
        pool.write(draft, 0, b"J").unwrap();
        let frozen = pool.freeze(draft).unwrap();
        pool.retain(frozen, 1).unwrap();
        pool.release(frozen).unwrap();
        assert_eq!(pool.contents(frozen), Ok(&b"Jello"[..]));
        pool.release(frozen).unwrap();
        assert_eq!(pool.contents(frozen), Err(BufferError::Stale));
        assert_eq!(pool.live(), 0);
    }

    #[test]
    fn every_use_of_a_frozen_buffer_as_mutable_is_stale() {
        let mut pool = pool(1, 0);
        let draft = pool.allocate(1).unwrap();
        let frozen = pool.freeze(draft).unwrap();
        assert_eq!(pool.append(draft, b"x"), Err(BufferError::Stale));
        assert_eq!(pool.append(frozen, b"x"), Err(BufferError::Stale));
        assert_eq!(pool.freeze(draft), Err(BufferError::Stale));
        assert_eq!(pool.release(draft), Err(BufferError::Stale));
        assert_eq!(pool.contents(frozen), Ok(&b""[..]));
    }

    #[test]
    fn a_reused_slot_does_not_answer_to_its_old_id() {
        let mut pool = pool(1, 0);
        let first = pool.allocate(1).unwrap();
        pool.release(first).unwrap();
        let second = pool.allocate(1).unwrap();
        assert_ne!(first, second);
        assert_eq!(pool.append(first, b"x"), Err(BufferError::Stale));
        assert_eq!(pool.append(second, b"x"), Ok(()));
    }

    #[test]
    fn writes_outside_the_capacity_change_nothing() {
        let mut pool = pool(1, 0);
        let draft = pool.allocate(256).unwrap();
        pool.append(draft, &[7; 250]).unwrap();
        assert_eq!(pool.append(draft, &[8; 7]), Err(BufferError::CapacityExceeded));
        assert_eq!(pool.write(draft, 251, b"x"), Err(BufferError::OutOfBounds));
        assert_eq!(pool.write(draft, u64::MAX, b"x"), Err(BufferError::OutOfBounds));
        assert_eq!(pool.extent(draft), Ok((250, 256)));
    }

    #[test]
    fn an_empty_tier_falls_back_within_the_budget() {
        let mut pool = pool(1, 256);
        let pooled = pool.allocate(10).unwrap();
        let heap = pool.allocate(10).unwrap();
        assert_eq!(pool.allocate(10), Err(BufferError::Exhausted));
        assert_eq!(pool.stats().fallback, 1);
        pool.release(heap).unwrap();
        let again = pool.allocate(10).unwrap();
        pool.release(again).unwrap();
        pool.release(pooled).unwrap();
        assert_eq!(pool.live(), 0);
    }

    #[test]
    fn a_buffer_above_the_largest_size_is_refused() {
        assert_eq!(
            pool(1, u64::MAX).allocate((2 << 20) + 1),
            Err(BufferError::TooLarge(2 << 20))
        );
        assert_eq!(
            pool(1, u64::MAX).allocate(u64::MAX),
            Err(BufferError::TooLarge(2 << 20))
        );
    }
}
