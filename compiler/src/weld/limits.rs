//! The limits of engines on the size of a module.

use super::item::{ItemType, Kind};
use super::link::Program;
use super::module::Module;
use super::{Export, WeldError};

/// Checks the totals over all parts against the limits of engines (WebAssembly JavaScript Interface, "limits").
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
        // One more may be needed, to declare the functions to which code makes references.
        ("element segments", sum(|module| module.elements.len()) + 1, 100_000),
        ("data segments", sum(|module| module.data.len()), 100_000),
    ];
    totals
        .into_iter()
        .try_for_each(|(what, found, limit)| check(what, found, limit))
}

/// Checks what exports add to these totals: their number, their names and their types.
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

/// Returns how much a type counts when the validator adds up the types of imports and exports.
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
