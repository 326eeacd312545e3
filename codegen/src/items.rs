//! The emitted items, one file for each.

pub(crate) mod artifacts;
mod chains;
pub(crate) mod document;
pub(crate) mod driver;
pub(crate) mod entry;
pub(crate) mod plan;
pub(crate) mod policy;
