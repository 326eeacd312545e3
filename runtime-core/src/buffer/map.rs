//! The addresses of those parts of an exchange memory whose sizes depend on the flow: the blocks of its nodes, the
//! handle tables of its stages on core paths, and the tiers.

use super::memory::MOST_PAGES;
use super::pooled::Tier;
use crate::layout::{PAGE_BYTES, handle, node, slot};
use crate::limits::{TIER_ALIGNMENT, TierSize};
use crate::plan::PoolPlan;

/// The parts of one memory: addresses and sizes.
pub(super) struct Map {
    /// Address of the first handle table; the others follow.
    pub(super) handles: u32,
    pub(super) tiers: [Tier; 4],
    /// Size of the whole memory, in pages of WebAssembly.
    pub(super) pages: u32,
}

impl Map {
    /// The parts for this number of `nodes`, of which `tables` have a handle table; `None` if they exceed the address
    /// space. The tiers shrink to fit; the system allocator makes up for the rest.
    pub(super) fn of(plan: &PoolPlan, nodes: usize, tables: usize) -> Option<Self> {
        let handles = u64::from(node::FIRST) + nodes as u64 * u64::from(node::SIZE);
        let mut end = handles + tables as u64 * u64::from(handle::TABLE_BYTES);
        if end > u64::from(MOST_PAGES) * PAGE_BYTES {
            return None;
        }
        let tiers = plan.tiers.map(|tier| place(&tier, &mut end));
        Some(Self {
            handles: address(handles),
            tiers,
            pages: address(end.div_ceil(PAGE_BYTES)),
        })
    }
}

fn place(plan: &TierSize, end: &mut u64) -> Tier {
    let first = end.next_multiple_of(TIER_ALIGNMENT);
    let slot_bytes = u64::from(plan.slot_bytes);
    let room = u64::from(MOST_PAGES) * PAGE_BYTES - first;
    let fitting = room.checked_div(slot_bytes).unwrap_or_default();
    *end = first + slot_bytes * u64::from(plan.slots.min(slot::COUNT)).min(fitting);
    Tier::new(address(first), address(*end))
}

fn address(at: u64) -> u32 {
    u32::try_from(at).expect("invariant: parts that fit have 32-bit addresses")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::exchange_bytes;

    fn map(slots: u32, nodes: usize, tables: usize) -> Option<Map> {
        let tier = |slot_bytes| TierSize { slot_bytes, slots };
        let plan = PoolPlan {
            tiers: [tier(300), tier(4096), tier(65_536), tier(1 << 20)],
            fallback_bytes: 0,
            max_buffer_bytes: 0,
        };
        Map::of(&plan, nodes, tables)
    }

    #[test]
    fn parts_follow_each_other() {
        let map = map(3, 5, 2).unwrap();
        assert_eq!(map.handles, node::FIRST + 5 * node::SIZE);
        let mut end = map.handles + 2 * handle::TABLE_BYTES;
        for (tier, slot_bytes) in map.tiers.iter().zip([300, 4096, 65_536, 1 << 20]) {
            let (first, after) = tier.unused();
            assert_eq!(first, end.next_multiple_of(4096));
            assert_eq!(after, first + 3 * slot_bytes);
            end = after;
        }
        assert_eq!(map.pages, end.div_ceil(65_536));
        let tiers = [300, 4096, 65_536, 1 << 20].map(|slot_bytes| TierSize { slot_bytes, slots: 3 });
        let most = exchange_bytes(&tiers, 5, 2);
        assert!(
            (u64::from(end)..=u64::from(end) + 2 * PAGE_BYTES).contains(&most),
            "{most}"
        );
    }

    #[test]
    fn tiers_have_what_there_are_addresses_for() {
        let map = map(u32::MAX, 5, 2).unwrap();
        assert!(map.pages <= MOST_PAGES);
        let [smallest, small, large, largest] = map.tiers.map(|tier| tier.unused());
        assert_eq!(smallest.1 - smallest.0, 300 * slot::COUNT, "more can't be told apart");
        assert_eq!(small.1 - small.0, 4096 * slot::COUNT);
        assert_eq!(large.1 - large.0, large.1 - small.1, "64 KiB each, up to the end");
        assert!(MOST_PAGES * 65_536 - large.1 < 65_536);
        assert_eq!(largest.0, largest.1, "nothing is left");
    }

    #[test]
    fn a_flow_can_have_too_many_stages() {
        assert!(map(1, 5300, 5300).is_some());
        assert!(map(1, 5400, 5400).is_none());
    }
}
