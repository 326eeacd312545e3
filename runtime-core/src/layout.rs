//! Layout of a flow's exchange memory, the linear memory that holds the flow's buffers. The runtime accesses it from
//! outside the sandbox; the glue that the compiler welds to the stages' code accesses it from inside. Both are built
//! from these numbers. All addresses are in bytes from the start of the memory; all values are little-endian.
//!
//! Guests never see this memory: their arguments and results are copied, with the bounds checks of the sandbox.

/// Bytes of a page of linear memory (WebAssembly core specification, 4.2.8).
pub const PAGE_BYTES: u64 = 65_536;

/// Control words, shared by a running call, its driver and the watchdog.
pub mod control {
    /// `u32`: number of the current or last call of a stage. Counts up and skips 0.
    pub const CALL: u32 = 0;
    /// `u32`: 1 + position of the node that is being called; 0 for none.
    pub const STAGE: u32 = 4;
    /// `u32`: limit of the current call in milliseconds; 0 for the limit in the stage's plan.
    pub const LIMIT_MS: u32 = 8;
    /// `u32`, atomic: 1 when no further element may be pulled without asking the driver, otherwise 0.
    pub const HALT: u32 = 12;
    /// `u64`: timestamp for elements that sources emit, in nanoseconds since the Unix epoch.
    pub const WALL_NS: u32 = 16;
    /// `u64`: sequence number of the next element.
    pub const SEQUENCE: u32 = 24;
    /// `u64`: result of `flow-context.deadline-ns`.
    pub const DEADLINE_NS: u32 = 32;
    /// `u32`, `u32`: address and length of the flow's name.
    pub const FLOW_NAME: u32 = 40;
}

/// Counters of the pool, each a `u64` (see `PoolStats`).
pub mod statistics {
    /// Buffers handed out.
    pub const ALLOCATED: u32 = 64;
    /// Buffers given back.
    pub const RETURNED: u32 = 72;
    /// Buffers handed out from slots that had been used before.
    pub const REUSED: u32 = 80;
    /// Largest number of buffers in use at once.
    pub const PEAK_LIVE: u32 = 88;
}

/// The tiers of pooled buffers, smallest first.
pub mod tier {
    /// Address of the first description.
    pub const FIRST: u32 = 128;
    /// Bytes of a description.
    pub const SIZE: u32 = 16;
    /// Number of tiers.
    pub const COUNT: u32 = 4;
    /// `u32`: capacity of each buffer in bytes.
    pub const SLOT_BYTES: u32 = 0;
    /// `u32`: 1 + the slot that was returned last; 0 when none is free.
    pub const FREE: u32 = 4;
}

/// The table of content types, by number.
pub mod content_type {
    /// Address of the first entry: address and length of the text, `u32` each.
    pub const FIRST: u32 = 0x1000;
    /// Bytes of an entry.
    pub const SIZE: u32 = 8;
    /// Most content types of a flow. A guest that makes up new ones must not fill the memory.
    pub const COUNT: u32 = 1024;
    /// Longest content type in bytes: RFC 6838 allows 127 + 1 + 127; parameters come on top.
    pub const LONGEST: u32 = 1024;
    /// Address of the texts, which take at most `COUNT * LONGEST` bytes.
    pub const TEXTS: u32 = super::slot::FIRST + super::slot::COUNT * super::slot::SIZE;
}

/// The flow's name.
pub mod flow_name {
    /// Address of the name.
    pub const FIRST: u32 = 0x3000;
    /// Longest name in bytes.
    pub const LONGEST: u32 = 0x1000;
}

/// The scratch area, through which bytes pass between a stage and the host.
pub mod scratch {
    /// Address of the area.
    pub const FIRST: u32 = 0x1_0000;
    /// Length of the area in bytes.
    pub const SIZE: u32 = 0x1_0000;
}

/// The slots: one for each buffer.
pub mod slot {
    /// Address of the first slot.
    pub const FIRST: u32 = 0x2_0000;
    /// Bytes of a slot: one cache line.
    pub const SIZE: u32 = 64;
    /// Number of slots: an id has 16 bits for the slot.
    pub const COUNT: u32 = 65_536;
    /// `u32`: current id of the buffer, generation in the upper 16 bits, slot in the lower.
    pub const ID: u32 = 0;
    /// `u32`: one of the constants in [`super::state`].
    pub const STATE: u32 = 4;
    /// `u32`: position of the node that owns it; [`FLOW`] for none.
    pub const OWNER: u32 = 8;
    /// `u32`: number of streams and stages that hold the element; 1 before it is in transit.
    pub const REFS: u32 = 12;
    /// `u32`: length of the contents in bytes.
    pub const LEN: u32 = 16;
    /// `u32`: capacity in bytes.
    pub const CAPACITY: u32 = 20;
    /// `u32`: number of the content type.
    pub const CONTENT_TYPE: u32 = 24;
    /// `u32`: tier; [`super::tier::COUNT`] when the bytes are outside this memory.
    pub const TIER: u32 = 28;
    /// `u32`: address of the bytes in this memory.
    pub const ADDRESS: u32 = 32;
    /// `u32`: 1 + the next free slot of the tier; 0 for none.
    pub const NEXT: u32 = 36;
    /// Difference between an id and the id of the next generation.
    pub const GENERATION: u32 = 0x1_0000;
    /// The owner of buffers that no stage owns.
    pub const FLOW: u32 = u32::MAX;
}

/// States of a buffer (design section 6).
pub mod state {
    /// In the free list.
    pub const POOLED: u32 = 0;
    /// Mutable, owned by the stage that fills it.
    pub const DRAFT: u32 = 1;
    /// Immutable, still owned by the stage that filled it.
    pub const OWNED: u32 = 2;
    /// Immutable, held by the streams and the stage that have the element.
    pub const TRANSIT: u32 = 3;
    /// In transit and lent to a component for one call.
    pub const BORROWED: u32 = 4;
}

/// The block of a node.
pub mod node {
    /// Address of the first node's block.
    pub const FIRST: u32 = super::content_type::TEXTS + super::content_type::COUNT * super::content_type::LONGEST;
    /// Bytes of a block.
    pub const SIZE: u32 = 256;
    /// `u64`: bytes of the buffers it owns.
    pub const HELD_BYTES: u32 = 0;
    /// `u64`: most bytes that it may own at once.
    pub const BUDGET_BYTES: u32 = 8;
    /// `u64`: largest buffer that it may allocate.
    pub const MAX_BUFFER_BYTES: u32 = 16;
    /// `u32`: position of the node.
    pub const POSITION: u32 = 24;
    /// `u32`: address of its handle table; 0 for a node that is on no core call path.
    pub const HANDLES: u32 = 28;
    /// `u32`: the free handle that was returned last; 0 for none.
    pub const FREE_HANDLE: u32 = 32;
    /// `u32`: the first handle that was never used; initially 1, since 0 is no handle.
    pub const UNUSED_HANDLE: u32 = 36;
    /// `u32`: number of borrowed handles that the current call has not dropped yet.
    pub const BORROWS: u32 = 40;
    /// `u32`: 0 while the stage must not call imports (canonical ABI, `may_leave`).
    pub const MAY_LEAVE: u32 = 44;
    /// `u32`: number of the content type that the stage named last.
    pub const RECENT_TYPE: u32 = 48;
    /// `u32`: id of the buffer of the result.
    pub const RESULT: u32 = 52;
    /// `u32`: content type of the result.
    pub const RESULT_TYPE: u32 = 56;
    /// `u32`: id of the buffer lent for the current call.
    pub const LENT: u32 = 60;
    /// Copies by reason, each a count and a number of bytes, both `u64`: payloads read.
    pub const READ: u32 = 64;
    /// Payload parts written.
    pub const WRITTEN: u32 = 80;
    /// Metadata, in either direction.
    pub const METADATA: u32 = 96;
    /// `u64`: calls within a chain. This and the next two are reset when read.
    pub const CHAIN_CALLS: u32 = 112;
    /// `u64`: elements that the stage emitted, let pass or took within a chain.
    pub const CHAIN_EMITTED: u32 = 120;
    /// `u64`: elements that ended at the stage as intended, within a chain.
    pub const CHAIN_ENDED: u32 = 128;
    /// `u64`: sequence number of the last element that an aggregator took within a chain.
    pub const LAST_SEQUENCE: u32 = 136;
    /// `u64`: timestamp of that element.
    pub const LAST_TIMESTAMP_NS: u32 = 144;
    /// Payloads made by a built-in, counted like [`READ`]; behind the element of a chain.
    pub const MADE: u32 = 192;
}

/// The element that a chain of stages is processing, in the block of the chain's first node.
pub mod chain {
    /// `u64`: sequence number.
    pub const SEQUENCE: u32 = 160;
    /// `u64`: nanoseconds since the Unix epoch.
    pub const TIMESTAMP_NS: u32 = 168;
    /// `u32`: id of its buffer.
    pub const BUFFER: u32 = 176;
    /// `u32`: number of its content type.
    pub const CONTENT_TYPE: u32 = 180;
    /// `u32`: position within the chain of the stage that is processing it.
    pub const MEMBER: u32 = 184;
}

/// Handles, by which a stage names its own and its borrowed resources.
pub mod handle {
    /// Bytes of an entry: its kind, and the id it refers to or the next free handle, `u32` each.
    pub const SIZE: u32 = 8;
    /// Entries of a stage's table. The first is unused: 0 is no handle.
    pub const COUNT: u32 = crate::bounds::HANDLES + 1;
    /// Bytes of a stage's table.
    pub const TABLE_BYTES: u32 = SIZE * COUNT;
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

/// Outcome of a stage's call, as its glue reports it.
pub mod outcome {
    /// The element ended here, as intended; a source is exhausted.
    pub const ENDED: u32 = 0;
    /// There is a result, or the element passes, or it was taken.
    pub const EMITTED: u32 = 1;
    /// The stage reported an error.
    pub const FAILED: u32 = 2;
    /// There is a result that the flow cannot accept, because it has no room for its content type.
    pub const REFUSED: u32 = 3;
    /// The element was taken, and the sink asks for a pause.
    pub const PAUSED: u32 = 4;
    /// A chain has processed all requested elements.
    pub const DONE: u32 = 5;
}

/// Violations: the rules of the canonical ABI that a guest can break.
pub mod violation {
    /// The guest called an import when it must not.
    pub const MAY_NOT_LEAVE: u32 = 0;
    /// The guest returned a misaligned pointer.
    pub const UNALIGNED: u32 = 1;
    /// The guest returned a pointer outside its memory.
    pub const OUT_OF_BOUNDS: u32 = 2;
    /// The guest's allocator returned a misaligned pointer.
    pub const REALLOC_UNALIGNED: u32 = 3;
    /// The guest's allocator returned a pointer outside its memory.
    pub const REALLOC_OUT_OF_BOUNDS: u32 = 4;
    /// The guest has no allocator.
    pub const NO_REALLOC: u32 = 5;
    /// A text is outside the guest's memory.
    pub const TEXT_OUT_OF_BOUNDS: u32 = 6;
    /// A list is outside the guest's memory.
    pub const LIST_OUT_OF_BOUNDS: u32 = 7;
    /// A list is misaligned.
    pub const LIST_UNALIGNED: u32 = 8;
    /// The guest has more handles than a stage may have.
    pub const TOO_MANY_HANDLES: u32 = 9;
    /// The guest used a handle that it does not have.
    pub const UNKNOWN_HANDLE: u32 = 10;
    /// The guest used a handle of another type.
    pub const WRONG_TYPE: u32 = 11;
    /// The guest gave away a borrowed handle as its own.
    pub const OWN_OF_BORROW: u32 = 12;
    /// The guest kept a borrowed handle after the call.
    pub const BORROWS_REMAIN: u32 = 13;
    /// The guest used a stale buffer (with the function, see `function`).
    pub const STALE: u32 = 14;
    /// The guest named a content type for which the flow has no room (with the function).
    pub const CONTENT_TYPE: u32 = 15;
    /// The guest returned an invalid case of a result.
    pub const RESULT_CASE: u32 = 16;
    /// The guest passed an invalid case of an option.
    pub const OPTION_CASE: u32 = 17;
    /// The guest passed an invalid case of a variant.
    pub const VARIANT_CASE: u32 = 18;
    /// The guest passed an invalid case of an enum.
    pub const ENUM_CASE: u32 = 19;
    /// The guest passed more bytes than the host accepts in one call.
    pub const TOO_MUCH: u32 = 20;
    /// The guest passed a misaligned address for a result.
    pub const AREA_UNALIGNED: u32 = 21;
    /// The guest passed an address outside its memory for a result.
    pub const AREA_OUT_OF_BOUNDS: u32 = 22;
}

/// The functions that use buffers, as named in violations.
pub mod function {
    /// Names of the functions, by number.
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
