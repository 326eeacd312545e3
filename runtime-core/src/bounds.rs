//! Bounds of what a flow takes from the system that no manifest changes. The runtime keeps to them; the compiler adds
//! them up to the worst case that it prints.

/// Elements that the tables of one stage may have together.
pub const TABLE_ELEMENTS: u64 = 1 << 17;

/// Bytes of one element of a table.
pub const TABLE_ELEMENT_BYTES: u64 = 8;

/// Bytes that one call may have the host allocate for what it passes, such as texts and lists.
pub const CALL_BYTES: u64 = 32 << 20;

/// Handles that one stage may have at once: of buffers, and of what is lent to it.
pub const HANDLES: u32 = 100_000;

/// Buffers that one flow can tell apart: what its streams can hold, and what its stages have in hand.
pub const BUFFERS: u64 = 1 << 16;

/// What a stage can have in hand: its input, which it keeps while it waits to try again, and the element it makes of it.
/// A dead letter is that input, and stands in a stream as soon as it is one. A source on a thread of its own has one
/// element ready, and one in the making.
pub const IN_HAND: u64 = 2;

/// Buffers of each tier that a flow can have use for, with so many stages and so many places in its streams together.
#[must_use]
pub fn wanted_slots(stages: u64, queued: u64) -> [u64; 4] {
    let held = queued + IN_HAND * stages;
    [held, held, IN_HAND * stages, stages]
}

/// Most runs of a flow side by side.
pub const REPLICAS: u64 = 64;

/// What a configuration says where the number of the replica is to stand: 0 for the first.
pub const REPLICA: &str = "{replica}";

/// What a configuration says where the count of replicas is to stand.
pub const REPLICA_COUNT: &str = "{replicas}";

/// Largest buffer, in bytes; also the longest line that `builtin:lines` reads, and the most that one read copies.
pub const LARGEST_BUFFER_BYTES: u64 = 16 << 20;
