//! The buffers of a flow: four pooled tiers and, for what these cannot serve, the system allocator within a budget.
//!
//! A buffer is named by a [`BufferId`]: slot and generation. The generation changes whenever earlier claims on the
//! buffer end (freeze, release), so the pool recognises a stale id and never follows it.
//!
//! The tiers and the state of each buffer are in the flow's exchange memory, laid out as in [`crate::layout`]. Glue
//! changes them too, so the memory is the authority and no copy of that state is kept elsewhere.

use wasmtime::{Engine, Error};

use crate::account::PoolStats;
use crate::bounds;
use crate::layout::{self, control, flow_name, slot, statistics, tier};
use crate::plan::{NodePlan, PoolPlan};

mod content_type;
mod contents;
mod element;
mod exchange;
mod map;
mod memory;
mod node;
mod outside;
mod ownership;
mod pooled;
mod refusal;
mod slots;

pub use content_type::ContentType;
pub(crate) use content_type::ContentTypes;
pub use element::Element;
use map::Map;
use memory::Fixed;
pub(crate) use memory::{ExchangeMemory, WatchedWords};
use pooled::Tier;
pub(crate) use refusal::Refusal;
use slots::{Contents, Slot, State};

const _: () = assert!(slot::COUNT as u64 == bounds::BUFFERS);

/// The name of a buffer while its ownership lasts: 16 bits of generation, 16 bits of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferId(u32);

impl BufferId {
    /// The id in the representation of a component handle.
    #[inline]
    #[must_use]
    pub fn from_rep(rep: u32) -> Self {
        Self(rep)
    }

    /// The representation of a component handle to this buffer.
    #[inline]
    #[must_use]
    pub fn rep(self) -> u32 {
        self.0
    }
}

/// Misuse of a buffer, or a lack of memory for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferError {
    /// The id no longer names a buffer in the expected state (E0303).
    Stale,
    /// The buffer is lent to a component (E0304).
    Borrowed,
    /// The buffer belongs to another stage (E0302).
    NotOwner,
    /// The write would exceed the capacity (E0305).
    CapacityExceeded,
    /// The offset is beyond the contents.
    OutOfBounds,
    /// The buffer would exceed the limit on any buffer, given in bytes.
    TooLarge(u64),
    /// The component would own more bytes than its limit, given here (E0310).
    OverBudget(u64),
    /// The tier is empty and the budget outside the tiers is used up (E0301).
    Exhausted,
    /// The content type is too long, or the flow uses too many of them.
    ContentType,
}

/// All buffers of one flow.
#[derive(Debug)]
pub struct BufferPool {
    memory: ExchangeMemory,
    tiers: [Tier; 4],
    /// Number of slots that have ever been used; their positions come first.
    slots: u32,
    /// Bytes of the buffers outside the memory, by slot.
    heap: Vec<Vec<u8>>,
    /// Free slots of buffers outside the memory.
    spare: Vec<Slot>,
    fallback_left: u64,
    /// Most bytes of all buffers outside the memory, as planned.
    fallback_bytes: u64,
    /// Buffers of each tier, as planned.
    tier_slots: [u32; 4],
    /// Whether the manifest gives the tier fewer buffers than the flow could use, by tier.
    bounded: [bool; 4],
    /// The last refusal of a buffer.
    refusal: Option<Refusal>,
    fallback: u64,
    max_buffer_bytes: u64,
    /// Number of nodes that have a block in the memory.
    nodes: u32,
    /// The node that is being called, as an owner in the memory.
    current: u32,
    /// Content types in use, by number.
    pub content_types: ContentTypes,
}

impl BufferPool {
    /// The buffers of a flow without glue, with the tiers of `plan`. `nodes` have the limits of the flow's stages. The
    /// system zeroes the memory on first touch; nothing is touched here.
    ///
    /// # Errors
    /// When the system has no memory of that size.
    pub fn new(plan: &PoolPlan, nodes: &[NodePlan]) -> wasmtime::Result<Self> {
        let map = Map::of(plan, nodes.len(), 0).expect("invariant: a flow has fewer than 2^24 stages");
        let memory = ExchangeMemory::own(map.pages)?;
        Ok(Self::with(memory, &map, plan, nodes, |_| false))
    }

    /// The buffers of a flow with glue, in a memory that shells of `engine` can import. `flow` is the flow's name;
    /// `on_core` says for each node whether its stage is on a core call path.
    ///
    /// # Errors
    /// When the system has no memory of that size, `engine` supports no shared memory, or the flow has too many stages
    /// or too long a name.
    pub fn shared(
        engine: &Engine,
        plan: &PoolPlan,
        nodes: &[NodePlan],
        flow: &str,
        on_core: &[bool],
    ) -> wasmtime::Result<Self> {
        let tables = on_core.iter().filter(|on_core| **on_core).count();
        let map = Map::of(plan, nodes.len(), tables)
            .ok_or_else(|| Error::msg("the flow has more stages than one memory can serve"))?;
        let memory = ExchangeMemory::importable(engine, map.pages)?;
        let mut pool = Self::with(memory, &map, plan, nodes, |node| on_core[node]);
        pool.set_flow_name(flow)?;
        Ok(pool)
    }

    fn with(
        mut memory: ExchangeMemory,
        map: &Map,
        plan: &PoolPlan,
        nodes: &[NodePlan],
        on_core: impl Fn(usize) -> bool,
    ) -> Self {
        node::write_blocks(&mut memory, map, plan, nodes, on_core);
        for (tier, plan) in (0..).zip(&plan.tiers) {
            memory.set_u32(pooled::field(tier, tier::SLOT_BYTES), plan.slot_bytes);
        }
        Self {
            content_types: ContentTypes::new(memory.shared().cloned()),
            memory,
            tiers: map.tiers,
            slots: 0,
            heap: Vec::new(),
            spare: Vec::new(),
            fallback_left: plan.fallback_bytes,
            fallback_bytes: plan.fallback_bytes,
            tier_slots: plan.tiers.map(|tier| tier.slots),
            bounded: [false; 4],
            refusal: None,
            fallback: 0,
            max_buffer_bytes: plan.max_buffer_bytes,
            nodes: u32::try_from(nodes.len()).expect("invariant: their blocks have 32-bit addresses"),
            current: slot::FLOW,
        }
    }

    /// Lets refusals name the manifest's bound on a tier, where the flow, with this many stages and this total capacity
    /// of streams, could use more buffers.
    #[must_use]
    pub fn naming_bounds(mut self, stages: usize, queued: u64) -> Self {
        let wanted = bounds::wanted_slots(stages as u64, queued);
        self.bounded = std::array::from_fn(|tier| u64::from(self.tier_slots[tier]) < wanted[tier]);
        self
    }

    fn set_flow_name(&mut self, name: &str) -> wasmtime::Result<()> {
        let length = u32::try_from(name.len()).ok();
        let length = length.filter(|length| *length <= flow_name::LONGEST).ok_or_else(|| {
            Error::msg(format!(
                "the name of the flow is longer than {} bytes",
                flow_name::LONGEST
            ))
        })?;
        self.memory.write(flow_name::FIRST, name.as_bytes());
        self.memory.set_u32(control::FLOW_NAME, flow_name::FIRST);
        self.memory.set_u32(control::FLOW_NAME + 4, length);
        Ok(())
    }

    /// Begins a call of `node`, which owns the buffers allocated during it.
    #[inline]
    pub fn begin_call(&mut self, node: usize) {
        self.current = node::owner(node);
    }

    /// Ends the call.
    #[inline]
    pub fn end_call(&mut self) {
        self.current = slot::FLOW;
    }

    /// Counters of the pool up to now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        PoolStats {
            allocated: self.memory.u64(Fixed(statistics::ALLOCATED)),
            returned: self.memory.u64(Fixed(statistics::RETURNED)),
            fallback: self.fallback,
            reused: self.memory.u64(Fixed(statistics::REUSED)),
            peak_live: self.memory.u64(Fixed(statistics::PEAK_LIVE)),
        }
    }

    /// Number of buffers in use.
    #[inline]
    #[must_use]
    pub fn live(&self) -> u64 {
        self.memory.u64(Fixed(statistics::ALLOCATED)) - self.memory.u64(Fixed(statistics::RETURNED))
    }

    /// A mutable buffer of at least `capacity` bytes, owned by the stage that is being called.
    ///
    /// # Errors
    /// [`BufferError::TooLarge`], [`BufferError::OverBudget`], [`BufferError::Exhausted`].
    pub fn allocate(&mut self, capacity: u64) -> Result<BufferId, BufferError> {
        let slot = self.take(self.current, capacity)?;
        Ok(self.hand_out(slot, State::Draft, self.current, Contents::EMPTY))
    }

    /// A buffer in transit with these contents.
    ///
    /// # Errors
    /// As [`BufferPool::allocate`].
    pub fn make(&mut self, bytes: &[u8], content_type: ContentType) -> Result<BufferId, BufferError> {
        let slot = self.take(slot::FLOW, bytes.len() as u64)?;
        self.copy_in(slot, 0, bytes);
        let contents = Contents {
            len: u32::try_from(bytes.len()).expect("invariant: they fit into a buffer"),
            content_type,
        };
        Ok(self.hand_out(slot, State::Transit, slot::FLOW, contents))
    }

    /// A free slot with at least `capacity` bytes, which count as those of `owner`.
    #[inline]
    fn take(&mut self, owner: u32, capacity: u64) -> Result<Slot, BufferError> {
        let block = self.block_of(owner);
        let limit = block.map_or(self.max_buffer_bytes, |block| {
            self.memory.u64(block + layout::node::MAX_BUFFER_BYTES)
        });
        let wanted = u32::try_from(capacity).map_err(|_| BufferError::TooLarge(limit))?;
        if capacity > limit {
            return Err(BufferError::TooLarge(limit));
        }
        let tier = (0..tier::COUNT).find(|tier| wanted <= self.slot_bytes(*tier));
        let granted = tier.map_or(wanted, |tier| self.slot_bytes(tier));
        let held = block.map(|block| self.held_with(block, granted)).transpose()?;
        let slot = match tier.and_then(|tier| self.take_from_tier(tier)) {
            Some(slot) => slot,
            None => self.take_from_heap(granted)?,
        };
        if let Some((block, held)) = block.zip(held) {
            self.memory.set_u64(block + layout::node::HELD_BYTES, held);
        }
        Ok(slot)
    }

    /// Bytes that a node would own with `more` bytes.
    ///
    /// # Errors
    /// [`BufferError::OverBudget`] when that exceeds its limit.
    #[inline]
    fn held_with(&self, block: u32, more: u32) -> Result<u64, BufferError> {
        let held = self.memory.u64(block + layout::node::HELD_BYTES) + u64::from(more);
        let budget = self.memory.u64(block + layout::node::BUDGET_BYTES);
        match held <= budget {
            true => Ok(held),
            false => Err(BufferError::OverBudget(budget)),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
