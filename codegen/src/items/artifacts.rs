//! The embedded machine code: two statics for each artifact.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::{Artifact, ArtifactIdx};
use crate::{artifact_path, names, symbols_path};

/// Emits `static CODE_0: PageAligned = …;` and `static ARTIFACT_0: Artifact = …;`. The emitted `unsafe` is sound
/// because the compiler that writes the crate also writes the included file, as output of
/// `Engine::precompile_component` or `precompile_module`.
/// With `symbols`, the artifact has those of its file.
pub(crate) fn artifact(idx: ArtifactIdx, artifact: &Artifact, symbols: bool) -> TokenStream {
    let (ident, code) = (names::artifact(idx), names::code(idx));
    let name = &artifact.name;
    let path = format!("../{}", artifact_path(artifact));
    let symbols = symbols.then(|| {
        let path = format!("../{}", symbols_path(artifact));
        quote! { .with_symbols(include_str!(#path)) }
    });
    quote! {
        static #code: rt::PageAligned<{ include_bytes!(#path).len() }> =
            rt::PageAligned(*include_bytes!(#path));
        static #ident: rt::Artifact = unsafe { rt::Artifact::new(#name, &#code) } #symbols;
    }
}
