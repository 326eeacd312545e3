//! Translation of errors of a component or of the sandbox into causes of a failure.

use wasmtime::{Error, Trap};

use super::contract::types;
use crate::crossing::cause::{bounded, ended_by_host, words};
use crate::error::{Cause, ComponentError, ResourceMisuse};

impl From<types::ProcessError> for ComponentError {
    fn from(error: types::ProcessError) -> Self {
        match error {
            types::ProcessError::InvalidInput(text) => ComponentError::InvalidInput(bounded(text)),
            types::ProcessError::Unavailable(text) => ComponentError::Unavailable(bounded(text)),
            types::ProcessError::Internal(text) => ComponentError::Internal(bounded(text)),
            types::ProcessError::DeadlineExceeded => ComponentError::DeadlineExceeded,
            types::ProcessError::Fatal(text) => ComponentError::Fatal(bounded(text)),
        }
    }
}

/// The cause of a failure in wasmtime's error.
pub(super) fn cause(error: &Error) -> Cause {
    if let Some(cause) = ended_by_host(error) {
        return cause;
    }
    if let Some(found) = error.downcast_ref::<ResourceMisuse>() {
        return misuse(found);
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
        return Cause::OutOfFuel;
    }
    let text = words(error);
    match handle_misuse(&text) {
        Some(code) => Cause::Misuse(code, text),
        None => Cause::Trap(text),
    }
}

pub(super) fn misuse(found: &ResourceMisuse) -> Cause {
    Cause::Misuse(found.code(), found.to_string())
}

/// The code for an invalid handle that the sandbox itself found. Only the words tell the cases apart (wasmtime 48,
/// `runtime/vm/component/{handle_table,resources}.rs`).
fn handle_misuse(text: &str) -> Option<&'static str> {
    let words = [
        ("unknown handle index", "E0303"),
        ("is not a resource", "E0303"),
        ("used with the wrong type", "E0303"),
        ("is not an own resource", "E0302"),
        ("cannot lift own resource from a borrow", "E0302"),
        ("borrow handles still remain", "E0304"),
        ("cannot remove owned resource while borrowed", "E0304"),
    ];
    words
        .into_iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, code)| code)
}
