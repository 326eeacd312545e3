//! Bounds of what a flow takes from the system that no manifest changes. The runtime keeps to them; the compiler adds
//! them up to the worst case that it prints.

/// Elements that the tables of one stage may have together.
pub const TABLE_ELEMENTS: u64 = 1 << 17;

/// Bytes of one element of a table.
pub const TABLE_ELEMENT_BYTES: u64 = 8;

/// Bytes that one call may have the host allocate for what it passes, such as texts and lists.
pub const CALL_BYTES: u64 = 32 << 20;

/// Largest buffer, in bytes; also the longest line that `builtin:lines` reads, and the most that one read copies.
pub const LARGEST_BUFFER_BYTES: u64 = 16 << 20;
