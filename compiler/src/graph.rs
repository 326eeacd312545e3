//! Draws a project. In: a resolved project and its contracts. Out: a [`Graph`], and a function for each format that
//! writes it.
//!
//! A graph needs neither binaries nor a project without errors: roles that can't be determined are unknown, and a flow
//! with mistakes is drawn as far as it was understood.

mod dot;
mod json;
mod layout;
mod mermaid;
mod model;
mod svg;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use model::{Edge, Flow, Graph, Node, graph};
pub use svg::svg;
