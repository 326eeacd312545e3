//! The embedded machine code: two statics for each artifact.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Artifact, ArtifactIdx};
use crate::{artifact_path, names};

/// Emits `static CODE_0: PageAligned = …;` and `static ARTIFACT_0: Artifact = …;`. The emitted `unsafe` is sound
/// because the compiler that writes the crate also writes the included file, as output of
/// `Engine::precompile_component` or `precompile_module`.
pub(crate) fn artifact(idx: ArtifactIdx, artifact: &Artifact) -> TokenStream {
    let (ident, code) = (names::artifact(idx), names::code(idx));
    let name = &artifact.name;
    let path = format!("../{}", artifact_path(artifact));
    quote! {
        static #code: rt::PageAligned<{ include_bytes!(#path).len() }> =
            rt::PageAligned(*include_bytes!(#path));
        static #ident: rt::Artifact = unsafe { rt::Artifact::new(#name, &#code) };
    }
}
