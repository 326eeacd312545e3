//! `torvync lsp`, through the protocol: each feature once, misbehaving clients, ten thousand random edits; and Neovim
//! as a client.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests lay out projects, start the server in them and read what it says"
)]
#![expect(clippy::unwrap_used, reason = "a failing helper fails the test")]

mod binary;
#[path = "lsp/client.rs"]
mod client;
#[path = "lsp/features.rs"]
mod features;
#[path = "lsp/fixes.rs"]
mod fixes;
#[path = "lsp/neovim.rs"]
mod neovim;
#[path = "lsp/project.rs"]
mod project;
#[path = "lsp/protocol.rs"]
mod protocol;
#[path = "lsp/random.rs"]
mod random;
