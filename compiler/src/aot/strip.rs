//! Removes the symbols from machine code: no tool would find them in an executable that embeds it.

use object::build::elf::Builder;
use object::elf::{SHT_STRTAB, SHT_SYMTAB};
use wasmtime::Result;

/// Returns the artifact without its symbol table, which is a tenth of its size.
///
/// # Errors
/// When it is not an artifact.
pub(super) fn without_symbols(artifact: &[u8]) -> Result<Vec<u8>> {
    let mut builder = Builder::read(artifact)?;
    for symbol in &mut builder.symbols {
        symbol.delete = true;
    }
    for section in &mut builder.sections {
        let is_names = section.sh_type == SHT_STRTAB && &section.name[..] == b".strtab";
        section.delete = is_names || section.sh_type == SHT_SYMTAB;
    }
    let mut stripped = Vec::new();
    builder.write(&mut stripped)?;
    Ok(stripped)
}
