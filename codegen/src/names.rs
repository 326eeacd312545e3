//! The names of all emitted identifiers. Positions make them unique, the user's names make them readable.

use proc_macro2::Ident;
use quote::format_ident;

use crate::ir::{ArtifactIdx, FlowIr, Node, NodeIdx, ProgramIr, ShellIdx};

/// Names the package. The prefix keeps the name from starting with a digit and from being a keyword or `test`, which
/// cargo rejects.
pub(crate) fn krate(program: &ProgramIr) -> String {
    format!("torvyn-app-{}", word(&program.name).replace('_', "-"))
}

/// Names the module of a flow.
pub(crate) fn flow(position: usize, flow: &FlowIr) -> Ident {
    format_ident!("flow_{}_{}", position, word(&flow.name))
}

/// Names the field of a node.
pub(crate) fn node(idx: NodeIdx, node: &Node) -> Ident {
    format_ident!("n{}_{}", idx.position(), word(&node.name))
}

/// Names the static of an artifact.
pub(crate) fn artifact(idx: ArtifactIdx) -> Ident {
    format_ident!("ARTIFACT_{}", idx.position())
}

/// Names the static of an artifact's machine code.
pub(crate) fn code(idx: ArtifactIdx) -> Ident {
    format_ident!("CODE_{}", idx.position())
}

/// Names the variable of a fused shell.
pub(crate) fn shell(idx: ShellIdx) -> Ident {
    format_ident!("shell_{}", idx.position())
}

/// Names the field of a fused chain.
pub(crate) fn fused(idx: ShellIdx) -> Ident {
    format_ident!("fused_{}", idx.position())
}

/// Replaces the characters of a user's name that are not valid in an identifier.
fn word(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// Names the field of a chain of stages with separate shells or stores, after its source.
pub(crate) fn chain(first: NodeIdx) -> Ident {
    format_ident!("chain_{}", first.position())
}
