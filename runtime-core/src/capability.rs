//! The taxonomy of capabilities: the permissions a component may have beyond its contracts, their notation in the
//! manifest, and the host functions that need them ("Capabilities and Security" of the reference).

mod grant;
mod granted;

pub use grant::{Grant, Malformed, Request, Scope, Wanted, has};
pub use granted::{Denied, Granted};

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Read files and folders.
    FilesystemRead,
    /// Create, change and remove files and folders.
    FilesystemWrite,
    /// Open connections.
    TcpConnect,
    /// Accept connections.
    TcpListen,
    /// Send and receive datagrams.
    Udp,
    /// Make requests.
    HttpOutgoing,
    /// Read the time of day.
    WallClock,
    /// Measure time.
    MonotonicClock,
    /// Get random bytes suitable for secrets.
    Random,
    /// Get random bytes unsuitable for secrets.
    InsecureRandom,
    /// Read environment variables and arguments.
    Environment,
    /// Write to standard output.
    Stdout,
    /// Write to standard error.
    Stderr,
    /// Allocate buffers.
    BufferAllocation,
    /// Allocate from a named pool.
    Pool,
    /// Signal backpressure.
    Backpressure,
    /// Read the runtime's data about a flow.
    FlowMetadata,
    /// Query the runtime about itself.
    Diagnostics,
    /// Emit metrics.
    Metrics,
}

/// Kind of scope that a grant takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// No scope.
    None,
    /// A folder with everything below it.
    Path,
    /// `HOST`, `HOST:PORT` or `HOST:FIRST-LAST`; `*.HOST` is every name below it.
    Host,
    /// A name; `*` at its end stands for any rest.
    Name,
}

/// A name for capabilities, in `[capabilities.*]` and in grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key in `[capabilities.required]` and `[capabilities.optional]`.
    pub key: &'static str,
    /// The text in `[security.grants.*]`, without scope.
    pub grant: &'static str,
    /// The capabilities it stands for.
    pub members: &'static [Capability],
    /// The scope that may follow the grant.
    pub scope: ScopeKind,
    /// Description of what it permits.
    pub doc: &'static str,
    /// Whether this version of the runtime implements it for components that are granted it.
    pub provided: bool,
}

const fn entry(
    key: &'static str,
    grant: &'static str,
    members: &'static [Capability],
    scope: ScopeKind,
    provided: bool,
    doc: &'static str,
) -> Entry {
    Entry {
        key,
        grant,
        members,
        scope,
        doc,
        provided,
    }
}

/// Every name, by domain.
pub const ENTRIES: &[Entry] = {
    use Capability as C;
    use ScopeKind as S;
    &[
        entry(
            "wasi-filesystem",
            "wasi:filesystem",
            &[C::FilesystemRead, C::FilesystemWrite],
            S::Path,
            false,
            "Read and change files and folders.",
        ),
        entry(
            "wasi-filesystem-read",
            "wasi:filesystem/read",
            &[C::FilesystemRead],
            S::Path,
            false,
            "Read files and folders.",
        ),
        entry(
            "wasi-filesystem-write",
            "wasi:filesystem/write",
            &[C::FilesystemWrite],
            S::Path,
            false,
            "Make, change and remove files and folders.",
        ),
        entry(
            "wasi-network-egress",
            "wasi:sockets/egress",
            &[C::TcpConnect, C::Udp, C::HttpOutgoing],
            S::Host,
            false,
            "Reach other machines, by whatever protocol.",
        ),
        entry(
            "wasi-network-ingress",
            "wasi:sockets/ingress",
            &[C::TcpListen, C::Udp],
            S::Host,
            false,
            "Be reached by other machines.",
        ),
        entry(
            "wasi-tcp-connect",
            "wasi:sockets/tcp-connect",
            &[C::TcpConnect],
            S::Host,
            false,
            "Open TCP connections.",
        ),
        entry(
            "wasi-tcp-listen",
            "wasi:sockets/tcp-listen",
            &[C::TcpListen],
            S::Host,
            false,
            "Accept TCP connections.",
        ),
        entry(
            "wasi-udp",
            "wasi:sockets/udp",
            &[C::Udp],
            S::Host,
            false,
            "Send and receive UDP datagrams.",
        ),
        entry(
            "wasi-http-outgoing",
            "wasi:http/outgoing-handler",
            &[C::HttpOutgoing],
            S::Host,
            false,
            "Make HTTP requests.",
        ),
        entry(
            "wasi-clocks",
            "wasi:clocks",
            &[C::WallClock, C::MonotonicClock],
            S::None,
            true,
            "Read the time of day and measure time.",
        ),
        entry(
            "wasi-wall-clock",
            "wasi:clocks/wall-clock",
            &[C::WallClock],
            S::None,
            true,
            "Read the time of day.",
        ),
        entry(
            "wasi-monotonic-clock",
            "wasi:clocks/monotonic-clock",
            &[C::MonotonicClock],
            S::None,
            true,
            "Measure time.",
        ),
        entry(
            "wasi-random",
            "wasi:random/random",
            &[C::Random],
            S::None,
            true,
            "Get random bytes that are fit for secrets.",
        ),
        entry(
            "wasi-random-insecure",
            "wasi:random/insecure",
            &[C::InsecureRandom],
            S::None,
            true,
            "Get random bytes that are fit for nothing secret.",
        ),
        entry(
            "wasi-environment",
            "wasi:cli/environment",
            &[C::Environment],
            S::Name,
            false,
            "Read environment variables and arguments.",
        ),
        entry(
            "wasi-stdout",
            "wasi:cli/stdout",
            &[C::Stdout],
            S::None,
            true,
            "Write to standard output; every component may.",
        ),
        entry(
            "wasi-stderr",
            "wasi:cli/stderr",
            &[C::Stderr],
            S::None,
            true,
            "Write to standard error; every component may.",
        ),
        entry(
            "torvyn-buffer-allocation",
            "torvyn:buffers/allocate",
            &[C::BufferAllocation],
            S::None,
            true,
            "Allocate buffers; every component may.",
        ),
        entry(
            "torvyn-pool",
            "torvyn:buffers/pool",
            &[C::Pool],
            S::Name,
            false,
            "Allocate from a pool of this name.",
        ),
        entry(
            "torvyn-backpressure",
            "torvyn:flow/backpressure",
            &[C::Backpressure],
            S::None,
            true,
            "Signal backpressure; every sink may.",
        ),
        entry(
            "torvyn-flow-metadata",
            "torvyn:flow/metadata",
            &[C::FlowMetadata],
            S::None,
            true,
            "See which flow and stage an element belongs to; every component may.",
        ),
        entry(
            "torvyn-diagnostics",
            "torvyn:runtime/diagnostics",
            &[C::Diagnostics],
            S::None,
            false,
            "Ask the runtime about itself.",
        ),
        entry(
            "torvyn-metrics",
            "torvyn:runtime/metrics",
            &[C::Metrics],
            S::Name,
            false,
            "Emit metrics.",
        ),
    ]
};

impl Capability {
    /// The name that stands for this capability alone.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        let alone = |entry: &&Entry| matches!(entry.members, [only] if *only == self);
        ENTRIES
            .iter()
            .find(alone)
            .expect("invariant: every capability has a name")
    }
}

/// The capabilities of every component, without a grant: the contracts need them, or they lead nowhere.
pub const GIVEN: &[Capability] = &[
    Capability::Stdout,
    Capability::Stderr,
    Capability::BufferAllocation,
    Capability::Backpressure,
    Capability::FlowMetadata,
];

/// The name for exactly these capabilities; if there is none, the name for the first of them.
///
/// # Panics
/// When `capabilities` is empty.
#[must_use]
pub fn entry_of(capabilities: &[Capability]) -> &'static Entry {
    let exact = ENTRIES.iter().find(|entry| entry.members == capabilities);
    exact.unwrap_or_else(|| capabilities[0].entry())
}

impl Entry {
    /// The entry with this key.
    #[must_use]
    pub fn by_key(key: &str) -> Option<&'static Self> {
        ENTRIES.iter().find(|entry| entry.key == key)
    }
}

#[cfg(test)]
mod tests;
