//! Errors of a component.

use std::fmt;

use crate::bindings::torvyn::streaming::types::{BufferError, ProcessError};

/// The reason why an element could not be handled. The category selects the action of the node's error policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The element is malformed.
    InvalidInput(String),
    /// Something the component needs is unavailable right now.
    Unavailable(String),
    /// The component failed unexpectedly.
    Internal(String),
    /// The element's deadline has passed.
    DeadlineExceeded,
    /// The component cannot handle any further element; the flow ends.
    Fatal(String),
}

impl Error {
    /// [`Error::InvalidInput`] with any error's words, for `map_err`.
    #[must_use]
    pub fn invalid_input(why: impl fmt::Display) -> Self {
        Error::InvalidInput(why.to_string())
    }

    /// [`Error::Unavailable`] with any error's words, for `map_err`.
    #[must_use]
    pub fn unavailable(why: impl fmt::Display) -> Self {
        Error::Unavailable(why.to_string())
    }

    /// [`Error::Internal`] with any error's words, for `map_err`.
    #[must_use]
    pub fn internal(why: impl fmt::Display) -> Self {
        Error::Internal(why.to_string())
    }

    /// [`Error::Fatal`] with any error's words, for `map_err`.
    #[must_use]
    pub fn fatal(why: impl fmt::Display) -> Self {
        Error::Fatal(why.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidInput(why) => write!(f, "invalid input: {why}"),
            Error::Unavailable(why) => write!(f, "unavailable: {why}"),
            Error::Internal(why) => write!(f, "internal: {why}"),
            Error::DeadlineExceeded => f.write_str("deadline exceeded"),
            Error::Fatal(why) => write!(f, "fatal: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for ProcessError {
    fn from(error: Error) -> Self {
        match error {
            Error::InvalidInput(why) => ProcessError::InvalidInput(why),
            Error::Unavailable(why) => ProcessError::Unavailable(why),
            Error::Internal(why) => ProcessError::Internal(why),
            Error::DeadlineExceeded => ProcessError::DeadlineExceeded,
            Error::Fatal(why) => ProcessError::Fatal(why),
        }
    }
}

impl From<BufferError> for Error {
    fn from(error: BufferError) -> Self {
        match error {
            BufferError::CapacityExceeded => Error::Internal("the write passes the buffer's capacity".to_owned()),
            BufferError::OutOfBounds => Error::Internal("the write starts beyond the buffer's contents".to_owned()),
            BufferError::AllocationFailed(why) => Error::Unavailable(format!("no buffer: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn words_of_other_errors_are_kept() {
        let parse = "x".parse::<u64>().map_err(Error::invalid_input);
        assert_eq!(
            parse,
            Err(Error::InvalidInput("invalid digit found in string".to_owned()))
        );
        assert_eq!(Error::fatal("gone").to_string(), "fatal: gone");
    }
}
