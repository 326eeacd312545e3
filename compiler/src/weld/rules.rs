//! Enforces the rules for guests: memories and tables of their own, no larger than their rules allow.

use wasmparser::{MemoryType, TableType};

use super::item::Kind;
use super::module::Module;
use super::{GuestRules, WeldError};

/// Pages that a memory with 32-bit addresses can have.
const PAGES_32: u64 = 65_536;

/// Checks that a guest has memories and tables of its own, and that they do not start out larger than its rules allow.
pub(super) fn check_guest(part: usize, rules: &GuestRules, module: &Module<'_>) -> Result<(), WeldError> {
    for kind in [Kind::Memory, Kind::Table] {
        if let Some(import) = module.imported[kind].first() {
            return Err(WeldError::GuestImport {
                part,
                import: module.import_name(*import),
                kind: kind.name(),
            });
        }
    }
    if module.memories.iter().any(|memory| memory.shared) {
        return Err(WeldError::SharedMemory { part });
    }
    if let Some(limit) = rules.memory_pages
        && let Some(minimum) = module.memories.iter().map(|memory| memory.initial).max()
        && minimum > limit
    {
        return Err(WeldError::MemoryTooLarge { part, minimum, limit });
    }
    if let Some(limit) = rules.table_elements.map(u64::from) {
        let minimum = elements(&module.tables);
        if minimum > limit {
            return Err(WeldError::TablesTooLarge { part, minimum, limit });
        }
    }
    Ok(())
}

/// Returns the sum of the initial sizes of tables.
fn elements(tables: &[TableType]) -> u64 {
    let sizes = tables.iter().map(|table| table.initial);
    sizes.fold(0, u64::saturating_add)
}

/// Returns a memory with the maximum that the rules for its guest allow.
pub(super) fn memory(memory: MemoryType, rules: Option<&GuestRules>) -> MemoryType {
    let Some(limit) = rules.and_then(|rules| rules.memory_pages) else {
        return memory;
    };
    let limit = if memory.memory64 { limit } else { limit.min(PAGES_32) };
    MemoryType {
        maximum: Some(memory.maximum.unwrap_or(limit).min(limit)),
        ..memory
    }
}

/// Returns tables with the maxima that the rules for their guest allow.
pub(super) fn tables(tables: &[TableType], rules: Option<&GuestRules>) -> Vec<TableType> {
    let Some(limit) = rules.and_then(|rules| rules.table_elements).map(u64::from) else {
        return tables.to_vec();
    };
    let left = limit.saturating_sub(elements(tables));
    let limited = tables.iter().map(|table| {
        let limit = table.initial.saturating_add(left);
        TableType {
            maximum: Some(table.maximum.unwrap_or(limit).min(limit)),
            ..*table
        }
    });
    limited.collect()
}
