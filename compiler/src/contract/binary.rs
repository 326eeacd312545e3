//! Locations of component binaries.

use std::path::{Path, PathBuf};

use crate::diag::suggest;
use crate::manifest::ast::{ComponentDecl, ComponentRef, Manifest};
use crate::source::{Span, Spanned};

/// Location of a component's binary, which may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryFile {
    /// The component.
    pub reference: ComponentRef,
    /// Path of the binary.
    pub path: PathBuf,
    /// Place that names it: the key `wasm`, or the use of the component.
    pub named_by: Span,
    /// Whether it is prebuilt: named by `wasm` without a build, or as a file.
    pub is_prebuilt: bool,
    /// The declared component that a file name probably means, in case the file does not exist.
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
        // `path` may be in another folder, given with `--components`.
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

/// The declared component with a name similar to that of a file.
fn meant(manifest: &Manifest, reference: &ComponentRef) -> Option<String> {
    let ComponentRef::File(path) = reference else {
        return None;
    };
    let stem = Path::new(path).file_stem()?.to_str()?.replace('_', "-");
    let names: Vec<&String> = manifest.components.iter().map(|decl| &decl.name.value).collect();
    suggest(&stem, &names)
}
