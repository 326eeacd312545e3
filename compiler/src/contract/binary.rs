//! Where the binaries of components lie.

use std::path::{Path, PathBuf};

use crate::diag::suggest;
use crate::manifest::ast::{ComponentDecl, ComponentRef, Manifest};
use crate::source::{Span, Spanned};

/// Where the binary of a component lies, or should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryFile {
    /// The component.
    pub reference: ComponentRef,
    /// Path of the binary.
    pub path: PathBuf,
    /// What names it: the key `wasm`, or the use of the component.
    pub named_by: Span,
    /// Whether it is there before a build.
    pub is_prebuilt: bool,
    /// The component of the project that a file is likely to be meant for, if it is not there.
    pub meant: Option<String>,
}

impl BinaryFile {
    /// The binary of `reference` at `path`.
    #[must_use]
    pub fn new(manifest: &Manifest, reference: &Spanned<ComponentRef>, path: PathBuf) -> Self {
        let wasm = match &reference.value {
            ComponentRef::Declared(name) => manifest.component(name).and_then(ComponentDecl::prebuilt),
            ComponentRef::File(_) | ComponentRef::Builtin(_) => None,
        };
        // Another folder for the binaries may have been named.
        let wasm = wasm.filter(|wasm| path.ends_with(&wasm.value));
        Self {
            reference: reference.value.clone(),
            path,
            named_by: wasm.map_or(reference.span, |wasm| wasm.span),
            is_prebuilt: wasm.is_some() || matches!(reference.value, ComponentRef::File(_)),
            meant: meant(manifest, &reference.value),
        }
    }
}

/// The component whose name is near to that of a file.
fn meant(manifest: &Manifest, reference: &ComponentRef) -> Option<String> {
    let ComponentRef::File(path) = reference else {
        return None;
    };
    let stem = Path::new(path).file_stem()?.to_str()?.replace('_', "-");
    let names: Vec<&String> = manifest.components.iter().map(|decl| &decl.name.value).collect();
    suggest(&stem, &names)
}
