//! State shared by replicas of a built-in source, as in the runtime's module of that name.

mod lines;

pub(crate) use lines::{Lines, Supply};

use crate::replica::Shared;
use crate::sync::atomic::{AtomicU64, Ordering};

/// The next number of a replica of `builtin:generator`.
pub(crate) fn next_number(shared: &Shared) -> u64 {
    let Ok(last) = shared.part("numbers", |_| Ok::<_, std::convert::Infallible>(AtomicU64::new(0)));
    last.fetch_add(1, Ordering::Relaxed) + 1
}
