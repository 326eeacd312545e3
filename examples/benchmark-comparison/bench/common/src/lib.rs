//! What the harnesses of the benchmarks share: the machine they run on, medians, valgrind's counts, text and pictures;
//! and, with the feature `typed`, the host of components that are called by hand.

pub mod callgrind;
pub mod figures;
pub mod machine;
pub mod output;
pub mod svg;
#[cfg(feature = "typed")]
pub mod typed;

use std::error::Error;

/// Whatever went wrong, in words.
pub type Failed = Box<dyn Error + Send + Sync>;
