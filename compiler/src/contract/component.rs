//! Reads what a component binary imports and exports.

use wit_component::DecodedWasm;
use wit_parser::{Resolve, WorldId};

use crate::contract::Signature;

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// A component, or a WIT package in its clothes.
    Component,
    /// A core module that says which world it implements: `wit-component` can make a component of it.
    ModuleWithMetadata,
    /// Another core module.
    Module,
    /// Not WebAssembly at all.
    Other,
}

/// Why a binary has no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryError {
    /// It is not WebAssembly.
    NotWasm,
    /// It is not valid, for this reason.
    Invalid(String),
    /// It holds WIT and no code.
    WitPackage,
    /// It is a core module without WIT metadata.
    NoMetadata,
}

/// Tells what `bytes` are, from their header and the names of their custom sections.
#[must_use]
pub fn kind(bytes: &[u8]) -> BinaryKind {
    if wasmparser::Parser::is_component(bytes) {
        return BinaryKind::Component;
    }
    if !wasmparser::Parser::is_core_wasm(bytes) {
        return BinaryKind::Other;
    }
    let described = wasmparser::Parser::new(0)
        .parse_all(bytes)
        .any(|payload| match payload {
            Ok(wasmparser::Payload::CustomSection(section)) => section.name().starts_with("component-type"),
            Ok(_) | Err(_) => false,
        });
    if described {
        BinaryKind::ModuleWithMetadata
    } else {
        BinaryKind::Module
    }
}

/// Imports and exports of a component, or of the component that a core module with WIT metadata becomes.
///
/// # Errors
/// When the bytes are neither.
pub fn signature(bytes: &[u8]) -> Result<Signature, BinaryError> {
    let (resolve, world) = decode(bytes)?;
    Ok(world_signature(&resolve, world))
}

/// The world of a component, or of the component that a core module with WIT metadata becomes.
pub(super) fn decode(bytes: &[u8]) -> Result<(Resolve, WorldId), BinaryError> {
    match kind(bytes) {
        BinaryKind::Other => Err(BinaryError::NotWasm),
        BinaryKind::Module => {
            validate(bytes)?;
            Err(BinaryError::NoMetadata)
        }
        BinaryKind::ModuleWithMetadata => {
            validate(bytes)?;
            let (_, bound) = wit_component::metadata::decode(bytes).map_err(|e| BinaryError::Invalid(e.to_string()))?;
            Ok((bound.resolve, bound.world))
        }
        BinaryKind::Component => {
            validate(bytes)?;
            match wit_component::decode(bytes).map_err(|error| BinaryError::Invalid(error.to_string()))? {
                DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
                DecodedWasm::WitPackage(..) => Err(BinaryError::WitPackage),
            }
        }
    }
}

fn validate(bytes: &[u8]) -> Result<(), BinaryError> {
    match wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(BinaryError::Invalid(error.to_string())),
    }
}

/// The signature of a resolved world.
pub(super) fn world_signature(resolve: &Resolve, world: WorldId) -> Signature {
    let world = &resolve.worlds[world];
    let names = |items: &wit_parser::IndexMap<_, _>| -> Vec<String> {
        items.keys().map(|key| resolve.name_world_key(key)).collect()
    };
    Signature::new(names(&world.imports), names(&world.exports))
}
