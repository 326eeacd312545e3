//! Translation of rules broken by a guest, and of calls that did not return, into causes of a failure.

use std::fmt;

use wasmtime::{Error, Trap};

use crate::buffer::BufferError;
use crate::crossing::cause::{ended_by_host, words};
use crate::error::{Cause, ResourceMisuse};
use crate::layout::{function, violation};

/// Words for a guest that passes more than [`crate::bounds::CALL_BYTES`].
pub(super) const TOO_MUCH: &str = "too much data is being copied between the host and the guest: \
                                   fuel allocated for hostcalls has been exhausted";

/// A rule of the canonical ABI that a guest broke, as its glue reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// One of the constants in [`violation`].
    pub(super) kind: u32,
    /// The handle or the function that it concerns.
    pub(super) detail: u32,
}

impl std::error::Error for Violation {}

impl fmt::Display for Violation {
    /// The words of the component path, which are wasmtime's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = self.detail;
        match self.kind {
            violation::MAY_NOT_LEAVE => write!(f, "wasm trap: cannot leave component instance"),
            violation::UNALIGNED => write!(f, "return pointer not aligned"),
            violation::OUT_OF_BOUNDS => write!(f, "pointer out of bounds of memory"),
            violation::AREA_UNALIGNED => write!(f, "pointer not aligned"),
            violation::AREA_OUT_OF_BOUNDS => write!(f, "pointer out of bounds"),
            violation::REALLOC_UNALIGNED => write!(f, "realloc return: result not aligned"),
            violation::REALLOC_OUT_OF_BOUNDS => write!(f, "realloc return: beyond end of memory"),
            violation::NO_REALLOC => write!(f, "the component has no allocator for the values passed to it"),
            violation::TEXT_OUT_OF_BOUNDS => write!(f, "string pointer/length out of bounds of memory"),
            violation::LIST_OUT_OF_BOUNDS => write!(f, "list pointer/length out of bounds of memory"),
            violation::LIST_UNALIGNED => write!(f, "list pointer is not aligned"),
            violation::TOO_MANY_HANDLES => write!(f, "cannot allocate another handle: store handle limit exceeded"),
            violation::UNKNOWN_HANDLE => write!(f, "unknown handle index {detail}"),
            violation::WRONG_TYPE => write!(
                f,
                "handle index {detail} used with the wrong type, expected guest-defined resource but found a different \
                 guest-defined resource"
            ),
            violation::OWN_OF_BORROW => write!(f, "cannot lift own resource from a borrow"),
            violation::BORROWS_REMAIN => write!(f, "borrow handles still remain at the end of the call"),
            violation::RESULT_CASE => write!(f, "invalid expected discriminant"),
            violation::OPTION_CASE => write!(f, "invalid option discriminant"),
            violation::VARIANT_CASE | violation::ENUM_CASE => write!(f, "unexpected discriminant: {detail}"),
            violation::TOO_MUCH => write!(f, "{TOO_MUCH}"),
            violation::STALE | violation::CONTENT_TYPE => match self.misuse() {
                Some(misuse) => misuse.fmt(f),
                None => write!(f, "misuse of a buffer"),
            },
            kind => write!(f, "rule {kind} of the canonical ABI"),
        }
    }
}

impl Violation {
    /// The misuse of a buffer, if the violation is one.
    fn misuse(&self) -> Option<ResourceMisuse> {
        let error = match self.kind {
            violation::STALE => BufferError::Stale,
            violation::CONTENT_TYPE => BufferError::ContentType,
            _ => return None,
        };
        let function = function::NAMES.get(self.detail as usize)?;
        Some(ResourceMisuse { function, error })
    }

    fn cause(&self) -> Cause {
        if let Some(misuse) = self.misuse() {
            return Cause::Misuse(misuse.code(), misuse.to_string());
        }
        match self.kind {
            violation::UNKNOWN_HANDLE | violation::WRONG_TYPE => Cause::Misuse("E0303", self.to_string()),
            violation::OWN_OF_BORROW => Cause::Misuse("E0302", self.to_string()),
            violation::BORROWS_REMAIN => Cause::Misuse("E0304", self.to_string()),
            _ => Cause::Trap(self.to_string()),
        }
    }
}

/// The cause of a failure in wasmtime's error.
pub(super) fn cause(error: &Error) -> Cause {
    if let Some(cause) = ended_by_host(error) {
        return cause;
    }
    if let Some(violation) = error.downcast_ref::<Violation>() {
        return violation.cause();
    }
    if error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel) {
        return Cause::OutOfFuel;
    }
    Cause::Trap(words(error))
}
