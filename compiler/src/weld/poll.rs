//! Makes a guest's code stop when it is told to. A *poll* looks at a word of memory and calls a function of the host unless
//! it is 0; the function ends the call by a trap, or comes back if the word was meant for another call.
//!
//! Polls are at the entry of every function but small leaves, at every loop header, before every operator whose work grows
//! with its operands, and in long code at least every [`STRETCH`] operators.
//!
//! # Bound
//! Whatever a guest does without limit takes back edges or calls. A back edge leads to a loop header. A call leads to a
//! poll, or to a small leaf, which ends within [`LEAF`] operators and whose caller is charged for them. So between two
//! polls, code only goes forward in the functions that are on the stack and returns from them, and each of those adds at
//! most [`STRETCH`] operators: the work is bounded by the size of the stack, which the engine limits. On top comes one
//! operator over memory or a table, bounded by their sizes, and what the guest calls of other parts and of the host, which
//! must be bounded by themselves.

mod stretch;

use wasm_encoder::{BlockType, Encode as _, Instruction, MemArg, MemArgTarget};
use wasmparser::{FuncType, FunctionBody, MemoryType, Operator};

use super::WeldError;
use super::imports::{HostImport, Imports};
use super::item::{ItemType, Kind};
use super::module::Module;
use stretch::Stretch;

/// Most operators of a small leaf: a function without loops, calls, and operators over memory or tables.
pub const LEAF: u32 = 32;

/// Most operators that are passed on any way through a function before it polls again.
pub const STRETCH: u32 = 1024;

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
    /// For each function of the part, imported ones too, whether a call of it may pass without a poll.
    silent: Vec<bool>,
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
        let imported = module.imported[Kind::Function].len();
        let mut silent = vec![true; imported];
        silent.extend(module.bodies.iter().map(is_leaf));
        Self {
            code: code(poll, memory, interrupted),
            silent,
            imported,
        }
    }

    /// A poll.
    pub(super) fn code(&self) -> &[u8] {
        &self.code
    }

    /// Starts a function that the part defines. None for a small leaf, which gets no polls.
    pub(super) fn function(&self, position: usize) -> Option<Polls<'_>> {
        let leaf = self.silent[self.imported + position];
        (!leaf).then(|| Polls {
            injector: self,
            stretch: Stretch::new(),
        })
    }
}

impl Polls<'_> {
    /// Passes the next operator: whether there is to be a poll, and where.
    pub(super) fn pass(&mut self, operator: &Operator<'_>) -> Option<Place> {
        if let Operator::Loop { .. } = operator {
            self.stretch.enter_loop();
            return Some(Place::After);
        }
        let operators = 1 + self.silent_operators(operator);
        let poll = is_bulk(operator) || self.stretch.exceeds(operators);
        if poll {
            self.stretch.poll();
        }
        self.stretch.pass(operator, operators);
        poll.then_some(Place::Before)
    }

    /// How many operators a call may run without a poll.
    fn silent_operators(&self, operator: &Operator<'_>) -> u32 {
        let silent = if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            self.injector.silent[*function_index as usize]
        } else {
            is_call(operator)
        };
        if silent { LEAF } else { 0 }
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

/// Whether a function of a valid module is a small leaf.
fn is_leaf(body: &FunctionBody<'_>) -> bool {
    let operators = body.get_operators_reader();
    let mut operators = operators.expect("invariant: the module is valid").into_iter();
    let small = operators.by_ref().take(LEAF as usize).all(|operator| {
        let operator = operator.expect("invariant: the module is valid");
        !matches!(operator, Operator::Loop { .. }) && !is_call(&operator) && !is_bulk(&operator)
    });
    small && operators.next().is_none()
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
