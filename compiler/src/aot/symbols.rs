//! The symbols of an artifact, for profilers. In: a unit, and its artifact with and without the symbol table. Out: each
//! function's place in the artifact, with its name.

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};
use wasmtime::{Result, format_err};

use super::Unit;
use crate::function_names;

/// The symbols of an artifact as text: a line for each function with its first byte in the artifact and its length,
/// both in hexadecimal, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbols(pub String);

impl Symbols {
    /// Reads the symbols of a unit from the artifact with its symbol table, for the artifact without it.
    ///
    /// # Errors
    /// When one of them is no artifact, or the unit is not well-formed.
    pub(super) fn of(unit: &Unit, artifact: &[u8], stripped: &[u8]) -> Result<Self> {
        let start = text_offset(stripped)?;
        let names = function_names::of_modules(&unit.bytes)?;
        let name = |symbol: &str| {
            let (module, function) = wasm_function(symbol)?;
            let name = names.get(module)?.get(&function)?;
            Some((*name).to_owned())
        };
        let file = object::File::parse(artifact)?;
        let functions = file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text);
        let mut lines = Vec::new();
        for function in functions {
            let symbol = function.name()?;
            let name = name(symbol).unwrap_or_else(|| format!("{}::{symbol}", unit.name));
            lines.push((start + function.address(), function.size(), name));
        }
        lines.sort();
        let lines = lines.iter().map(|(offset, length, name)| line(*offset, *length, name));
        Ok(Self(lines.collect()))
    }
}

/// Returns the line of a function. Its name comes from a guest: it must not begin another line.
fn line(offset: u64, length: u64, name: &str) -> String {
    format!("{offset:x} {length:x} {}\n", name.replace(char::is_control, "?"))
}

/// Returns the position of the machine code in an artifact.
fn text_offset(artifact: &[u8]) -> Result<u64> {
    let file = object::File::parse(artifact)?;
    let section = file.section_by_name(".text");
    let range = section.and_then(|section| section.file_range());
    range
        .map(|(offset, _)| offset)
        .ok_or_else(|| format_err!("the artifact has no machine code"))
}

/// Returns the numbers of module and function in wasmtime's symbol of a WebAssembly function, `wasm[0]::function[12]`
/// with or without a name after it.
fn wasm_function(symbol: &str) -> Option<(usize, u32)> {
    let (module, rest) = symbol.strip_prefix("wasm[")?.split_once("]::function[")?;
    let (function, _) = rest.split_once(']')?;
    Some((module.parse().ok()?, function.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_one_line_whatever_its_name() {
        assert_eq!(line(4096, 32, "good\n2000 20 evil"), "1000 20 good?2000 20 evil\n");
    }

    #[test]
    fn only_symbols_of_functions_have_numbers() {
        assert_eq!(wasm_function("wasm[0]::function[12]"), Some((0, 12)));
        assert_eq!(wasm_function("wasm[3]::function[7]::app::run"), Some((3, 7)));
        assert_eq!(wasm_function("wasm[0]::array_to_wasm_trampoline[2]"), None);
        assert_eq!(wasm_function("signatures[1]::wasm_to_array_trampoline"), None);
    }
}
