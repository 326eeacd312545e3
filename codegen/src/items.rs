//! The emitted items, one file for each.

pub(crate) mod artifacts;
pub(crate) mod document;
pub(crate) mod driver;
pub(crate) mod entry;
pub(crate) mod plan;
pub(crate) mod policy;
mod rows;
