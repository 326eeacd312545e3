//! Failures of a flow: the node, its operation, the element, the cause, and advice.

use std::fmt;

use crate::buffer::{BufferError, Refusal};
use crate::capability::Denied;
use crate::plan::StreamName;

mod failure;

pub use failure::Failure;

/// Category of an error, by which a node's error policy chooses its action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The element is malformed.
    InvalidInput,
    /// Something the stage needs is unavailable.
    Unavailable,
    /// The stage failed unexpectedly.
    Internal,
    /// A deadline has passed.
    DeadlineExceeded,
}

impl Category {
    /// The word in the contract and in the manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Category::InvalidInput => "invalid-input",
            Category::Unavailable => "unavailable",
            Category::Internal => "internal",
            Category::DeadlineExceeded => "deadline-exceeded",
        }
    }
}

/// An error returned by a component: the five kinds of `process-error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComponentError {
    /// The element is malformed.
    InvalidInput(String),
    /// Something the component needs is unavailable.
    Unavailable(String),
    /// The component failed unexpectedly.
    Internal(String),
    /// The element's deadline has passed.
    DeadlineExceeded,
    /// No further element can be handled.
    Fatal(String),
}

impl ComponentError {
    /// The component's message, if the kind has one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            ComponentError::InvalidInput(text)
            | ComponentError::Unavailable(text)
            | ComponentError::Internal(text)
            | ComponentError::Fatal(text) => Some(text),
            ComponentError::DeadlineExceeded => None,
        }
    }

    /// Whether the component can handle no further element.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, ComponentError::Fatal(_))
    }
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComponentError::InvalidInput(text) => write!(f, "invalid-input: {text}"),
            ComponentError::Unavailable(text) => write!(f, "unavailable: {text}"),
            ComponentError::Internal(text) => write!(f, "internal: {text}"),
            ComponentError::DeadlineExceeded => write!(f, "deadline-exceeded"),
            ComponentError::Fatal(text) => write!(f, "fatal: {text}"),
        }
    }
}

/// Misuse of a buffer handle by a component; ends the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResourceMisuse {
    /// Function that the component called.
    pub function: &'static str,
    /// Kind of misuse.
    pub error: BufferError,
}

impl std::error::Error for ResourceMisuse {}

impl ResourceMisuse {
    /// Code in the catalogue.
    #[must_use]
    pub(crate) fn code(&self) -> &'static str {
        match self.error {
            BufferError::Stale => "E0303",
            BufferError::Borrowed => "E0304",
            BufferError::NotOwner => "E0302",
            BufferError::CapacityExceeded | BufferError::OutOfBounds => "E0305",
            BufferError::TooLarge(_) => "E0300",
            BufferError::Exhausted => "E0301",
            BufferError::OverBudget(_) => "E0310",
            BufferError::ContentType => "E0415",
        }
    }
}

impl fmt::Display for ResourceMisuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.error {
            BufferError::Stale => "the handle names no live buffer of this kind (used after `freeze`?)",
            BufferError::ContentType => "the content type is longer than 1024 bytes, or the flow uses more than 1024",
            BufferError::Borrowed => "the buffer is lent to a component",
            BufferError::NotOwner => "the buffer belongs to another stage",
            BufferError::CapacityExceeded | BufferError::OutOfBounds => "the write is outside the buffer",
            BufferError::TooLarge(_) | BufferError::OverBudget(_) | BufferError::Exhausted => {
                "there is no memory for the buffer"
            }
        };
        write!(f, "`{}`: {what}", self.function)
    }
}

/// Reason for interrupting a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The call used more than its limit, in milliseconds of processor time and waits in the host.
    Deadline(u64),
    /// The call had not returned after this many milliseconds, though it used less than its limit.
    Overdue(u64),
    /// The time of the run, in milliseconds, has passed.
    TimeUp(u64),
    /// The flow's own deadline, in milliseconds, has passed.
    FlowDeadline(u64),
    /// The flow was cancelled.
    Cancelled,
}

impl std::error::Error for Interruption {}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interruption::Deadline(ms)
            | Interruption::Overdue(ms)
            | Interruption::TimeUp(ms)
            | Interruption::FlowDeadline(ms) => write!(f, "stopped after {ms} ms"),
            Interruption::Cancelled => write!(f, "cancelled"),
        }
    }
}

/// Operation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Instantiation of the component.
    Instantiate,
    /// `lifecycle.init`, or the opening of a built-in's file.
    Init,
    /// `source.pull`.
    Pull,
    /// `source.notify-backpressure`.
    Notify,
    /// `processor.process`.
    Process,
    /// `filter.evaluate`.
    Evaluate,
    /// `router.route`.
    Route,
    /// `aggregator.ingest`.
    Ingest,
    /// `aggregator.flush`.
    Flush,
    /// `sink.push`.
    Push,
    /// `sink.complete`.
    Complete,
    /// `lifecycle.teardown`.
    Teardown,
}

impl Operation {
    /// The name of the function in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Instantiate => "instantiate",
            Operation::Init => "init",
            Operation::Pull => "pull",
            Operation::Notify => "notify-backpressure",
            Operation::Process => "process",
            Operation::Evaluate => "evaluate",
            Operation::Route => "route",
            Operation::Ingest => "ingest",
            Operation::Flush => "flush",
            Operation::Push => "push",
            Operation::Complete => "complete",
            Operation::Teardown => "teardown",
        }
    }
}

/// Cause of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The component returned an error.
    Component(ComponentError),
    /// There was no buffer for the stage.
    NoBuffer {
        /// The reason.
        refusal: Box<Refusal>,
        /// The component's own error after that; `None` for a built-in.
        said: Option<ComponentError>,
    },
    /// The component trapped; in the sandbox's words.
    Trap(String),
    /// The call used more than its limit, in milliseconds.
    Deadline(u64),
    /// The call had not returned after this many milliseconds, though it used less than its limit.
    Overdue(u64),
    /// The call used up its fuel.
    OutOfFuel,
    /// The flow was cancelled during the call.
    Cancelled,
    /// The component misused a handle: code in the catalogue, and description.
    Misuse(&'static str, String),
    /// The component used a capability that it was not granted.
    Denied(Denied),
    /// A built-in node could not read, write or understand its configuration.
    Endpoint(String),
    /// The component could not be instantiated.
    Instantiation(String),
    /// The system had no memory for the component; in its own words.
    NoMemory(String),
    /// The process may not open another file: the purpose of the file, and the system's words.
    NoFile(String),
    /// The process may not have enough files open.
    OpenFiles {
        /// Least number of files open at the same time.
        needed: u64,
        /// Most files that the process may open.
        limit: u64,
    },
    /// The process may not start another thread: the purpose of the thread, and the system's words.
    NoThread(String),
    /// The process may not have enough address space.
    AddressSpace {
        /// Number of the flow's linear memories.
        memories: u64,
        /// Bytes of address space that they take.
        needed: u64,
        /// Bytes of address space that the process may have.
        limit: u64,
    },
    /// The element exceeds the limit of a stream.
    TooLarge {
        /// The stream.
        stream: StreamName,
        /// Size of the element in bytes.
        bytes: u64,
        /// Largest element of the stream in bytes.
        limit: u64,
    },
    /// A router named a port without streams.
    UnknownPort(String),
    /// A stream that fails on overflow was full.
    Overflow {
        /// The stream.
        stream: StreamName,
        /// Its capacity in elements.
        depth: usize,
    },
    /// The stage trapped again after its last permitted restart within a minute.
    TooManyRestarts {
        /// Most restarts within a minute.
        limit: u32,
        /// Cause of the last trap.
        last: Box<Cause>,
    },
    /// The flow's own deadline, in milliseconds, has passed.
    FlowDeadline(u64),
    /// The time limit on the command line, in milliseconds, has passed.
    TimeUp(u64),
}

impl Cause {
    /// The cause of a call that returned `error`: the last refusal of a buffer, if the error is due to it.
    #[cold]
    #[must_use]
    pub fn returned(error: ComponentError, refused: Option<&Refusal>) -> Self {
        let said = error.text().unwrap_or_default();
        match refused {
            Some(refusal) if !error.is_fatal() && said.contains(&refusal.words) => Cause::NoBuffer {
                refusal: Box::new(refusal.clone()),
                said: Some(error),
            },
            Some(_) | None => Cause::Component(error),
        }
    }

    /// The category for the error policy; `None` for causes that no policy changes.
    #[must_use]
    pub fn category(&self) -> Option<Category> {
        match self {
            Cause::NoBuffer { said: Some(error), .. } => Cause::Component(error.clone()).category(),
            Cause::NoBuffer { said: None, .. } => Some(Category::Internal),
            Cause::Component(ComponentError::InvalidInput(_)) => Some(Category::InvalidInput),
            Cause::Component(ComponentError::Unavailable(_)) => Some(Category::Unavailable),
            Cause::Component(ComponentError::Internal(_))
            | Cause::Trap(_)
            | Cause::Misuse(..)
            | Cause::Denied(_)
            | Cause::Endpoint(_)
            | Cause::TooLarge { .. }
            | Cause::UnknownPort(_) => Some(Category::Internal),
            Cause::Component(ComponentError::DeadlineExceeded)
            | Cause::Deadline(_)
            | Cause::Overdue(_)
            | Cause::OutOfFuel => Some(Category::DeadlineExceeded),
            Cause::Component(ComponentError::Fatal(_))
            | Cause::Cancelled
            | Cause::Instantiation(_)
            | Cause::NoMemory(_)
            | Cause::NoFile(_)
            | Cause::OpenFiles { .. }
            | Cause::NoThread(_)
            | Cause::AddressSpace { .. }
            | Cause::Overflow { .. }
            | Cause::TooManyRestarts { .. }
            | Cause::FlowDeadline(_)
            | Cause::TimeUp(_) => None,
        }
    }
}

/// The reason why one flow may not read a file that another one writes.
pub(crate) const AT_ONCE: &str = "of one run work at the same time, so the data read would depend on timing";

/// Name of the node in failures of the driver.
pub(crate) const DRIVER: &str = "(driver)";

/// Name of the component in failures of the runtime itself.
pub(crate) const RUNTIME: &str = "(runtime)";
