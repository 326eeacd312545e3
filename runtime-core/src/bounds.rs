//! Bounds on a flow's use of the system that no manifest changes. The runtime enforces them; the compiler adds them up
//! for the worst case that it prints.

/// Most elements in the tables of one stage, all tables taken together.
pub const TABLE_ELEMENTS: u64 = 1 << 17;

/// Bytes of one element of a table.
pub const TABLE_ELEMENT_BYTES: u64 = 8;

/// Bytes that the host may allocate during one call for values such as texts and lists.
pub const CALL_BYTES: u64 = 32 << 20;

/// Most handles of one stage at once: of its own buffers and of lent ones.
pub const HANDLES: u32 = 100_000;

/// Most buffers of one flow at once: those in its streams and those that its stages hold.
pub const BUFFERS: u64 = 1 << 16;

/// Most buffers that a stage holds outside its streams: its input, kept for a retry, and the element made from it. A
/// dead letter is that input, and moves to a stream at once. A source on a thread of its own has one element ready and
/// another in preparation.
pub const IN_HAND: u64 = 2;

/// Buffers that a flow can use in each tier, given its number of stages and the total capacity of its streams.
#[must_use]
pub fn wanted_slots(stages: u64, queued: u64) -> [u64; 4] {
    let held = queued + IN_HAND * stages;
    [held, held, IN_HAND * stages, stages]
}

/// Most replicas of a flow.
pub const REPLICAS: u64 = 64;

/// Placeholder in a configuration for the number of the replica, starting at 0.
pub const REPLICA: &str = "{replica}";

/// Placeholder in a configuration for the number of replicas.
pub const REPLICA_COUNT: &str = "{replicas}";

/// Largest buffer, in bytes; also the longest line of `builtin:lines` and the most bytes that one read copies.
pub const LARGEST_BUFFER_BYTES: u64 = 16 << 20;
