//! Refusals of a buffer: their words, for the stage and, if the stage fails because of it, for the report.

use super::{BufferError, BufferPool};
use crate::layout::tier;
use crate::words::count;

/// The keys of `[runtime.pools]` that bound the tiers.
const SIZES: [&str; 4] = [
    "small_pool_size",
    "medium_pool_size",
    "large_pool_size",
    "huge_pool_size",
];

/// Advice where such a bound is reached, by tier.
const RAISE: [&str; 4] = [
    "raise `small_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = \"fallback-alloc\"` there",
    "raise `medium_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = \"fallback-alloc\"` there",
    "raise `large_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = \"fallback-alloc\"` there",
    "raise `huge_pool_size` in `[runtime.pools]` of Torvyn.toml, or set `exhaustion_policy = \"fallback-alloc\"` there",
];

/// The refusal of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Code in the catalogue.
    pub code: &'static str,
    /// Explanation, with sizes and the amounts in use.
    pub words: String,
    /// Advice on how to avoid it.
    pub help: &'static str,
}

impl BufferPool {
    /// Explains why there is no buffer of `capacity` bytes, and keeps the refusal.
    #[cold]
    pub fn refuse(&mut self, error: BufferError, capacity: u64) -> Refusal {
        let refusal = self.refusal_of(error, capacity);
        self.refusal = Some(refusal.clone());
        refusal
    }

    /// The last refusal.
    #[must_use]
    pub fn last_refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    fn refusal_of(&self, error: BufferError, capacity: u64) -> Refusal {
        match error {
            BufferError::TooLarge(limit) => Refusal {
                code: "E0300",
                words: format!(
                    "{} requested, but a buffer has at most {limit} (E0300)",
                    count(capacity, "byte")
                ),
                help: if limit < self.max_buffer_bytes {
                    "raise `max_buffer_size` in the node's `limits`, or split the payload into several elements"
                } else {
                    "split the payload into several elements: no buffer is larger"
                },
            },
            BufferError::OverBudget(budget) => Refusal {
                code: "E0310",
                words: format!(
                    "a buffer for {} takes {}, but the stage's buffers may take {budget} in all (E0310)",
                    count(capacity, "byte"),
                    self.taken(capacity)
                ),
                help: "raise `buffer_budget` in the node's `limits`, or keep fewer buffers between calls",
            },
            BufferError::Exhausted => self.exhausted(capacity),
            BufferError::Stale
            | BufferError::Borrowed
            | BufferError::NotOwner
            | BufferError::CapacityExceeded
            | BufferError::OutOfBounds
            | BufferError::ContentType => Refusal {
                code: "E0415",
                words: "the buffer could not be created".to_owned(),
                help: "check how the component uses its buffers",
            },
        }
    }

    /// Bytes occupied by a buffer of the requested capacity.
    fn taken(&self, capacity: u64) -> u64 {
        let sizes = (0..tier::COUNT).map(|tier| u64::from(self.slot_bytes(tier)));
        sizes.into_iter().find(|size| capacity <= *size).unwrap_or(capacity)
    }

    fn exhausted(&self, capacity: u64) -> Refusal {
        let tier = (0..tier::COUNT).find(|tier| capacity <= u64::from(self.slot_bytes(*tier)));
        let (pool, granted) = match tier {
            Some(tier) => {
                let (slots, bytes) = (self.tier_slots[tier as usize], self.slot_bytes(tier));
                let size = count(bytes, "byte");
                let key = SIZES[tier as usize];
                let is_bounded = self.bounded[tier as usize];
                let allowed = match is_bounded {
                    true => format!(" that `{key}` allows"),
                    false => String::new(),
                };
                let pool = match slots {
                    0 if is_bounded => format!("`{key}` allows none of {size}"),
                    0 => format!("there are none of {size}"),
                    1 => format!("the only one of {size}{allowed} is in use"),
                    slots => format!("the {slots} of {size}{allowed} are in use"),
                };
                (pool, u64::from(bytes))
            }
            None => ("the pools have none that large".to_owned(), capacity),
        };
        let (outside, help) = if self.fallback_bytes == 0 {
            (
                "`exhaustion_policy` forbids buffers outside the pools".to_owned(),
                match tier.filter(|tier| self.bounded[*tier as usize]) {
                    Some(tier) => RAISE[tier as usize],
                    None => {
                        "set `exhaustion_policy = \"fallback-alloc\"` in `[runtime.pools]`, or lower queue depths: each \
                         element that waits holds a buffer"
                    }
                },
            )
        } else if self.fallback_left < granted {
            (
                format!(
                    "the memory for buffers outside the pools, {}, is used up",
                    count(self.fallback_bytes, "byte")
                ),
                "lower queue depths, since each element that waits holds a buffer; or look for a component that keeps \
                 buffers between calls",
            )
        } else {
            (
                "the flow has reached the largest number of buffers".to_owned(),
                "look for a component that keeps buffers between calls",
            )
        };
        Refusal {
            code: "E0301",
            words: format!(
                "no buffer of {} is left: {pool}, and {outside} (E0301)",
                count(capacity, "byte")
            ),
            help,
        }
    }
}
