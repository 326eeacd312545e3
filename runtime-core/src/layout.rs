//! Where things are in a flow's exchange memory: the linear memory that the flow's buffers live in. The runtime works on
//! it from outside, the glue that the compiler welds to the stages' code from inside the sandbox, so both sides are built
//! on these numbers. All addresses are in bytes from the start of the memory; all values are little-endian.
//!
//! Guests never see this memory: what they pass and get is copied, with the bounds checks of the sandbox.

/// Bytes of a page of linear memory (WebAssembly core specification, 4.2.8).
pub const PAGE_BYTES: u64 = 65_536;

/// What a running call and the outside tell each other.
pub mod control {
    /// `u32`, atomic: the number of the call that is to ask the host whether to stop; 0 when none is.
    pub const INTERRUPT: u32 = 0;
    /// `u32`: number of the current or last call of a stage. Counts up, and leaves 0 out.
    pub const CALL: u32 = 4;
    /// `u32`: 1 + position of the node whose stage is being called; 0 when none is.
    pub const STAGE: u32 = 8;
    /// `u32`: milliseconds that the current call may take; 0: what the plan gives a call of the stage.
    pub const LIMIT_MS: u32 = 12;
    /// `u32`, atomic: 1 when no element may be pulled any more without asking the driver, else 0.
    pub const HALT: u32 = 16;
    /// `u64`: nanoseconds since the Unix epoch, for the elements that sources emit.
    pub const WALL_NS: u32 = 24;
    /// `u64`: sequence number of the next element.
    pub const SEQUENCE: u32 = 32;
    /// `u64`: what `flow-context.deadline-ns` answers.
    pub const DEADLINE_NS: u32 = 40;
    /// `u32`, `u32`: address and length of the flow's name.
    pub const FLOW_NAME: u32 = 48;
}

/// Use of the pool, each a `u64` (see `PoolStats`).
pub mod statistics {
    /// Buffers handed out.
    pub const ALLOCATED: u32 = 64;
    /// Buffers given back.
    pub const RETURNED: u32 = 72;
    /// Buffers handed out that had been used before.
    pub const REUSED: u32 = 80;
    /// Most buffers that were in use at once.
    pub const PEAK_LIVE: u32 = 88;
}

/// The tiers of pooled buffers, smallest first.
pub mod tier {
    /// Address of the first.
    pub const FIRST: u32 = 128;
    /// Bytes of a tier's description.
    pub const SIZE: u32 = 16;
    /// How many there are.
    pub const COUNT: u32 = 4;
    /// `u32`: capacity of each buffer in bytes.
    pub const SLOT_BYTES: u32 = 0;
    /// `u32`: 1 + the slot that was given back last; 0 when none is free.
    pub const FREE: u32 = 4;
}

/// Content types by number.
pub mod content_type {
    /// Address of the first entry: address and length of the text, `u32` each.
    pub const FIRST: u32 = 0x1000;
    /// Bytes of an entry.
    pub const SIZE: u32 = 8;
    /// Distinct content types a flow may use. A guest that makes up new ones for each element must not fill the memory.
    pub const COUNT: u32 = 1024;
    /// Longest content type in bytes: RFC 6838 allows 127 + 1 + 127, parameters come on top.
    pub const LONGEST: u32 = 1024;
    /// Where the texts begin; they take at most `COUNT * LONGEST` bytes.
    pub const TEXTS: u32 = super::slot::FIRST + super::slot::COUNT * super::slot::SIZE;
}

/// The flow's name.
pub mod flow_name {
    /// Its address.
    pub const FIRST: u32 = 0x3000;
    /// Its longest length in bytes.
    pub const LONGEST: u32 = 0x1000;
}

/// Where bytes pass through on their way between a stage and the host.
pub mod scratch {
    /// Its address.
    pub const FIRST: u32 = 0x1_0000;
    /// Its length in bytes.
    pub const SIZE: u32 = 0x1_0000;
}

/// What is known of each buffer.
pub mod slot {
    /// Address of the first entry.
    pub const FIRST: u32 = 0x2_0000;
    /// Bytes of an entry: one cache line.
    pub const SIZE: u32 = 64;
    /// How many there are: an id has 16 bits for the slot.
    pub const COUNT: u32 = 65_536;
    /// `u32`: the id that names the buffer now, generation in the upper 16 bits, slot in the lower.
    pub const ID: u32 = 0;
    /// `u32`: see [`super::state`].
    pub const STATE: u32 = 4;
    /// `u32`: position of the node that owns it; [`FLOW`] when none does.
    pub const OWNER: u32 = 8;
    /// `u32`: streams and stages that hold the element; 1 before it is in transit.
    pub const REFS: u32 = 12;
    /// `u32`: bytes of contents.
    pub const LEN: u32 = 16;
    /// `u32`: bytes of capacity.
    pub const CAPACITY: u32 = 20;
    /// `u32`: number of the content type.
    pub const CONTENT_TYPE: u32 = 24;
    /// `u32`: its tier; [`super::tier::COUNT`] when its bytes are outside of this memory.
    pub const TIER: u32 = 28;
    /// `u32`: where its bytes are, in this memory.
    pub const ADDRESS: u32 = 32;
    /// `u32`: 1 + the slot of the tier that is free behind this one; 0 when none is.
    pub const NEXT: u32 = 36;
    /// Added to an id, it makes the id of the next generation.
    pub const GENERATION: u32 = 0x1_0000;
    /// The owner of what no stage owns.
    pub const FLOW: u32 = u32::MAX;
}

/// States of a buffer (design section 6).
pub mod state {
    /// In the free list.
    pub const POOLED: u32 = 0;
    /// Mutable, owned by whoever fills it.
    pub const DRAFT: u32 = 1;
    /// Immutable, still owned by whoever filled it.
    pub const OWNED: u32 = 2;
    /// Immutable, held by the streams and the stage that have the element.
    pub const TRANSIT: u32 = 3;
    /// In transit, and lent to a component for one call.
    pub const BORROWED: u32 = 4;
}

/// What concerns one node.
pub mod stage {
    /// Address of the first node's block.
    pub const FIRST: u32 = super::content_type::TEXTS + super::content_type::COUNT * super::content_type::LONGEST;
    /// Bytes of a block.
    pub const SIZE: u32 = 256;
    /// `u64`: bytes of the buffers it owns.
    pub const HELD_BYTES: u32 = 0;
    /// `u64`: bytes that it may own at once.
    pub const BUDGET_BYTES: u32 = 8;
    /// `u64`: largest buffer it may ask for.
    pub const MAX_BUFFER_BYTES: u32 = 16;
    /// `u32`: position of the node.
    pub const POSITION: u32 = 24;
    /// `u32`: address of its handle table; 0 when it has none, being no stage of the core call paths.
    pub const HANDLES: u32 = 28;
    /// `u32`: the free handle that was given back last; 0 when none is.
    pub const FREE_HANDLE: u32 = 32;
    /// `u32`: the first handle that was never used; at first 1, since 0 is no handle.
    pub const UNUSED_HANDLE: u32 = 36;
    /// `u32`: borrowed handles that the current call has not given up yet.
    pub const BORROWS: u32 = 40;
    /// `u32`: 0 while the stage must not call out (canonical ABI, `may_leave`).
    pub const MAY_LEAVE: u32 = 44;
    /// `u32`: the content type that the stage named last.
    pub const RECENT_TYPE: u32 = 48;
    /// `u32`: id of the buffer of the result.
    pub const RESULT: u32 = 52;
    /// `u32`: content type of the result.
    pub const RESULT_TYPE: u32 = 56;
    /// `u32`: id of the buffer that is lent for the current call.
    pub const LENT: u32 = 60;
    /// Copies by reason, each a count and a number of bytes, both `u64`: payloads read.
    pub const READ: u32 = 64;
    /// Payload parts written.
    pub const WRITTEN: u32 = 80;
    /// Metadata, in either direction.
    pub const METADATA: u32 = 96;
    /// `u64`: calls within a chain, and what came of them (see `chain`).
    pub const CHAIN_CALLS: u32 = 112;
    /// `u64`: elements that the stage of a chain put out, let pass or took.
    pub const CHAIN_EMITTED: u32 = 120;
    /// `u64`: elements that ended at the stage of a chain as intended.
    pub const CHAIN_ENDED: u32 = 128;
    /// `u64`: sequence number of the element that an aggregator took in last within a chain.
    pub const LAST_SEQUENCE: u32 = 136;
    /// `u64`: timestamp of that element.
    pub const LAST_TIMESTAMP_NS: u32 = 144;
}

/// The element that a chain of stages is at.
pub mod chain {
    /// Its address, in the block of the chain's first node: `u64` sequence number.
    pub const SEQUENCE: u32 = 160;
    /// `u64`: nanoseconds since the Unix epoch.
    pub const TIMESTAMP_NS: u32 = 168;
    /// `u32`: id of its buffer.
    pub const BUFFER: u32 = 176;
    /// `u32`: number of its content type.
    pub const CONTENT_TYPE: u32 = 180;
    /// `u32`: position of the stage within the chain that it is at.
    pub const MEMBER: u32 = 184;
}

/// Handles, as a stage names its buffers and what is lent to it.
pub mod handle {
    /// Bytes of an entry: its kind, and the id that it stands for or the free handle behind it, `u32` each.
    pub const SIZE: u32 = 8;
    /// Entries of a stage's table. The first is none: 0 is no handle.
    pub const COUNT: u32 = crate::bounds::HANDLES + 1;
    /// Not in use.
    pub const FREE: u32 = 0;
    /// An immutable buffer that the stage owns.
    pub const BUFFER: u32 = 1;
    /// A mutable buffer that the stage owns.
    pub const MUTABLE_BUFFER: u32 = 2;
    /// An immutable buffer that is lent to the stage.
    pub const LENT_BUFFER: u32 = 3;
    /// The flow context, which is always lent.
    pub const LENT_CONTEXT: u32 = 4;
}

/// What a call of a stage comes to, as its glue reports it.
pub mod outcome {
    /// The element ended here, as intended; a source is exhausted.
    pub const ENDED: u32 = 0;
    /// There is a result, or the element passes, or it was taken.
    pub const EMITTED: u32 = 1;
    /// The stage reported an error.
    pub const FAILED: u32 = 2;
    /// There is a result that the flow can't take: it would have too many content types.
    pub const REFUSED: u32 = 3;
    /// The element was taken, and no further one is wanted for now.
    pub const PAUSED: u32 = 4;
    /// A chain did all the elements it was asked for.
    pub const DONE: u32 = 5;
}

/// The rules of the canonical ABI that a guest can break.
pub mod violation {
    /// It called out while it must not.
    pub const MAY_NOT_LEAVE: u32 = 0;
    /// It returned a misaligned pointer.
    pub const UNALIGNED: u32 = 1;
    /// It returned a pointer to what is not in its memory.
    pub const OUT_OF_BOUNDS: u32 = 2;
    /// Its allocator returned a misaligned pointer.
    pub const REALLOC_UNALIGNED: u32 = 3;
    /// Its allocator returned a pointer to what is not in its memory.
    pub const REALLOC_OUT_OF_BOUNDS: u32 = 4;
    /// It has no allocator.
    pub const NO_REALLOC: u32 = 5;
    /// A text is not in its memory.
    pub const TEXT_OUT_OF_BOUNDS: u32 = 6;
    /// A list is not in its memory.
    pub const LIST_OUT_OF_BOUNDS: u32 = 7;
    /// A list is misaligned.
    pub const LIST_UNALIGNED: u32 = 8;
    /// It has more handles than a stage may have.
    pub const TOO_MANY_HANDLES: u32 = 9;
    /// It used a handle that it does not have.
    pub const UNKNOWN_HANDLE: u32 = 10;
    /// It used a handle of another type.
    pub const WRONG_TYPE: u32 = 11;
    /// It handed out what was only lent to it.
    pub const OWN_OF_BORROW: u32 = 12;
    /// It kept what was lent to it.
    pub const BORROWS_REMAIN: u32 = 13;
    /// It used a buffer that is no longer what it was (with the function, see `function`).
    pub const STALE: u32 = 14;
    /// It named a content type that the flow can't have (with the function).
    pub const CONTENT_TYPE: u32 = 15;
    /// There is no such case of a result.
    pub const RESULT_CASE: u32 = 16;
    /// There is no such case of an option.
    pub const OPTION_CASE: u32 = 17;
    /// There is no such case of a variant.
    pub const VARIANT_CASE: u32 = 18;
    /// There is no such case of an enum.
    pub const ENUM_CASE: u32 = 19;
    /// It passed more than the host takes in one call.
    pub const TOO_MUCH: u32 = 20;
    /// It called the host with a misaligned place for the result.
    pub const AREA_UNALIGNED: u32 = 21;
    /// It called the host with a place for the result that is not in its memory.
    pub const AREA_OUT_OF_BOUNDS: u32 = 22;
}

/// The functions that use buffers, in violations.
pub mod function {
    /// Their names, by number.
    pub const NAMES: [&str; 11] = [
        "buffer.size",
        "buffer.content-type",
        "buffer.read",
        "buffer.read-all",
        "mutable-buffer.write",
        "mutable-buffer.append",
        "mutable-buffer.size",
        "mutable-buffer.capacity",
        "mutable-buffer.set-content-type",
        "mutable-buffer.freeze",
        "clone-into-mutable",
    ];
}
