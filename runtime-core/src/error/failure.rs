//! The words of a failure: description, code and advice.

use super::{AT_ONCE, Cause, ComponentError, DRIVER, Operation};
use crate::words::count;

/// An amount of bytes in mebibytes, rounded up so that a requirement is not understated.
fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// Address space for each memory, in bytes, from which a smaller reservation helps: more than the one advised.
const ROOMY: u64 = 65 << 20;

/// Advice on the limit on open files.
const OPEN_FILES: &str = "raise the limit on open files (`ulimit -n`)";
const THREADS: &str = "raise the limit on threads and processes (`ulimit -u`, or that of the machine's container)";

/// A failure of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Name of the node.
    pub node: &'static str,
    /// Name of its component.
    pub component: &'static str,
    /// Operation that failed.
    pub operation: Operation,
    /// Sequence number of the element that it handled, or was to produce.
    pub element: Option<u64>,
    /// Cause of the failure.
    pub cause: Cause,
}

impl Failure {
    /// Code in the catalogue (`torvync explain CODE`).
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

    /// The description of the failure, in one line.
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
                // The failure already starts with its code.
                let words = words.replace(&format!(" ({})", refusal.code), "");
                format!("node `{node}` got no buffer {place}: {words}")
            }
            Cause::Trap(text) => format!("node `{node}` trapped {place}: {text}"),
            Cause::Deadline(ms) => format!("node `{node}` was stopped {place}: it ran longer than {ms} ms"),
            Cause::Overdue(ms) => format!("node `{node}` was stopped {place}: it had not returned after {ms} ms"),
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
                "{unmade}: it needs at least {} open at once, including standard input and output, but the process may open {limit}",
                count(needed, "file")
            ),
            Cause::AddressSpace {
                memories,
                needed,
                limit,
            } if needed > limit => format!(
                "{unmade}: {} of the flow and the program itself need more than {} of address space, but the process may have {}",
                count(memories, "linear memory"),
                mebibytes(*needed),
                mebibytes(*limit)
            ),
            Cause::AddressSpace {
                memories,
                needed,
                limit,
            } => format!(
                "{unmade}: {} of the flow take {} of address space, which leaves too little of {} for threads and the program \
                 itself",
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
                let (waiting, verb) = (count(depth, "element"), if *depth == 1 { "is" } else { "are" });
                format!("stream `{stream}` overflowed {place} of node `{node}`: {waiting} {verb} already waiting")
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
                "the `--timeout` of {ms} ms had passed, and node `{node}` was stopped {place}: the call had not returned \
                 one second later"
            ),
        }
    }

    /// Whether `other` adds nothing to this failure: it has the same cause in the same file or stream, found by
    /// whichever node.
    #[must_use]
    pub fn covers(&self, other: &Failure) -> bool {
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

    /// Advice on how to mend the failure.
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
                "the call got little processor time: the machine is overloaded, or the component's output is not being read",
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
            Cause::Endpoint(text) if self.operation == Operation::Init && text.contains("No such file") => Some(
                "relative paths start in the folder where the program was started; `--input` and `--output` set other files",
            ),
            Cause::Endpoint(text) if text.ends_with(AT_ONCE) => {
                Some("run one flow after the other, or connect them by a named pipe (`mkfifo`)")
            }
            Cause::Overflow { .. } => Some("raise `queue_depth`, choose another `policy`, or make the consumer faster"),
            Cause::UnknownPort(_) => Some("add an edge from that port, or correct its name in the router"),
            Cause::TooLarge { .. } => Some("raise `max_element_size` of the edge"),
            Cause::Denied(_) => Some(
                "grant it in `[security.grants.COMPONENT]` of Torvyn.toml and build again, or let the component call \
                 `has-capability` first",
            ),
            Cause::TooManyRestarts { .. } => Some("`max_restarts` in `[runtime]` sets the limit"),
            Cause::FlowDeadline(_) => Some("raise `deadline` of the flow"),
            Cause::TimeUp(_) => Some("raise `--timeout`, or find out why the call takes so long"),
            Cause::AddressSpace { memories, needed, .. } if needed / memories > ROOMY => Some(
                "raise the limit (`ulimit -v`), or build with a smaller `memory_reservation` in `[runtime]`, such as \
                 \"64MiB\"",
            ),
            Cause::AddressSpace { .. } => Some("raise the limit (`ulimit -v`)"),
            Cause::NoFile(_) | Cause::OpenFiles { .. } => Some(OPEN_FILES),
            Cause::Endpoint(text) if text.contains("Too many open files") => Some(OPEN_FILES),
            Cause::NoThread(_) => Some(THREADS),
            Cause::Endpoint(text) if text.contains("Resource temporarily unavailable") => Some(THREADS),
            Cause::NoMemory(_) => Some(
                "free some memory, or raise the container's memory limit; `memory_reservation` in `[runtime]` sets the \
                 address space that each component takes",
            ),
            Cause::Misuse("E0303", _) => {
                Some("look for a use of a buffer after `freeze`, or after it was given away or dropped")
            }
            Cause::Misuse("E0304", _) => {
                Some("drop everything borrowed from a buffer before the call ends or the buffer is given away")
            }
            Cause::Component(_)
            | Cause::Cancelled
            | Cause::Misuse(..)
            | Cause::Endpoint(_)
            | Cause::Instantiation(_) => None,
        }
    }
}
