//! Makes guests interruptible. A *poll* reads a word of memory and, unless it is 0, calls a function of the host. The
//! function either ends the call with a trap, or returns because the word was meant for another call.
//!
//! There are polls at the entry of all functions that are not *quiet*, at every loop header, before every operator
//! whose work grows with its operands, and in long code at least every [`STRETCH`] operators. Quiet functions run at
//! most [`QUIET`] operators without a poll on any path, including those of the quiet functions that they call
//! (`poll/quiet.rs`).
//!
//! # Bound
//! A guest can only run without limit by taking back edges or making calls. A back edge leads to a loop header. A call
//! leads to a poll, or to a quiet function, whose operators are charged to the caller. So between two polls, code only
//! goes forward in the functions on the stack and returns from them, and each of these functions adds at most
//! [`STRETCH`] operators: the work is bounded by the size of the stack, which the engine limits. There is also one
//! operator over memory or a table, bounded by their sizes, and there are calls of other parts and of the host, which
//! must bound their own work. The functions of the guest that those call are exported, so they poll.

mod quiet;
mod stretch;

use wasm_encoder::{BlockType, Encode as _, Instruction, MemArg, MemArgTarget};
use wasmparser::{FuncType, MemoryType, Operator};

use super::WeldError;
use super::imports::{HostImport, Imports};
use super::item::{ItemType, Kind};
use super::module::Module;
use stretch::Stretch;

/// Most operators that a function runs without a poll if there is none at its entry. The allocators of guests' standard
/// libraries need fewer.
pub const QUIET: u32 = 2_048;

/// Most operators on any path through a function from one poll to the next.
pub const STRETCH: u32 = 4_096;

/// Number of operators that are charged for a call of an imported function.
const OTHERS: u32 = 32;

/// Type of the memory that polls read, if no part imports it: up to all pages that 32 bits can address.
const MEMORY: MemoryType = MemoryType {
    memory64: false,
    shared: true,
    initial: 1,
    maximum: Some(65_536),
    page_size_log2: None,
};

/// How code polls for interruption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Module and name of the host's memory that polls read. If no part imports it, it is a shared memory of any size.
    pub memory: (String, String),
    /// Address of the word in that memory, a multiple of 4. The word is a `u32`.
    pub address: u64,
    /// Module and name of the host's function that is called if the word is not 0. It has no parameters and no results.
    pub interrupted: (String, String),
}

impl Poll {
    /// Adds the imports that polls need.
    pub(super) fn require(&self, imports: &mut Imports) -> Result<(), WeldError> {
        let (module, name) = &self.memory;
        let is_there = imports
            .get(module, name)
            .is_some_and(|import| import.ty.kind() == Kind::Memory);
        if !is_there {
            imports.require(module, name, ItemType::Memory(MEMORY))?;
        }
        let (module, name) = &self.interrupted;
        imports.require(module, name, ItemType::Function(FuncType::new([], [])))?;
        Ok(())
    }
}

/// Inserts polls into the functions of a part.
#[derive(Debug)]
pub(super) struct Injector {
    /// The code of a poll.
    code: Vec<u8>,
    /// For each function that the part defines, the operators that a call may run without a poll; `None` if it begins
    /// with a poll.
    quiet: Vec<Option<u32>>,
    imported: usize,
}

/// Inserts polls into one function.
#[derive(Debug)]
pub(super) struct Polls<'i> {
    injector: &'i Injector,
    stretch: Stretch,
}

/// Where a poll goes, relative to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Before,
    After,
}

impl Injector {
    pub(super) fn new(poll: &Poll, memory: &HostImport, interrupted: &HostImport, module: &Module<'_>) -> Self {
        Self {
            code: code(poll, memory, interrupted),
            quiet: quiet::operators(module),
            imported: module.imported[Kind::Function].len(),
        }
    }

    /// Returns the code of a poll.
    pub(super) fn code(&self) -> &[u8] {
        &self.code
    }

    /// Starts a function that the part defines.
    pub(super) fn function(&self) -> Polls<'_> {
        Polls {
            injector: self,
            stretch: Stretch::new(),
        }
    }

    /// Whether a function that the part defines begins with a poll.
    pub(super) fn is_at_entry(&self, position: usize) -> bool {
        self.quiet[position].is_none()
    }
}

impl Polls<'_> {
    /// Returns the code of a poll.
    pub(super) fn code(&self) -> &[u8] {
        self.injector.code()
    }

    /// Passes the next operator. Returns where a poll belongs, if there is to be one.
    pub(super) fn pass(&mut self, operator: &Operator<'_>) -> Option<Place> {
        if let Operator::Loop { .. } = operator {
            self.stretch.enter_loop();
            return Some(Place::After);
        }
        let operators = 1 + self.called_operators(operator);
        let poll = is_bulk(operator) || self.stretch.exceeds(operators);
        if poll {
            self.stretch.poll();
        }
        self.stretch.pass(operator, operators);
        poll.then_some(Place::Before)
    }

    /// Returns how many operators a call may run without a poll.
    fn called_operators(&self, operator: &Operator<'_>) -> u32 {
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            match (*function_index as usize).checked_sub(self.injector.imported) {
                Some(callee) => self.injector.quiet[callee].unwrap_or_default(),
                None => OTHERS,
            }
        } else if is_call(operator) {
            QUIET
        } else {
            0
        }
    }
}

/// Encodes `if (atomic.load(address) != 0) interrupted()`, which leaves the operand stack as it is. The load is atomic
/// so that every poll reads the word again.
fn code(poll: &Poll, memory: &HostImport, interrupted: &HostImport) -> Vec<u8> {
    let wide = matches!(&memory.ty, ItemType::Memory(ty) if ty.memory64);
    let word = MemArg {
        offset: poll.address,
        align: 2,
        target: MemArgTarget::Memory(memory.index),
        ordering: None,
    };
    let mut code = Vec::new();
    let instructions = [
        if wide {
            Instruction::I64Const(0)
        } else {
            Instruction::I32Const(0)
        },
        Instruction::I32AtomicLoad(word),
        Instruction::If(BlockType::Empty),
        Instruction::Call(interrupted.index),
        Instruction::End,
    ];
    for instruction in &instructions {
        instruction.encode(&mut code);
    }
    code
}

/// Whether an operator calls a function.
fn is_call(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Call { .. }
            | Operator::CallIndirect { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
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
    )
}
