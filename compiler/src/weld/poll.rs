//! Makes a guest's code stop when it is told to. A *poll* looks at a word of memory and calls a function of the host unless
//! it is 0; the function ends the call by a trap, or comes back if the word was meant for another call.
//!
//! Polls are at the entry of functions but *quiet* ones, at every loop header, before every operator whose work grows with
//! its operands, and in long code at least every [`STRETCH`] operators. Quiet functions are those that run at most
//! [`QUIET`] operators without a poll, whichever way they go, together with the quiet ones they call (`poll/quiet.rs`).
//!
//! # Bound
//! Whatever a guest does without limit takes back edges or calls. A back edge leads to a loop header. A call leads to a
//! poll, or to a quiet function, whose caller is charged for it. So between two polls, code only goes forward in the
//! functions that are on the stack and returns from them, and each of those adds at most [`STRETCH`] operators: the work is
//! bounded by the size of the stack, which the engine limits. On top comes one operator over memory or a table, bounded by
//! their sizes, and what the guest calls of other parts and of the host, which must be bounded by themselves; what these
//! call of the guest is exported, and polls.

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
/// libraries are below.
pub const QUIET: u32 = 2_048;

/// Most operators that are passed on any way through a function before it polls again.
pub const STRETCH: u32 = 4_096;

/// What a call of a function counts that the guest imports.
const OTHERS: u32 = 32;

/// Pages of the memory that a poll looks at, if no part says more: all that 32 bits can address.
const MEMORY: MemoryType = MemoryType {
    memory64: false,
    shared: true,
    initial: 1,
    maximum: Some(65_536),
    page_size_log2: None,
};

/// How code looks whether to stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The memory of the host to look at: module and name. If no part imports it, it is a shared memory of any size.
    pub memory: (String, String),
    /// Where in it the word is, a `u32`: a multiple of 4.
    pub address: u64,
    /// The function of the host that is called if the word is not 0, without parameters and results: module and name.
    pub interrupted: (String, String),
}

impl Poll {
    /// Adds what polls need to the imports.
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

/// Puts polls into the functions of a part.
#[derive(Debug)]
pub(super) struct Injector {
    /// A poll.
    code: Vec<u8>,
    /// For each function that the part defines, what a call of it may run without a poll; `None` where it begins with one.
    quiet: Vec<Option<u32>>,
    imported: usize,
}

/// Puts polls into one function.
#[derive(Debug)]
pub(super) struct Polls<'i> {
    injector: &'i Injector,
    stretch: Stretch,
}

/// Where a poll is put.
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

    /// A poll.
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
    /// A poll.
    pub(super) fn code(&self) -> &[u8] {
        self.injector.code()
    }

    /// Passes the next operator: whether there is to be a poll, and where.
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

    /// How many operators a call may run without a poll.
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

/// `if (atomic.load(address) != 0) interrupted()`, which leaves the operand stack as it is. The load is atomic so that it is
/// made anew each time.
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

/// Whether an operator runs other functions.
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
