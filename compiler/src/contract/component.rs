//! Decoder for component binaries: their imports and exports.

use std::borrow::Cow;

use wit_component::{DecodedWasm, WitPrinter};
use wit_parser::{PackageId, Resolve, WorldId};

use crate::contract::Signature;
use crate::panics::caught;

/// Reason for refusing WIT packages with cyclic dependencies.
const CYCLE: &str = "the packages that describe it depend on each other in a cycle";

/// Kind of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// A component, or a WIT package encoded as one.
    Component,
    /// A core module with WIT metadata, which `wit-component` can turn into a component.
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

/// Returns WebAssembly in binary form; text form is translated, as wasmtime does.
///
/// # Errors
/// When it is malformed text.
pub fn binary_form(bytes: &[u8]) -> Result<Cow<'_, [u8]>, BinaryError> {
    if wat::Detect::from_bytes(bytes) != wat::Detect::WasmText {
        return Ok(bytes.into());
    }
    let binary = caught(|| wat::parse_bytes(bytes)).map_err(BinaryError::Invalid)?;
    // The parser calls the text `<anon>`; a line and a column are enough.
    binary.map_err(|error| BinaryError::Invalid(error.to_string().replace("<anon>:", "")))
}

/// Classifies `bytes` by their header and the names of their custom sections.
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
            validate(bytes).map_err(BinaryError::Invalid)?;
            Err(BinaryError::NoMetadata)
        }
        BinaryKind::ModuleWithMetadata => {
            validate(bytes).map_err(BinaryError::Invalid)?;
            check_packages(bytes)?;
            let decoded = caught(|| wit_component::metadata::decode(bytes)).map_err(BinaryError::Invalid)?;
            let (_, bound) = decoded.map_err(|error| BinaryError::Invalid(error.to_string()))?;
            Ok((bound.resolve, bound.world))
        }
        BinaryKind::Component => {
            validate(bytes).map_err(BinaryError::Invalid)?;
            let decoded = caught(|| wit_component::decode(bytes)).map_err(BinaryError::Invalid)?;
            match decoded.map_err(|error| BinaryError::Invalid(error.to_string()))? {
                DecodedWasm::Component(resolve, world) => Ok((resolve, world)),
                DecodedWasm::WitPackage(..) => Err(BinaryError::WitPackage),
            }
        }
    }
}

/// Decodes a WIT package (binary or text form) and prints it as WIT. Returns it, and its dependencies with their names;
/// of these, the encoding has only the parts that the package uses.
pub(super) fn printed_packages(bytes: &[u8]) -> Result<(String, Vec<(String, String)>), String> {
    let bytes = caught(|| wat::parse_bytes(bytes))?.map_err(|error| first_line(&error.to_string()))?;
    if kind(&bytes) != BinaryKind::Component {
        return Err("it contains no WIT".to_owned());
    }
    validate(&bytes)?;
    let decoded = caught(|| wit_component::decode(&bytes))?.map_err(|error| first_line(&error.to_string()))?;
    let DecodedWasm::WitPackage(resolve, main) = decoded else {
        return Err("it is a component".to_owned());
    };
    if has_cycle(&resolve) {
        return Err(CYCLE.to_owned());
    }
    let print = |package| {
        let mut printer = WitPrinter::default();
        let printed = caught(|| {
            printer
                .print(&resolve, package, &[])
                .map(|()| printer.output.to_string())
        })?;
        printed.map_err(|error| first_line(&error.to_string()))
    };
    let mut others = Vec::new();
    for (id, package) in resolve.packages.iter().filter(|(id, _)| *id != main) {
        others.push((package.name.to_string(), print(id)?));
    }
    Ok((print(main)?, others))
}

/// The first line of a message of wit-parser, with backticks and without the lists that follow: help replaces them.
pub(super) fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(". known packages").next().unwrap_or(line);
    line.trim_end_matches('.').replace('\'', "`")
}

fn validate(bytes: &[u8]) -> Result<(), String> {
    match wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

/// Refuses WIT metadata with cyclic dependencies between packages: merging it, wit-parser would recurse until the stack
/// overflows. One damaged name is enough for a cycle.
fn check_packages(module: &[u8]) -> Result<(), BinaryError> {
    for payload in wasmparser::Parser::new(0).parse_all(module).map_while(Result::ok) {
        if let wasmparser::Payload::CustomSection(section) = payload
            && section.name().starts_with("component-type")
            && let Ok(Ok(decoded)) = caught(|| wit_component::decode(described(section.data())))
            && has_cycle(decoded.resolve())
        {
            return Err(BinaryError::Invalid(CYCLE.to_owned()));
        }
    }
    Ok(())
}

/// The encoded WIT in a section of metadata. In an old format, a version, an encoding and the name of the world precede
/// it.
fn described(section: &[u8]) -> &[u8] {
    let mut reader = wasmparser::BinaryReader::new(section, 0);
    if reader.read_u8().is_ok_and(|version| version == 3) && reader.read_u8().is_ok() && reader.read_string().is_ok() {
        let start = usize::try_from(reader.original_position()).unwrap_or(usize::MAX);
        return section.get(start..).unwrap_or_default();
    }
    section
}

/// Whether packages depend on each other in a cycle: removes packages without remaining dependencies until none is
/// left, or none can be removed.
fn has_cycle(resolve: &Resolve) -> bool {
    let mut left: Vec<PackageId> = resolve.packages.iter().map(|(id, _)| id).collect();
    loop {
        let before = left.len();
        let kept = |id: &PackageId| resolve.package_direct_deps(*id).any(|other| left.contains(&other));
        left = left.iter().copied().filter(kept).collect();
        if left.len() == before {
            return before > 0;
        }
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
