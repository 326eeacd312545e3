//! Why a flow failed: which node, doing what, with which element, and how to mend it.

use std::fmt;

use crate::buffer::{BufferError, Refusal};
use crate::capability::Denied;
use crate::plan::StreamName;

mod failure;

pub use failure::Failure;

/// What the error policy of a node goes by.
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

/// The five kinds of `process-error`.
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
    /// What the component says.
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

    /// Whether it can handle no further element.
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

/// What a component did with a buffer handle that it must not do; ends the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResourceMisuse {
    /// The function it called.
    pub function: &'static str,
    /// What was wrong.
    pub error: BufferError,
}

impl std::error::Error for ResourceMisuse {}

impl ResourceMisuse {
    /// The code in the catalogue.
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
            BufferError::Borrowed => "the buffer is lent out",
            BufferError::NotOwner => "the buffer belongs to somebody else",
            BufferError::CapacityExceeded | BufferError::OutOfBounds => "the write is outside the buffer",
            BufferError::TooLarge(_) | BufferError::OverBudget(_) | BufferError::Exhausted => {
                "there is no memory for the buffer"
            }
        };
        write!(f, "`{}`: {what}", self.function)
    }
}

/// Why a call was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// It took more than its limit, in milliseconds: of the processor, and of waiting in the host.
    Deadline(u64),
    /// It was not done after so many milliseconds, though it took less than its limit.
    Overdue(u64),
    /// The time of the run, in milliseconds, is up.
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

/// What a node was doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Being instantiated.
    Instantiate,
    /// `lifecycle.init`, or a built-in's opening of its file.
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

/// The kinds of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The component returned an error.
    Component(ComponentError),
    /// There was no buffer for the stage.
    NoBuffer {
        /// Why.
        refusal: Box<Refusal>,
        /// What the component returned for that; nothing where the stage is a built-in.
        said: Option<ComponentError>,
    },
    /// The component trapped: the sandbox's own words.
    Trap(String),
    /// The call took more than its limit, in milliseconds.
    Deadline(u64),
    /// The call was not done after so many milliseconds, though it took less than its limit.
    Overdue(u64),
    /// The call used up its fuel.
    OutOfFuel,
    /// The flow was cancelled during the call.
    Cancelled,
    /// The component misused a handle; with the code in the catalogue.
    Misuse(&'static str, String),
    /// The component used a capability that it was not granted.
    Denied(Denied),
    /// A built-in node could not read, write or understand its configuration.
    Endpoint(String),
    /// The component could not be instantiated.
    Instantiation(String),
    /// The system gave no memory for it: its own words.
    NoMemory(String),
    /// The process may not open another file: what it was for, and the system's own words.
    NoFile(String),
    /// The process may not have that many files open.
    OpenFiles {
        /// Files that are open at the same time, at least.
        needed: u64,
        /// Files that the process may open.
        limit: u64,
    },
    /// The process may not start another thread: what it was for, and the system's own words.
    NoThread(String),
    /// The process may not have the address space that a flow needs.
    AddressSpace {
        /// Linear memories of the flow.
        memories: u64,
        /// Bytes that they take.
        needed: u64,
        /// Bytes that the process may have.
        limit: u64,
    },
    /// The element is larger than a stream it was to enter takes.
    TooLarge {
        /// The stream.
        stream: StreamName,
        /// Bytes of the element.
        bytes: u64,
        /// Bytes that the stream takes.
        limit: u64,
    },
    /// A router named a port that leads nowhere.
    UnknownPort(String),
    /// A stream that may not overflow was full.
    Overflow {
        /// The stream.
        stream: StreamName,
        /// Its capacity in elements.
        depth: usize,
    },
    /// The stage trapped again after it had been made anew so many times within a minute.
    TooManyRestarts {
        /// So many times.
        limit: u32,
        /// What it did last.
        last: Box<Cause>,
    },
    /// The flow's own deadline passed; in milliseconds.
    FlowDeadline(u64),
    /// The time that the command line gives to a run was up; in milliseconds.
    TimeUp(u64),
}

impl Cause {
    /// What a stage failed of that returned `error`: the buffer that it was refused last, if that is what it says.
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

    /// What the error policy goes by; `None` for what no policy changes.
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

/// Why one flow may not read what another one writes.
pub(crate) const AT_ONCE: &str = "of one run go on at the same time, so what is read would be left to chance";

/// The node of failures that are the driver's.
pub(crate) const DRIVER: &str = "(driver)";
