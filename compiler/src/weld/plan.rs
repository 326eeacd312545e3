//! Which functions are inlined, and which are left out of the welded module.

use std::collections::BTreeSet;

/// A function that a part defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FunctionId {
    pub(super) part: usize,
    /// Its number in the part, not counting imports.
    pub(super) index: usize,
}

/// Which functions are inlined, and which are kept.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Caller and callee of the calls that are inlined.
    pub(super) replaced: BTreeSet<(FunctionId, FunctionId)>,
    /// The functions to which something still refers.
    pub(super) kept: BTreeSet<FunctionId>,
}

impl Plan {
    /// Whether calls to `callee` in `caller` are inlined.
    pub(super) fn replaces(&self, caller: FunctionId, callee: FunctionId) -> bool {
        self.replaced.contains(&(caller, callee))
    }

    /// Whether something still refers to a function.
    pub(super) fn keeps(&self, function: FunctionId) -> bool {
        self.kept.contains(&function)
    }
}
