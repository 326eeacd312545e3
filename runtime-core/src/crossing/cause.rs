//! Errors common to all call paths.

use std::io;

use rustix::io::Errno;
use wasmtime::{Error, Trap};

use crate::capability::Denied;
use crate::error::{Cause, DRIVER, Failure, Interruption, Operation, RUNTIME};

/// Longest text of an error that is kept, in bytes: a component can send one of any length.
const LONGEST_TEXT: usize = 4096;

/// A component's text, cut if it is too long.
pub(super) fn bounded(text: String) -> String {
    if text.len() <= LONGEST_TEXT {
        return text;
    }
    let end = text.floor_char_boundary(LONGEST_TEXT);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

/// The cause when the host ended the call: it exceeded a limit, was cancelled, or used a capability that it lacks.
pub(super) fn ended_by_host(error: &Error) -> Option<Cause> {
    if let Some(denied) = error.downcast_ref::<Denied>() {
        return Some(Cause::Denied(*denied));
    }
    error.downcast_ref::<Interruption>().map(|stopped| match stopped {
        Interruption::Deadline(ms) => Cause::Deadline(*ms),
        Interruption::Overdue(ms) => Cause::Overdue(*ms),
        Interruption::TimeUp(ms) => Cause::TimeUp(*ms),
        Interruption::FlowDeadline(ms) => Cause::FlowDeadline(*ms),
        Interruption::Cancelled => Cause::Cancelled,
    })
}

/// The cause when a stage could not be instantiated.
pub(crate) fn instantiation(error: &Error) -> Cause {
    let refused = error.chain().find_map(|cause| {
        let of_system = cause.downcast_ref::<io::Error>().and_then(Errno::from_io_error);
        of_system.or_else(|| cause.downcast_ref::<Errno>().copied())
    });
    match (ended_by_host(error), refused) {
        (Some(cause), _) => cause,
        (None, Some(Errno::NOMEM)) => Cause::NoMemory(words(error)),
        (None, Some(Errno::MFILE | Errno::NFILE)) => Cause::NoFile(words(error)),
        (None, Some(Errno::AGAIN)) => Cause::NoThread(words(error)),
        (None, _) => Cause::Instantiation(words(error)),
    }
}

impl Failure {
    /// A failure before any stage was made.
    pub(crate) fn before_stages(cause: Cause) -> Self {
        Self {
            node: DRIVER,
            component: RUNTIME,
            operation: Operation::Instantiate,
            element: None,
            cause,
        }
    }

    /// A failure before any stage was made, because of an error of the system or of the sandbox.
    pub(crate) fn at_start(error: &Error) -> Self {
        Self::before_stages(instantiation(error))
    }
}

/// The words of the trap, if the error has one.
pub(super) fn words(error: &Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_errors_are_cut_between_characters() {
        assert_eq!(bounded("short".to_owned()), "short");
        let cut = bounded("é".repeat(LONGEST_TEXT));
        assert!(cut.starts_with('é') && cut.ends_with("… (8192 bytes in all)"));
        assert_eq!(cut.chars().filter(|c| *c == 'é').count(), LONGEST_TEXT / 2);
    }
}
