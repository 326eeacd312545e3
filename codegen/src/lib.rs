//! Turns a [`FlowIr`](ir::FlowIr) into the Rust crate that drives the flow.
//!
//! In: a verified [`ir::ProgramIr`]. Out: a [`GeneratedCrate`]: path → text, formatted, byte-equal for equal input.
//! This crate knows nothing of TOML, WIT, files or wasmtime.

use std::collections::BTreeMap;

use ir::ProgramIr;

pub mod ir;

mod index;
mod items;
mod krate;
mod names;
pub mod target;

/// A crate as text: relative path → contents. The compiled components that it includes are beside it, in
/// `artifacts/<name>.cwasm`, and their symbols in `artifacts/<name>.symbols` where the program has symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedCrate {
    /// Files by relative path, with `/` as separator.
    pub files: BTreeMap<String, String>,
}

/// Generates the crate of a program.
///
/// # Panics
/// When `program` violates an invariant that [`ir::verify`] checks.
#[must_use]
pub fn generate(program: &ProgramIr) -> GeneratedCrate {
    let files = BTreeMap::from([
        ("Cargo.toml".to_owned(), krate::manifest(program)),
        ("src/main.rs".to_owned(), krate::main_file(program)),
    ]);
    GeneratedCrate { files }
}

/// Name of the generated crate and of its binary.
#[must_use]
pub fn crate_name(program: &ProgramIr) -> String {
    names::krate(program)
}

/// Path of the compiled code of `artifact` in the generated crate.
#[must_use]
pub fn artifact_path(artifact: &ir::Artifact) -> String {
    format!("artifacts/{}.cwasm", artifact.name)
}

/// Path of the symbols of `artifact` in the generated crate.
#[must_use]
pub fn symbols_path(artifact: &ir::Artifact) -> String {
    format!("artifacts/{}.symbols", artifact.name)
}
