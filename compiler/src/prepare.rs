//! Prepares guests' code for the machine. In: a valid core module or component. Out: the same, with cheap small copies
//! and interruptible.

use wasmparser::BinaryReaderError;

use crate::{interrupt, sections, small_copies};

/// Prepares a core module.
///
/// # Errors
/// When it is not well-formed.
pub fn module(code: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    interrupt::module(&small_copies::module(code)?)
}

/// Prepares the core modules of a component, also those of components in it.
///
/// # Errors
/// When it is not well-formed.
pub fn component(binary: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    sections::with_modules(binary, module)
}
