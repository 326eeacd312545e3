//! Limits on one store's use of the system: all of its memories together, and all of its tables.

use wasmtime::{ResourceLimiter, Result};

use crate::bounds;

/// Most elements in all tables of a store.
const TABLE_ELEMENTS: usize = bounds::TABLE_ELEMENTS as usize;

/// The limits of a store, less its use.
#[derive(Debug)]
pub(crate) struct Limits {
    memory_left: usize,
    table_elements_left: usize,
}

impl Limits {
    /// Limits with `memory_bytes` of linear memory.
    pub(crate) fn new(memory_bytes: usize) -> Self {
        Self {
            memory_left: memory_bytes,
            table_elements_left: TABLE_ELEMENTS,
        }
    }
}

/// Charges the growth from `current` to `desired`, if enough is left. Returns whether it was.
fn take(left: &mut usize, current: usize, desired: usize) -> bool {
    match left.checked_sub(desired.saturating_sub(current)) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(take(&mut self.memory_left, current, desired))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        Ok(take(&mut self.table_elements_left, current, desired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_share_one_limit() {
        let mut limits = Limits::new(100);
        assert!(limits.memory_growing(0, 40, None).unwrap());
        assert!(limits.memory_growing(0, 40, None).unwrap(), "a second memory");
        assert!(!limits.memory_growing(40, 61, None).unwrap());
        assert!(limits.memory_growing(40, 60, None).unwrap(), "a refusal takes nothing");
        assert!(!limits.memory_growing(0, 1, None).unwrap());
    }

    #[test]
    fn tables_have_a_limit_of_their_own() {
        let mut limits = Limits::new(0);
        assert!(limits.table_growing(0, TABLE_ELEMENTS, None).unwrap());
        assert!(!limits.table_growing(0, 1, None).unwrap());
    }
}
