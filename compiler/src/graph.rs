//! A project as a picture. In: a resolved project and its contracts. Out: a [`Graph`], and functions of it that write
//! one format each.
//!
//! A graph takes no binaries and no success: roles that nobody tells are unknown, and a flow with mistakes is drawn
//! as far as it was understood.

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
