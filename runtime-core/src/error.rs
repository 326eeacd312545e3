//! Why a flow failed: which node, doing what, with which element, and how to mend it.

use std::fmt;

use crate::buffer::{BufferError, Refusal};
use crate::capability::Denied;
use crate::plan::StreamName;
use crate::words::count;

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

/// Bytes in words. Rounded up: what is needed is not said to be less.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// How to have more of what a process may have only so many of.
const OPEN_FILES: &str = "raise the limit on open files (`ulimit -n`)";
const THREADS: &str = "raise the limit on threads and processes (`ulimit -u`, or that of the machine's container)";

/// Why one flow may not read what another one writes.
pub(crate) const AT_ONCE: &str = "of one run go on at the same time, so what is read would be left to chance";

/// The node of failures that are the driver's.
pub(crate) const DRIVER: &str = "(driver)";

/// A failure of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Name of the node.
    pub node: &'static str,
    /// Name of its component.
    pub component: &'static str,
    /// What it was doing.
    pub operation: Operation,
    /// Sequence number of the element it had, or was to produce.
    pub element: Option<u64>,
    /// Why it failed.
    pub cause: Cause,
}

impl Failure {
    /// The code in the catalogue (`torvync explain CODE`).
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.cause {
            Cause::Deadline(_) | Cause::Overdue(_) | Cause::OutOfFuel => "E0401",
            Cause::Cancelled => "E0402",
            Cause::Component(ComponentError::Fatal(_)) => "E0410",
            Cause::Component(_) if self.operation == Operation::Init => "E0413",
            Cause::Component(_) => "E0411",
            Cause::NoBuffer { refusal, .. } => refusal.code,
            Cause::Trap(_) => "E0412",
            Cause::Instantiation(_)
            | Cause::NoMemory(_)
            | Cause::NoFile(_)
            | Cause::OpenFiles { .. }
            | Cause::NoThread(_)
            | Cause::AddressSpace { .. } => "E0413",
            Cause::Endpoint(_) => "E0414",
            Cause::Misuse(code, _) => code,
            Cause::Denied(_) => "E0500",
            Cause::TooLarge { .. } => "E0306",
            Cause::UnknownPort(_) => "E0204",
            Cause::Overflow { .. } => "E0403",
            Cause::TooManyRestarts { .. } => "E0416",
            Cause::FlowDeadline(_) | Cause::TimeUp(_) => "E0400",
        }
    }

    /// What happened, in one line.
    #[must_use]
    pub fn message(&self) -> String {
        let place = match self.element {
            Some(sequence) => format!("in `{}` of element {sequence}", self.operation.as_str()),
            None => format!("in `{}`", self.operation.as_str()),
        };
        let node = self.node;
        let unmade = match node {
            DRIVER => "the flow could not be started".to_owned(),
            node => format!("node `{node}` could not be instantiated"),
        };
        match &self.cause {
            Cause::Component(error) => format!("node `{node}` returned an error {place}: {error}"),
            Cause::NoBuffer { refusal, said } => {
                let words = said.as_ref().map_or_else(|| refusal.words.clone(), ToString::to_string);
                // The failure has its code in front already.
                let words = words.replace(&format!(" ({})", refusal.code), "");
                format!("node `{node}` got no buffer {place}: {words}")
            }
            Cause::Trap(text) => format!("node `{node}` trapped {place}: {text}"),
            Cause::Deadline(ms) => format!("node `{node}` was stopped {place}: it ran longer than {ms} ms"),
            Cause::Overdue(ms) => format!("node `{node}` was stopped {place}: it was not done after {ms} ms"),
            Cause::OutOfFuel => format!("node `{node}` was stopped {place}: it used up its fuel"),
            Cause::Cancelled => format!("node `{node}` was cancelled {place}"),
            Cause::Misuse(_, text) => format!("node `{node}` misused a handle {place}: {text}"),
            Cause::Denied(denied) => {
                let component = self.component;
                format!("node `{node}` was stopped {place}: {denied} to component `{component}`")
            }
            Cause::Endpoint(text) => format!("node `{node}` failed {place}: {text}"),
            Cause::Instantiation(text) | Cause::NoFile(text) | Cause::NoThread(text) => format!("{unmade}: {text}"),
            Cause::NoMemory(text) if node == DRIVER => format!("there is no memory for the flow: {text}"),
            Cause::NoMemory(text) => format!("there is no memory for node `{node}`: {text}"),
            Cause::OpenFiles { needed, limit } => format!(
                "{unmade}: it has at least {} open, standard input and output among them, and the process may have {limit}",
                count(needed, "file")
            ),
            Cause::AddressSpace {
                memories,
                needed,
                limit,
            } => format!(
                "{unmade}: {} of the flow and the program itself take more than {} of address space, and the process may have {}",
                count(memories, "linear memory"),
                mebibytes(*needed),
                mebibytes(*limit)
            ),
            Cause::TooLarge { stream, bytes, limit } => {
                format!(
                    "node `{node}` made an element of {} {place}: stream `{stream}` takes at most {limit}",
                    count(bytes, "byte")
                )
            }
            Cause::UnknownPort(port) => format!("node `{node}` named port `{port}` {place}: no edge leaves it"),
            Cause::Overflow { stream, depth } => {
                let (waiting, verb) = (count(depth, "element"), if *depth == 1 { "waits" } else { "wait" });
                format!("stream `{stream}` overflowed {place} of node `{node}`: {waiting} {verb} already")
            }
            Cause::TooManyRestarts { limit, last } => {
                let last = Failure {
                    cause: (**last).clone(),
                    ..self.clone()
                };
                format!(
                    "node `{node}` failed again after {} within a minute: {}",
                    count(limit, "restart"),
                    last.message()
                )
            }
            Cause::FlowDeadline(ms) if self.node == DRIVER => {
                format!("the flow ran longer than its deadline of {ms} ms")
            }
            Cause::FlowDeadline(ms) => {
                format!("the flow ran longer than its deadline of {ms} ms: node `{node}` was stopped {place}")
            }
            Cause::TimeUp(ms) => format!(
                "the {ms} ms of `--timeout` were up, and node `{node}` was stopped {place}: it went on for longer than a \
                 second after that"
            ),
        }
    }

    /// Whether another failure says nothing more: the same of the same file or stream, whichever node found it.
    #[must_use]
    pub fn tells(&self, other: &Failure) -> bool {
        matches!(self.cause, Cause::Endpoint(_)) && self.cause == other.cause
    }

    /// The message, cut where many of them are kept.
    #[must_use]
    pub fn summary(&self) -> String {
        const LONGEST: usize = 200;
        let mut message = self.message();
        if message.len() > LONGEST {
            message.truncate(message.floor_char_boundary(LONGEST));
            message.push('…');
        }
        message
    }

    /// How it may be mended.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match &self.cause {
            Cause::Deadline(_) => Some(match self.operation {
                Operation::Init => "raise `component_init_timeout_ms` in `[runtime]`, or find out why `init` is slow",
                Operation::Teardown => "raise `component_teardown_timeout_ms` in `[runtime]`",
                Operation::Instantiate
                | Operation::Pull
                | Operation::Notify
                | Operation::Process
                | Operation::Evaluate
                | Operation::Route
                | Operation::Ingest
                | Operation::Flush
                | Operation::Push
                | Operation::Complete => {
                    "raise `invocation_timeout_ms`, in the node's `limits` or in `[runtime]`, or look for an endless loop"
                }
            }),
            Cause::Overdue(_) => Some(
                "it had little of the processor: the machine is overloaded, or nobody reads what the component prints",
            ),
            Cause::NoBuffer { refusal, .. } => Some(refusal.help),
            Cause::OutOfFuel => Some("raise `fuel_per_invocation` in `[runtime]` or in the node's `limits`"),
            Cause::Trap(text) if text.contains("hostcalls") => {
                Some("one call passes at most 32 MiB to the host: return less, or write it to a buffer")
            }
            Cause::Trap(text) if text.contains("unreachable") => {
                Some("the component panicked or aborted; if it gave a reason, that is on standard error")
            }
            Cause::Trap(_) => None,
            Cause::Component(_) if self.operation == Operation::Init => {
                Some("check the node's `config`; `--config NODE.KEY=VALUE` overrides it")
            }
            Cause::Endpoint(text) if self.operation == Operation::Init && text.contains("No such file") => {
                Some("paths begin in the folder where the program was started; `--input` and `--output` give others")
            }
            Cause::Endpoint(text) if text.ends_with(AT_ONCE) => {
                Some("run one flow after the other, or let them meet in a named pipe (`mkfifo`)")
            }
            Cause::Overflow { .. } => Some("raise `queue_depth`, choose another `policy`, or make the consumer faster"),
            Cause::UnknownPort(_) => Some("add an edge from that port, or correct its name in the router"),
            Cause::TooLarge { .. } => Some("raise `max_element_size` of the edge"),
            Cause::Denied(_) => Some(
                "grant it in `[security.grants.COMPONENT]` of Torvyn.toml and build again, or have the component ask \
                 `has-capability` first",
            ),
            Cause::TooManyRestarts { .. } => Some("`max_restarts` in `[runtime]` is the limit"),
            Cause::FlowDeadline(_) => Some("raise `deadline` of the flow"),
            Cause::TimeUp(_) => Some("raise `--timeout`, or find out why the call takes so long"),
            Cause::AddressSpace { .. } => Some(
                "raise the limit (`ulimit -v`), or build with a smaller `memory_reservation` in `[runtime]`, such as \
                 \"64MiB\"",
            ),
            Cause::NoFile(_) | Cause::OpenFiles { .. } => Some(OPEN_FILES),
            Cause::Endpoint(text) if text.contains("Too many open files") => Some(OPEN_FILES),
            Cause::NoThread(_) => Some(THREADS),
            Cause::Endpoint(text) if text.contains("Resource temporarily unavailable") => Some(THREADS),
            Cause::NoMemory(_) => Some(
                "free some memory, or raise the limit of the machine's container; `memory_reservation` in `[runtime]` says \
                 how much address space each component takes",
            ),
            Cause::Misuse("E0303", _) => Some("look for a use of a buffer behind `freeze`, or behind giving it away"),
            Cause::Misuse("E0304", _) => {
                Some("drop what is borrowed of a buffer before the call ends, or the buffer is given away")
            }
            Cause::Component(_)
            | Cause::Cancelled
            | Cause::Misuse(..)
            | Cause::Endpoint(_)
            | Cause::Instantiation(_) => None,
        }
    }
}
