//! Conversion of text to tokens.

use proc_macro::TokenStream;

/// Tokens of this text.
pub(crate) fn code(text: &str) -> TokenStream {
    text.parse().expect("invariant: the expansion is made of Rust tokens")
}
