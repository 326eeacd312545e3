//! The names of functions, from the `name` sections of core modules. In: a section or a binary. Out: the names by
//! number of the function. Errors in these sections are ignored: names don't affect what the code does.

use std::collections::BTreeMap;

use rustc_demangle::demangle;
use wasm_encoder::{NameMap, NameSection};
use wasmparser::{BinaryReaderError, CustomSectionReader, Encoding, KnownCustom, Name, Parser, Payload};

/// Returns the names in a custom section by number of the function; none if it is no name section of a core module.
pub(crate) fn named<'a>(section: &CustomSectionReader<'a>) -> BTreeMap<u32, &'a str> {
    let KnownCustom::Name(names) = section.as_known() else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for name in names.into_iter().map_while(Result::ok) {
        if let Name::Function(functions) = name {
            let functions = functions.into_iter().map_while(Result::ok);
            found.extend(functions.map(|named| (named.index, named.name)));
        }
    }
    found
}

/// Returns a name as its author wrote it: demangled, without the hash.
pub(crate) fn readable(name: &str) -> String {
    format!("{:#}", demangle(name))
}

/// Makes a name section, with names by number of the function; `None` if there are no names.
pub(crate) fn section(names: &BTreeMap<u32, String>) -> Option<NameSection> {
    let mut functions = NameMap::new();
    for (function, name) in names {
        functions.append(*function, name);
    }
    let mut section = NameSection::new();
    section.functions(&functions);
    (!names.is_empty()).then_some(section)
}

/// Returns the names in each core module of a binary, which is a module or a component, in the order of the modules.
///
/// # Errors
/// When it is not well-formed.
pub(crate) fn of_modules(binary: &[u8]) -> Result<Vec<BTreeMap<u32, &str>>, BinaryReaderError> {
    let mut modules = Vec::new();
    for payload in Parser::new(0).parse_all(binary) {
        let payload = payload?;
        if let Payload::Version { encoding, .. } = &payload
            && *encoding == Encoding::Module
        {
            modules.push(BTreeMap::new());
        } else if let Payload::CustomSection(section) = &payload
            && let Some(names) = modules.last_mut()
        {
            names.extend(named(section));
        }
    }
    Ok(modules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_each_module_in_order() {
        let text = "(component (core module (func $first)) (core module (func) (func $second)))";
        let binary = wat::parse_str(text).unwrap();
        let found = of_modules(&binary).unwrap();
        assert_eq!(found, [BTreeMap::from([(0, "first")]), BTreeMap::from([(1, "second")])]);
    }

    #[test]
    fn a_section_has_the_names_it_was_made_of() {
        let names = BTreeMap::from([(1, "one".to_owned()), (7, "seven".to_owned())]);
        let mut module = wasm_encoder::Module::new();
        module.section(&section(&names).unwrap());
        let binary = module.finish();
        let found = of_modules(&binary).unwrap();
        assert_eq!(found, [BTreeMap::from([(1, "one"), (7, "seven")])]);
        assert!(section(&BTreeMap::new()).is_none());
    }

    #[test]
    fn a_name_is_shown_as_its_author_wrote_it() {
        assert_eq!(readable("_ZN5alloc3vec3new17h0123456789abcdefE"), "alloc::vec::new");
        assert_eq!(readable("cabi_realloc"), "cabi_realloc");
    }
}
