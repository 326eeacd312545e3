//! Output formats of diagnostics, one per module.

mod excerpt;
mod json;
mod sarif;
mod text;

pub use json::json;
pub use sarif::sarif;
pub use text::text;

pub use torvyn_runtime_core::printable;
