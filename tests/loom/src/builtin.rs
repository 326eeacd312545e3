//! What replicas of a built-in source share, as in the runtime's module of that name.

#[path = "../../../runtime-core/src/builtin/common.rs"]
mod common;
mod lines;

pub use common::Common;
pub(crate) use lines::{Lines, Supply};

/// What a replica of `builtin:generator` emits next.
pub(crate) fn next_number(common: &Common) -> u64 {
    common.next_number()
}
