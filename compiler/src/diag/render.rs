//! Diagnostics as text, one format a file.

mod excerpt;
mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;

pub use torvyn_runtime_core::printable;
