//! `#[torvyn::component]`. In: the `impl` block of a role, and the nearest `Torvyn.toml`. Out: the block, the exports
//! of the component, and an error at the right token for each disagreement between the two.
//!
//! It parses tokens by hand: syn and quote would take longer to compile than the rest of a component.

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
/// It adds omitted items to the block: `type Config`, the type of `init`'s parameter; and an `init` without
/// configuration, which returns the component's `Default`.
///
/// A router may name its ports, `#[torvyn::component(ports("errors", "rest"))]`, in any order: `torvync link` and
/// `torvync build` then compare them with the edges of the flow (E0204).
///
/// # What is checked
///
/// The nearest `Torvyn.toml`, in the source file's folder or one above, is compared with the code, if one of its
/// `[[component]]` tables has a `path` that contains the source file. Each disagreement is an error with a code for
/// `torvync explain`:
///
/// - E0201: `contract_version`, or the version in a node's `interface`, is not supported by this crate.
/// - E0211: a node's `interface` belongs to another role than the implemented one.
/// - E0706: a node has `config`, but there is no `init` that takes it.
/// - E0103: the code asks for a capability with `capabilities::has("wasi:…")`, or a file in the component's `wit/`
///   imports a `wasi:` interface, but neither `[capabilities.required]` nor `[capabilities.optional]` declares it. A
///   declaration is a key, `wasi-filesystem-read`, or a grant, `"wasi:filesystem/read:/data"`; scopes are not compared.
///
/// Only the block itself is checked. Capabilities that other code asks for, and imports of the standard library, are
/// known once the component is compiled; `torvync link` checks them. `torvync check` reports mistakes in the manifest
/// itself; unreadable parts are not compared.
#[proc_macro_attribute]
pub fn component(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::component(arguments, item)
}
