//! How large things may be: what a guest's rules say of its memories and tables, and what every module is held to.

use wasmparser::{MemoryType, TableType};

use super::item::{ItemType, Kind};
use super::link::Program;
use super::module::Module;
use super::{Export, GuestRules, WeldError};

/// Pages that a memory with 32-bit addresses can have.
const PAGES_32: u64 = 65_536;

/// Checks that a guest does not start out larger than its rules allow.
pub(super) fn check_guest(part: usize, rules: &GuestRules, module: &Module<'_>) -> Result<(), WeldError> {
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

/// The initial sizes of tables together.
fn elements(tables: &[TableType]) -> u64 {
    let sizes = tables.iter().map(|table| table.initial);
    sizes.fold(0, u64::saturating_add)
}

/// A guest's memory with the maximum that its rules give it.
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

/// A guest's tables with the maxima that its rules give them.
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

/// Checks the sums over all parts against what engines accept of a module (WebAssembly JavaScript Interface, "limits").
pub(super) fn check_totals(program: &Program<'_, '_>) -> Result<(), WeldError> {
    let sum = |of: fn(&Module<'_>) -> usize| program.modules.iter().map(of).sum::<usize>();
    let total = |kind| {
        let defined: usize = program.modules.iter().map(|module| module.defined(kind)).sum();
        defined + program.imports.count(kind) as usize
    };
    let totals = [
        ("types", program.types.list.len(), 1_000_000),
        ("imports", program.imports.list.len(), 1_000_000),
        ("functions", total(Kind::Function), 1_000_000),
        ("tables", total(Kind::Table), 100_000),
        ("memories", total(Kind::Memory), 100),
        ("globals", total(Kind::Global) + program.constants.len(), 1_000_000),
        // One more may be needed for the functions that code makes references to.
        ("element segments", sum(|module| module.elements.len()) + 1, 100_000),
        ("data segments", sum(|module| module.data.len()), 100_000),
    ];
    totals
        .into_iter()
        .try_for_each(|(what, found, limit)| check(what, found, limit))
}

/// Checks what exports add to that.
pub(super) fn check_exports(
    program: &Program<'_, '_>,
    exports: &[Export],
    types: &[ItemType],
) -> Result<(), WeldError> {
    check("exports", exports.len(), 1_000_000)?;
    let imports = program.imports.list.iter().map(|import| &import.ty);
    let complexity: usize = imports.chain(types).map(complexity).sum();
    check("parameters and results of imports and exports", complexity, 999_998)?;
    let names = program
        .imports
        .list
        .iter()
        .flat_map(|import| [&import.module, &import.name]);
    let longest = names
        .chain(exports.iter().map(|export| &export.name))
        .map(String::len)
        .max();
    check("bytes in a name", longest.unwrap_or(0), 100_000)
}

/// What a type counts when the validator adds up the types of imports and exports.
fn complexity(ty: &ItemType) -> usize {
    match ty {
        ItemType::Function(ty) => 2 + ty.params().len() + ty.results().len(),
        ItemType::Table(_) | ItemType::Memory(_) | ItemType::Global(_) => 1,
    }
}

fn check(what: &'static str, found: usize, limit: usize) -> Result<(), WeldError> {
    match found <= limit {
        true => Ok(()),
        false => Err(WeldError::TooLarge { what, found, limit }),
    }
}
