//! The sizes of buffers: the tiers of pools, and beyond them.

use torvyn_runtime_core::bounds::LARGEST_BUFFER_BYTES;

/// Capacity of the buffers of each tier.
pub(crate) const SLOT_BYTES: [u32; 4] = [256, 4 << 10, 64 << 10, 1 << 20];

/// Capacity of the largest buffer that a budget has room for; 0 when it has room for none.
pub(crate) fn largest_within(budget: u64) -> u64 {
    let tiers = SLOT_BYTES.map(u64::from);
    let tier = tiers.into_iter().rfind(|tier| *tier <= budget).unwrap_or(0);
    // Beyond the pools a buffer takes what it is asked for.
    match tier == tiers[3] {
        true => budget.min(LARGEST_BUFFER_BYTES),
        false => tier,
    }
}

/// Whether buffers of this capacity hold small elements alone.
pub(crate) fn is_small(capacity: u64) -> bool {
    capacity < u64::from(SLOT_BYTES[1])
}

/// Capacity of the smallest buffer that is larger than this tier.
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
