//! The compiler: from `Torvyn.toml` and WIT contracts to one standalone executable.
//!
//! ```text
//! Torvyn.toml ── manifest::parse ─► Manifest ────┐
//! *.wit, *.wasm ─ contract::load ─► ContractSet ─┴─ resolve ─► ResolvedProject ─ link ─► LinkedFlow
//! LinkedFlow, binaries ─ lower ─┬► ProgramIr ─ codegen::generate ─► GeneratedCrate ─ emit ─► crate on disk ─┐
//!                               └► units ─ aot::precompile ─► AotArtifacts ─────────────────────────────────┴─ exe ─► Executable
//! ```
//! The front half (to `LinkedFlow`) reads only through [`source::files::Files`] and reports all mistakes that it finds.
//! The back half writes files, runs cargo, and fails fast. [`driver`] calls the steps in order; no other module does.

pub mod anatomy;
pub mod aot;
pub mod cache;
pub mod contract;
pub mod diag;
pub mod driver;
pub mod emit;
pub mod exe;
pub mod forecast;
mod function_names;
pub mod glue;
pub mod graph;
pub mod guest;
pub mod inspect;
pub mod interface;
pub mod interrupt;
pub mod link;
pub mod lower;
pub mod manifest;
mod panics;
pub mod prepare;
mod process;
pub mod resolve;
pub mod sdk;
mod sections;
mod small_copies;
pub mod source;
mod tiers;
pub mod toolchain;
pub mod weld;
pub mod work;

pub use torvyn_runtime_core::{builtin_table, capability, description, duration, words};
