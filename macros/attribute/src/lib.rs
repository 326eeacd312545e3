//! `#[torvyn::component]`. In: the `impl` block of a role, and the nearest `Torvyn.toml`. Out: the block, the exports
//! of the component, and an error at the right token for each way in which the two disagree.
//!
//! It takes tokens apart by hand: syn and quote would take longer to compile than all the rest of a component.

mod capability;
mod check;
mod expand;
mod item;
mod manifest;
mod mistake;
mod ports;
mod tokens;
mod role;
mod wit;

use proc_macro::TokenStream;

/// Makes the type of an `impl ROLE for TYPE` block the component's one instance.
///
/// It adds to the block what is not written: `type Config`, which is the type that `init` takes; and without `init`,
/// one that takes nothing and makes the component's `Default`.
///
/// A router may name its ports, `#[torvyn::component(ports("errors", "rest"))]`, in any order: `torvync link` and
/// `torvync build` then compare them with the edges of the flow (E0204).
///
/// # What is checked
///
/// The nearest `Torvyn.toml`, in the source file's folder or one above, is compared with the code, if a `[[component]]`
/// of it has the source file in its `path`. Each disagreement is an error with the code that `torvync explain` knows:
///
/// - E0201: `contract_version`, or the version in a node's `interface`, is not one that this crate speaks.
/// - E0211: a node's `interface` is another role than the one that is implemented.
/// - E0706: a node has `config`, and there is no `init` that takes it.
/// - E0103: the code asks for a capability with `capabilities::has("wasi:…")`, or a file in the component's `wit/`
///   imports a `wasi:` interface, and neither `[capabilities.required]` nor `[capabilities.optional]` declares it. A
///   declaration is a key, `wasi-filesystem-read`, or a grant, `"wasi:filesystem/read:/data"`; scopes are not compared.
///
/// Only the block itself is seen: capabilities that other code asks for, and what the standard library imports for it,
/// are known when the component is compiled; `torvync link` looks at that. A manifest with mistakes of its own is the
/// business of `torvync check`; what can't be read is not compared.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::component(arguments, item)
}
