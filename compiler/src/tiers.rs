//! The sizes of buffers: the tiers of the pools, and larger ones.

use torvyn_runtime_core::bounds::LARGEST_BUFFER_BYTES;

/// Capacity of the buffers of each tier, in bytes.
pub(crate) const SLOT_BYTES: [u32; 4] = [256, 4 << 10, 64 << 10, 1 << 20];

/// Returns the capacity of the largest buffer for which a budget has room, in bytes; 0 if it has room for none.
pub(crate) fn largest_within(budget: u64) -> u64 {
    let tiers = SLOT_BYTES.map(u64::from);
    let tier = tiers.into_iter().rfind(|tier| *tier <= budget).unwrap_or(0);
    // A buffer larger than all tiers has exactly the requested size.
    match tier == tiers[3] {
        true => budget.min(LARGEST_BUFFER_BYTES),
        false => tier,
    }
}

/// Whether buffers of this capacity hold only small elements.
pub(crate) fn is_small(capacity: u64) -> bool {
    capacity < u64::from(SLOT_BYTES[1])
}

/// Returns the next larger capacity after a tier: that of the next tier, or of the largest buffer.
pub(crate) fn next_size(tier: u64) -> u64 {
    let larger = SLOT_BYTES.into_iter().map(u64::from).find(|size| *size > tier);
    larger.unwrap_or(LARGEST_BUFFER_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_has_room_for_whole_buffers() {
        for (budget, room) in [
            (255, 0),
            (2048, 256),
            (4096, 4096),
            (1 << 20, 1 << 20),
            (3 << 20, 3 << 20),
            (64 << 20, LARGEST_BUFFER_BYTES),
        ] {
            assert_eq!(largest_within(budget), room);
        }
        assert!(is_small(largest_within(4095)) && !is_small(largest_within(4096)));
        assert_eq!([next_size(0), next_size(256)], [256, 4096]);
    }
}
