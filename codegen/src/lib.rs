//! Turns a [`FlowIr`](ir::FlowIr) into the Rust crate that drives the flow.
//!
//! In: a verified [`ir::ProgramIr`]. Out: a [`GeneratedCrate`]: path → text, formatted, byte-equal for equal input.
//! This crate knows nothing of TOML, WIT, files or wasmtime.

pub mod ir;
