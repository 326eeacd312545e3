//! Normalises a binary for compilation: to a component, without custom sections, whose exports have the names that the
//! runtime looks for.
//!
//! Custom sections (names, producers, debug information) can contain paths of the machine that built it, and the code
//! does not need them. Profilers need the names of functions, and these alone can be kept.

mod names;

use wasm_encoder::Section as _;
use wasmparser::{BinaryReaderError, Parser, Payload};
use wit_component::ComponentEncoder;

use crate::contract::component::{BinaryKind, kind};
use crate::function_names;
use crate::sections::{self, Changes};

/// Why a binary can't be normalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NormaliseError {
    /// The binary is not well-formed.
    Invalid(String),
    /// A core module uses WASI 0.1, and torvync has no adapter.
    Preview1 {
        /// One of its imports.
        import: String,
    },
    /// A core module does not fit its WIT metadata.
    Encode(String),
}

/// The names of a binary's functions after normalising.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionNames {
    /// As their authors wrote them, for profilers.
    Kept,
    /// Removed, as all custom sections.
    Removed,
}

/// Turns a core module with WIT metadata into a component, removes custom sections, and renames exports for the
/// runtime.
///
/// # Errors
/// When the binary is not well-formed, or a core module can't be turned into a component.
pub fn normalise(binary: &[u8], names: FunctionNames) -> Result<Vec<u8>, NormaliseError> {
    match kind(binary) {
        BinaryKind::ModuleWithMetadata => strip(&encode(binary)?, names),
        BinaryKind::Component | BinaryKind::Module | BinaryKind::Other => strip(binary, names),
    }
}

fn encode(module: &[u8]) -> Result<Vec<u8>, NormaliseError> {
    if let Some(import) = preview1_import(module)? {
        return Err(NormaliseError::Preview1 { import });
    }
    let mut encoder = ComponentEncoder::default();
    let encoded = encoder
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode());
    encoded.map_err(|error| NormaliseError::Encode(format!("{error:#}")))
}

fn preview1_import(module: &[u8]) -> Result<Option<String>, NormaliseError> {
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                if import.module == "wasi_snapshot_preview1" {
                    return Ok(Some(import.name.to_owned()));
                }
            }
        }
    }
    Ok(None)
}

/// Copies every section except custom ones, also in nested modules and components. Renames the outermost exports.
fn strip(binary: &[u8], names: FunctionNames) -> Result<Vec<u8>, NormaliseError> {
    let exported = names::exported(binary)?;
    let mut stripped = Stripped {
        binary,
        exported,
        names,
    };
    sections::copy(binary, &mut stripped)
}

/// Leaves out custom sections, and renames exports.
struct Stripped<'a> {
    binary: &'a [u8],
    exported: Vec<String>,
    names: FunctionNames,
}

impl Changes for Stripped<'_> {
    type Error = NormaliseError;

    #[expect(clippy::wildcard_enum_match_arm, reason = "a section is copied whatever it is")]
    fn section(&mut self, depth: usize, section: &Payload<'_>, output: &mut Vec<u8>) -> Result<(), NormaliseError> {
        match section {
            Payload::CustomSection(custom) => {
                if self.names == FunctionNames::Kept {
                    let named = function_names::named(custom).into_iter();
                    let readable = named.map(|(function, name)| (function, function_names::readable(name)));
                    if let Some(names) = function_names::section(&readable.collect()) {
                        names.append_to(output);
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                names::copy_exports(self.binary, section.clone(), &self.exported, output)?;
            }
            section => sections::append(self.binary, section, output),
        }
        Ok(())
    }
}

impl From<BinaryReaderError> for NormaliseError {
    fn from(error: BinaryReaderError) -> Self {
        NormaliseError::Invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a component around a core module, each with a custom section.
    fn nested(custom: &str) -> Vec<u8> {
        let section = |name: &str| wasm_encoder::CustomSection {
            name: name.to_owned().into(),
            data: custom.as_bytes().into(),
        };
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types).section(&section("name"));
        let mut component = wasm_encoder::Component::new();
        component
            .section(&wasm_encoder::ModuleSection(&module))
            .section(&section("producers"));
        component.finish()
    }

    #[test]
    fn components_that_differ_in_custom_sections_become_equal() {
        let one = normalise(&nested("/home/a"), FunctionNames::Removed).unwrap();
        assert_eq!(
            one,
            normalise(&nested("/home/somebody-else"), FunctionNames::Removed).unwrap()
        );
        assert!(
            wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
                .validate_all(&one)
                .is_ok()
        );
        let sections = Parser::new(0).parse_all(&one).map(Result::unwrap);
        assert!(
            !sections
                .into_iter()
                .any(|payload| matches!(payload, Payload::CustomSection(_)))
        );
        assert!(
            Parser::new(0)
                .parse_all(&one)
                .any(|payload| matches!(payload, Ok(Payload::TypeSection(_))))
        );
    }

    #[test]
    fn names_are_kept_for_profilers_alone() {
        let module = "(core module (func $_ZN3app4work17h0123456789abcdefE))";
        let binary = wat::parse_str(format!("(component {module})")).unwrap();
        let named = |names| {
            let normal = normalise(&binary, names).unwrap();
            let found = function_names::of_modules(&normal).unwrap();
            found[0].get(&0).map(|name| (*name).to_owned())
        };
        assert_eq!(named(FunctionNames::Kept).as_deref(), Some("app::work"));
        assert_eq!(named(FunctionNames::Removed), None);
    }

    #[test]
    fn a_truncated_component_is_an_error() {
        let bytes = nested("");
        assert!(matches!(
            normalise(&bytes[..bytes.len() - 3], FunctionNames::Removed),
            Err(NormaliseError::Invalid(_))
        ));
    }

    /// Adds the metadata of a world without imports and exports to a core module.
    fn described(mut module: Vec<u8>) -> Vec<u8> {
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve
            .push_str("empty.wit", "package test:empty; world empty {}")
            .unwrap();
        let world = resolve.select_world(&[package], None).unwrap();
        let encoding = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, true).unwrap();
        module
    }

    #[test]
    fn a_core_module_with_metadata_becomes_a_component() {
        let component = normalise(&described(wasm_encoder::Module::new().finish()), FunctionNames::Removed).unwrap();
        assert!(Parser::is_component(&component));
    }

    #[test]
    fn a_core_module_for_wasi_0_1_is_an_error_that_says_so() {
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import(
            "wasi_snapshot_preview1",
            "sched_yield",
            wasm_encoder::EntityType::Function(0),
        );
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&imports);
        let error = NormaliseError::Preview1 {
            import: "sched_yield".to_owned(),
        };
        assert_eq!(
            normalise(&described(module.finish()), FunctionNames::Removed),
            Err(error)
        );
    }
}
