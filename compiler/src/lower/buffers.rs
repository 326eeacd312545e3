//! Sizes queues and pools. In: the settings of the manifest, and the flow. Out: a depth and a low watermark for each
//! stream, and the number of slots in each pool tier.
//!
//! A flow holds at most as many elements as fit into its streams, and two more for each stage: its input, and the
//! element that it makes. The two small tiers get that many slots, enough for all elements up to 4 KiB. The sizes of
//! elements are not known, but full queues of large ones are rare, since consumers run first. So the 64 KiB tier gets
//! two slots for each stage, and the 1 MiB tier one. If a tier is empty, buffers come from the system allocator, within
//! a budget, unless the manifest forbids it. Each tier has an upper bound, from `[runtime.pools]` or a default.

use torvyn_codegen::ir::{Exhaustion, Node, Stream, TierSize};
use torvyn_runtime_core::bounds::{self, LARGEST_BUFFER_BYTES};

use crate::link::{LinkedEdge, LinkedFlow};
use crate::manifest::ast::RuntimeDecl;
use crate::manifest::defaults;
use crate::tiers::SLOT_BYTES;

/// Default upper bounds for the slots of each tier.
const DEFAULT_BOUNDS: [u32; 4] = [4096, 1024, 256, 32];

/// Buffers of the largest size for which the budget outside the pools has room.
const LARGEST_OUTSIDE: u64 = 4;

pub(super) struct Queue {
    pub(super) depth: u32,
    pub(super) low_watermark: u32,
}

/// The queue of an edge.
pub(super) fn queue(runtime: &RuntimeDecl, flow: &LinkedFlow, edge: &LinkedEdge) -> Queue {
    let depth = runtime.queue_depth(&edge.settings, flow.settings());
    Queue {
        depth,
        low_watermark: watermark(
            runtime,
            depth,
            edge.settings.low_watermark_ratio.map(|ratio| ratio.value),
        ),
    }
}

/// Returns the low watermark of a stream: the number of elements at which it has room again after being full. `ratio`:
/// that of its edge, if set.
#[must_use]
pub fn watermark(runtime: &RuntimeDecl, depth: u32, ratio: Option<f64>) -> u32 {
    let default = runtime.low_watermark_ratio.map(|ratio| ratio.value);
    low_watermark(depth, ratio.or(default).unwrap_or(defaults::LOW_WATERMARK))
}

/// Returns `ratio` of `depth`, rounded down and less than `depth`: even at a ratio of 1, an element has to leave a full
/// stream before the producer goes on.
fn low_watermark(depth: u32, ratio: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is wanted"
    )]
    let mark = (f64::from(depth) * ratio).floor() as u32;
    mark.min(depth - 1)
}

pub(super) struct Buffers {
    pub(super) pools: [TierSize; 4],
    pub(super) fallback_bytes: u64,
    pub(super) exhaustion: Exhaustion,
    pub(super) max_buffer_bytes: u64,
}

/// Returns the pools of a flow, given its number of stages and the total capacity of its streams in elements.
#[must_use]
pub fn pool_sizes(runtime: &RuntimeDecl, stages: u64, queued: u64) -> [TierSize; 4] {
    let wanted = bounds::wanted_slots(stages, queued);
    let bound = |tier: usize| u64::from(runtime.pool_sizes[tier].map_or(DEFAULT_BOUNDS[tier], |size| size.value));
    let slots = |tier: usize| u32::try_from(wanted[tier].min(bound(tier))).unwrap_or(u32::MAX);
    std::array::from_fn(|tier| TierSize {
        slot_bytes: SLOT_BYTES[tier],
        slots: slots(tier),
    })
}

/// The buffers of a flow.
pub(super) fn pools(runtime: &RuntimeDecl, nodes: &[Node], streams: &[Stream]) -> Buffers {
    let queued: u64 = streams.iter().map(|stream| u64::from(stream.depth)).sum();
    let exhaustion = runtime
        .exhaustion_policy
        .map_or(defaults::EXHAUSTION, |policy| policy.value);
    Buffers {
        pools: pool_sizes(runtime, nodes.len() as u64, queued),
        fallback_bytes: match exhaustion {
            Exhaustion::FallbackAlloc => LARGEST_OUTSIDE * LARGEST_BUFFER_BYTES,
            Exhaustion::Error => 0,
        },
        exhaustion,
        max_buffer_bytes: LARGEST_BUFFER_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stream_can_always_be_relieved() {
        assert_eq!(low_watermark(64, 0.5), 32);
        assert_eq!(low_watermark(3, 0.5), 1);
        assert_eq!(low_watermark(64, 1.0), 63);
        assert_eq!(low_watermark(1, 0.9), 0);
        assert_eq!(low_watermark(64, 0.0), 0);
        assert_eq!(low_watermark(64, f64::NAN), 0);
    }
}
