//! Why parts can't be welded.

use std::error::Error;
use std::fmt;

use torvyn_runtime_core::words::count;
use wasmparser::BinaryReaderError;

/// Why parts can't be welded. Parts are identified by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WeldError {
    /// A part is not a valid core module.
    Invalid {
        /// The part.
        part: usize,
        /// The validator's message.
        reason: String,
    },
    /// A part is valid, but uses a proposal that can't be welded.
    Unsupported {
        /// The part.
        part: usize,
        /// The validator's message without the proposal.
        reason: String,
    },
    /// A guest imports a memory or a table.
    GuestImport {
        /// The part.
        part: usize,
        /// The import.
        import: String,
        /// The kind of item that is imported.
        kind: &'static str,
    },
    /// A guest has a memory that is shared between threads.
    SharedMemory {
        /// The part.
        part: usize,
    },
    /// A part does not have one binding for each import.
    Bindings {
        /// The part.
        part: usize,
        /// Number of its imports.
        imports: usize,
        /// Number of its bindings.
        bindings: usize,
    },
    /// A binding or an export names a part that does not exist.
    NoSuchPart {
        /// The part.
        part: usize,
    },
    /// A binding or an export names an export that the part does not have.
    NoSuchExport {
        /// The part.
        part: usize,
        /// The name.
        export: String,
    },
    /// A start function is to be exported, but the part has none.
    NoStart {
        /// The part.
        part: usize,
    },
    /// A mutable global is to be exported, but the part does not define it.
    NoSuchGlobal {
        /// The part.
        part: usize,
        /// Its position among the mutable globals.
        position: usize,
    },
    /// An import is bound to an item that its type does not accept.
    Mismatch {
        /// The part.
        part: usize,
        /// The import.
        import: String,
        /// Its type.
        expected: String,
        /// The type of what it is bound to.
        found: String,
    },
    /// Bindings with the same names have different types.
    Conflict {
        /// Module name.
        module: String,
        /// Item name.
        name: String,
        /// The type that came first.
        first: String,
        /// The other type.
        second: String,
    },
    /// An import is bound to itself, or the initial value of a global depends on itself, by way of others.
    Cycle {
        /// The part.
        part: usize,
        /// The import that closes the cycle.
        import: String,
    },
    /// Two exports have the same name.
    DuplicateExport {
        /// The name.
        name: String,
    },
    /// A memory of a guest starts out larger than it may be.
    MemoryTooLarge {
        /// The part.
        part: usize,
        /// Its initial size in pages.
        minimum: u64,
        /// What the rules allow, in pages.
        limit: u64,
    },
    /// The tables of a guest start out larger than they may be.
    TablesTooLarge {
        /// The part.
        part: usize,
        /// The sum of their initial sizes in elements.
        minimum: u64,
        /// What the rules allow, in elements.
        limit: u64,
    },
    /// The welded module would exceed a limit on modules.
    TooLarge {
        /// What there would be too much of.
        what: &'static str,
        /// How much there would be.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

impl WeldError {
    /// Returns the error for a part that is not a valid core module.
    #[must_use]
    pub fn invalid(part: usize, error: &BinaryReaderError) -> Self {
        WeldError::Invalid {
            part,
            reason: error.to_string(),
        }
    }

    /// Returns the part that is at fault, if it is a single part.
    #[must_use]
    pub fn part(&self) -> Option<usize> {
        match self {
            WeldError::Invalid { part, .. }
            | WeldError::Unsupported { part, .. }
            | WeldError::GuestImport { part, .. }
            | WeldError::SharedMemory { part }
            | WeldError::Bindings { part, .. }
            | WeldError::NoSuchPart { part }
            | WeldError::NoSuchExport { part, .. }
            | WeldError::NoStart { part }
            | WeldError::NoSuchGlobal { part, .. }
            | WeldError::Mismatch { part, .. }
            | WeldError::Cycle { part, .. }
            | WeldError::MemoryTooLarge { part, .. }
            | WeldError::TablesTooLarge { part, .. } => Some(*part),
            WeldError::Conflict { .. } | WeldError::DuplicateExport { .. } | WeldError::TooLarge { .. } => None,
        }
    }
}

impl fmt::Display for WeldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeldError::Invalid { part, reason } => write!(f, "part {part} is not a valid module: {reason}"),
            WeldError::Unsupported { part, reason } => {
                write!(f, "part {part} uses a feature that can't be welded: {reason}")
            }
            WeldError::GuestImport { part, import, kind } => write!(f, "guest {part} imports the {kind} `{import}`"),
            WeldError::SharedMemory { part } => write!(f, "guest {part} has a shared memory"),
            WeldError::Bindings {
                part,
                imports,
                bindings,
            } => write!(f, "part {part} has {imports} imports and {bindings} bindings"),
            WeldError::NoSuchPart { part } => write!(f, "there is no part {part}"),
            WeldError::NoSuchExport { part, export } => write!(f, "part {part} has no export `{export}`"),
            WeldError::NoStart { part } => write!(f, "part {part} has no start function"),
            WeldError::NoSuchGlobal { part, position } => {
                write!(f, "part {part} defines no mutable global {position}")
            }
            WeldError::Mismatch {
                part,
                import,
                expected,
                found,
            } => write!(
                f,
                "import `{import}` of part {part} is a {expected}, and bound to a {found}"
            ),
            WeldError::Conflict {
                module,
                name,
                first,
                second,
            } => write!(f, "`{module}.{name}` is imported as a {first} and as a {second}"),
            WeldError::Cycle { part, import } => write!(f, "import `{import}` of part {part} refers to itself"),
            WeldError::DuplicateExport { name } => write!(f, "two exports have the name `{name}`"),
            WeldError::MemoryTooLarge { part, minimum, limit } => {
                write!(
                    f,
                    "guest {part} starts with {} of memory, and may have {limit}",
                    count(minimum, "page")
                )
            }
            WeldError::TablesTooLarge { part, minimum, limit } => {
                write!(
                    f,
                    "guest {part} starts with {} of tables, and may have {limit}",
                    count(minimum, "element")
                )
            }
            WeldError::TooLarge { what, found, limit } => {
                write!(f, "the module would have {found} {what}, and may have {limit}")
            }
        }
    }
}

impl Error for WeldError {}
