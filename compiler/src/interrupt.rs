//! Makes WebAssembly interruptible. In: a valid core module or component. Out: the same, whose code *touches* linear
//! memory again and again. Code that does can be stopped from outside: the runtime takes the access rights on its
//! memories away (`runtime-core/src/revocation.rs`), and the next touch is a trap.
//!
//! A touch is an access that the machine code is sure to contain. Stores are touches, and loads from addresses that
//! change from round to round (`steps.rs`). Where there are too few of them, this pass adds atomic loads whose results
//! are dropped: in every loop that may go round without a touch; at the entry of functions that are neither *quiet* nor
//! access memory at once; before every operator whose work grows with its operands (it works in the host, which no lack
//! of rights stops); and in long code at least every [`STRETCH`] operators. Quiet functions run at most [`QUIET`]
//! operators, including those of the quiet functions that they call (`quiet.rs`).
//!
//! # Bound
//! A guest can only run without limit by going round in loops or by making calls. Every way round a loop has a touch
//! (`cycle.rs`). A call leads to a touch, or to a quiet function, whose operators are charged to the caller. So between
//! two touches, code only goes forward in the functions on the stack and returns from them, and each of these functions
//! adds at most [`STRETCH`] operators: the work is bounded by the size of the stack, which the engine limits. There is
//! also one operator over memory or a table, bounded by their sizes, and there are calls of other modules and of the
//! host, which must bound their own work. The functions that those can call have a touch at their entry, except in
//! modules whose functions only forward calls: these add one call each, and no loop (`quiet.rs`).

mod cycle;
mod module;
mod quiet;
mod rewrite;
mod steps;
mod stretch;
#[cfg(test)]
mod tests;
mod touch;
mod walk;

use wasmparser::{Catch, Operator};

pub use rewrite::module;

/// Most operators that a function runs without a touch if there is none at its entry. The allocators of guests'
/// standard libraries need fewer.
pub const QUIET: u32 = 2_048;

/// Most operators on any path through a function from one touch to the next.
pub const STRETCH: u32 = 4_096;

/// Number of operators that are charged for a call of an imported function.
const OTHERS: u32 = 32;

/// Returns the labels to which an operator may branch. Those of a `try_table` are its handlers.
fn targets(operator: &Operator<'_>) -> Vec<u32> {
    if let Operator::BrTable { targets } = operator {
        let listed = targets
            .targets()
            .map(|label| label.expect("invariant: the module is valid"));
        return listed.chain([targets.default()]).collect();
    }
    if let Operator::TryTable { try_table } = operator {
        return try_table.catches.iter().map(handler).collect();
    }
    if let Operator::Br { relative_depth }
    | Operator::BrIf { relative_depth }
    | Operator::BrOnNull { relative_depth }
    | Operator::BrOnNonNull { relative_depth }
    | Operator::BrOnCast { relative_depth, .. }
    | Operator::BrOnCastFail { relative_depth, .. }
    | Operator::BrOnCastDescEq { relative_depth, .. }
    | Operator::BrOnCastDescEqFail { relative_depth, .. } = operator
    {
        return vec![*relative_depth];
    }
    Vec::new()
}

fn handler(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. } | Catch::OneRef { label, .. } | Catch::All { label } | Catch::AllRef { label } => {
            *label
        }
    }
}

/// Whether an operator calls a function.
fn is_call(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
    )
}

/// Whether the work of an operator grows with its operands.
fn is_bulk(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryInit { .. }
            | Operator::MemoryGrow { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableInit { .. }
            | Operator::TableGrow { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewData { .. }
            | Operator::ArrayNewElem { .. }
            | Operator::ArrayFill { .. }
            | Operator::ArrayCopy { .. }
            | Operator::ArrayInitData { .. }
            | Operator::ArrayInitElem { .. }
    )
}

/// Whether the code behind an operator follows it, and nothing else leads there.
fn goes_straight_on(operator: &Operator<'_>) -> bool {
    let is_boundary = matches!(
        operator,
        Operator::Loop { .. } | Operator::If { .. } | Operator::Else | Operator::End | Operator::TryTable { .. }
    );
    !is_boundary && !is_call(operator) && !ends_way(operator) && targets(operator).is_empty()
}

/// Whether the code that follows an operator can only be reached by branches.
fn ends_way(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::Throw { .. }
            | Operator::ThrowRef
    )
}
