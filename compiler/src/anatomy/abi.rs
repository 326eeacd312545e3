//! Options of lifts and lowers: how values cross between core code and the canonical ABI (component model,
//! CanonicalABI.md).

use wasmparser::{CanonicalOption, ExternalKind};

use super::{Body, CoreExport, LONGEST_WAY, Origin};

/// Options of a lift or a lower.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Abi {
    /// The memory of values that are passed by address.
    pub memory: Option<CoreExport>,
    /// The allocator for that memory.
    pub realloc: Option<CoreExport>,
    /// Whether strings are UTF-8.
    pub utf8: bool,
    /// Whether there is an option other than these and post-return, or one that could not be followed.
    pub special: bool,
}

impl Abi {
    /// The options of a function that passes only numbers.
    pub const NUMBERS: Abi = Abi {
        memory: None,
        realloc: None,
        utf8: true,
        special: false,
    };
}

impl Body<'_> {
    /// Reads `options`. Of post-return, only checks that it can be followed.
    pub(super) fn abi(&self, options: &[CanonicalOption]) -> Abi {
        let mut abi = Abi::NUMBERS;
        for option in options {
            match option {
                CanonicalOption::UTF8 => {}
                CanonicalOption::PostReturn(function) => abi.special |= self.code(*function).is_none(),
                CanonicalOption::UTF16 | CanonicalOption::CompactUTF16 => abi.utf8 = false,
                CanonicalOption::Memory(memory) => {
                    abi.memory = self.memory(*memory);
                    abi.special |= abi.memory.is_none();
                }
                CanonicalOption::Realloc(function) => {
                    abi.realloc = self.code(*function);
                    abi.special |= abi.realloc.is_none();
                }
                CanonicalOption::Async
                | CanonicalOption::Callback(_)
                | CanonicalOption::CoreType(_)
                | CanonicalOption::Gc => abi.special = true,
            }
        }
        abi
    }

    /// Finds the function that `options` name as post-return.
    pub(super) fn post_return(&self, options: &[CanonicalOption]) -> Option<CoreExport> {
        options.iter().find_map(|option| {
            if let CanonicalOption::PostReturn(function) = option {
                self.code(*function)
            } else {
                None
            }
        })
    }

    /// Finds the core instance that has a memory, and the memory's name there.
    fn memory(&self, memory: u32) -> Option<CoreExport> {
        match self.other(ExternalKind::Memory, memory, LONGEST_WAY) {
            Origin::Code(export) => Some(export),
            Origin::Imported { .. } | Origin::ResourceDrop { .. } | Origin::Intrinsic | Origin::Unknown => None,
        }
    }
}
