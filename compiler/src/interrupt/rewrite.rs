//! Writes a module with its touches. Everything else is copied as it is.

use std::collections::BTreeSet;

use wasm_encoder::{CodeSection, MemorySection, Section as _};
use wasmparser::{BinaryReaderError, FunctionBody, Operator, Parser, Payload};

use super::cycle::Cycles;
use super::module::Module;
use super::stretch::Stretch;
use super::{OTHERS, QUIET, goes_straight_on, is_bulk, is_call, quiet, steps, touch};
use crate::sections;

/// Ids of the sections that come before that of memories (core specification, 5.5.2): custom, type, import, function and
/// table.
const COMES_BEFORE_MEMORIES: [u8; 5] = [0, 1, 2, 3, 4];

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// Makes a core module interruptible.
///
/// # Errors
/// When it is not well-formed.
pub fn module(code: &[u8]) -> Result<Vec<u8>> {
    let module = Module::parse(code)?;
    let found = module.memories.iter().position(touch::can_be_touched);
    let index = found.unwrap_or(module.memories.len());
    let memory = found.map_or(touch::MEMORY, |found| module.memories[found]);
    let index = u32::try_from(index).expect("invariant: a module has fewer memories");
    let touch = touch::code(index, &memory);
    with_touches(code, &module, touch, found.is_none())
}

/// Adds the code of a touch at all places that need one, and the memory for touches if that code needs it.
pub(super) fn with_touches(code: &[u8], module: &Module<'_>, touch: Vec<u8>, needs_memory: bool) -> Result<Vec<u8>> {
    let writer = Writer {
        code,
        imported: module.imported,
        quiet: quiet::operators(module),
        touch,
    };
    let mut written = CodeSection::new();
    let mut touches = 0;
    for (number, body) in module.bodies.iter().enumerate() {
        let function = writer.function(number, body)?;
        touches += function.touches;
        written.raw(&function.code);
    }
    match touches {
        0 => Ok(code.to_vec()),
        _ => with_code(code, &written, needs_memory),
    }
}

/// Copies a module with other code and, if it `needs_memory`, with the memory for touches as its last one.
fn with_code(code: &[u8], written: &CodeSection, mut needs_memory: bool) -> Result<Vec<u8>> {
    let mut output = wasm_encoder::Module::HEADER.to_vec();
    for payload in Parser::new(0).parse_all(code) {
        let payload = payload?;
        let Some((id, _)) = payload.as_section() else {
            continue;
        };
        if needs_memory && !COMES_BEFORE_MEMORIES.contains(&id) {
            let mut memories = MemorySection::new();
            if let Payload::MemorySection(section) = &payload {
                for memory in section.clone() {
                    memories.memory(memory?.into());
                }
            }
            memories.memory(touch::MEMORY.into());
            memories.append_to(&mut output);
            needs_memory = false;
            if let Payload::MemorySection(_) = &payload {
                continue;
            }
        }
        if let Payload::CodeSectionStart { .. } = payload {
            written.append_to(&mut output);
        } else {
            sections::append(code, &payload, &mut output);
        }
    }
    Ok(output)
}

/// Writes functions with touches.
struct Writer<'a> {
    /// The binary of the module.
    code: &'a [u8],
    imported: u32,
    /// For each function, the operators that a call may run without a touch; `None` if it begins with one.
    quiet: Vec<Option<u32>>,
    /// The code of a touch.
    touch: Vec<u8>,
}

/// What was found in a function.
struct Found {
    /// For each loop, whether it may go round without a touch.
    goes_round: Vec<bool>,
    /// The loads that are touches, by their offset in the module.
    loads: BTreeSet<usize>,
}

/// A function with its touches.
struct Written {
    code: Vec<u8>,
    touches: usize,
}

impl Writer<'_> {
    fn function(&self, number: usize, body: &FunctionBody<'_>) -> Result<Written> {
        let Found { goes_round, loads } = self.find(body)?;
        let range = body.range();
        let (start, end) = (range.start as usize, range.end as usize);
        let operators = body.get_operators_reader()?;
        let first = operators.original_position() as usize;
        let mut written = Written {
            code: self.code[start..first].to_vec(),
            touches: 0,
        };
        if self.quiet[number].is_none() && !self.begins_with_access(body)? {
            self.touch(&mut written);
        }
        let mut stretch = Stretch::new();
        let mut loops = goes_round.into_iter();
        // Code up to here is written.
        let mut at = first;
        let mut operators = operators.into_iter_with_offsets().peekable();
        while let Some(operator) = operators.next() {
            let (operator, offset) = operator?;
            let offset = offset as usize;
            if let Operator::Loop { .. } = operator {
                let has_touch = loops.next().expect("invariant: every loop was passed before");
                stretch.enter_loop(&operator, has_touch);
                if has_touch {
                    let next = operators.peek();
                    let behind = match next {
                        Some(Ok((_, behind))) => *behind as usize,
                        Some(Err(_)) | None => end,
                    };
                    written.code.extend(&self.code[at..behind]);
                    self.touch(&mut written);
                    at = behind;
                }
                continue;
            }
            let operators = 1 + self.called_operators(&operator);
            if is_bulk(&operator) || stretch.exceeds(&operator, operators) {
                written.code.extend(&self.code[at..offset]);
                self.touch(&mut written);
                at = offset;
                stretch.touch();
            }
            stretch.pass(&operator, operators);
            let touches = touch::is_touch(&self.code[offset..]) || loads.contains(&offset);
            if touches || self.calls_touch(&operator) {
                stretch.touch();
            }
        }
        written.code.extend(&self.code[at..end]);
        Ok(written)
    }

    /// Whether a function accesses memory before it branches or calls another one. No earlier access can stand for that.
    fn begins_with_access(&self, body: &FunctionBody<'_>) -> Result<bool> {
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            let code = &self.code[offset as usize..];
            if touch::is_touch(code) || touch::is_load(code) {
                return Ok(true);
            }
            if !goes_straight_on(&operator) {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Finds the loops of a function that need a touch, and the loads that are touches.
    fn find(&self, body: &FunctionBody<'_>) -> Result<Found> {
        let operators: Vec<(Operator<'_>, u64)> = body
            .get_operators_reader()?
            .into_iter_with_offsets()
            .collect::<Result<_>>()?;
        let is_load = |offset: u64| touch::is_load(&self.code[offset as usize..]);
        let of_locals = steps::find(
            operators
                .iter()
                .map(|(operator, offset)| (operator.clone(), is_load(*offset))),
        );
        let mut addresses = of_locals.addresses.into_iter();
        let mut cycles = Cycles::new();
        let mut loads = BTreeSet::new();
        for (operator, offset) in operators {
            let touches = is_bulk(&operator) || self.calls_touch(&operator);
            cycles.pass(&operator, touches || touch::is_touch(&self.code[offset as usize..]));
            if is_load(offset) {
                for address in addresses.next().into_iter().flatten() {
                    if cycles.load(address, &of_locals.changes) {
                        loads.insert(offset as usize);
                    }
                }
            }
        }
        Ok(Found {
            goes_round: cycles.into_found(),
            loads,
        })
    }

    fn touch(&self, written: &mut Written) {
        written.code.extend(&self.touch);
        written.touches += 1;
    }

    /// Returns the number of a function that the module defines and an operator calls.
    fn callee(&self, operator: &Operator<'_>) -> Option<usize> {
        if let Operator::Call { function_index } | Operator::ReturnCall { function_index } = operator {
            return function_index
                .checked_sub(self.imported)
                .map(|defined| defined as usize);
        }
        None
    }

    /// Whether an operator calls a function that begins with a touch.
    fn calls_touch(&self, operator: &Operator<'_>) -> bool {
        self.callee(operator).is_some_and(|callee| self.quiet[callee].is_none())
    }

    /// Returns how many operators a call may run without a touch.
    fn called_operators(&self, operator: &Operator<'_>) -> u32 {
        match (self.callee(operator), operator) {
            (Some(callee), _) => self.quiet[callee].unwrap_or_default(),
            (None, Operator::Call { .. } | Operator::ReturnCall { .. }) => OTHERS,
            (None, operator) if is_call(operator) => QUIET,
            (None, _) => 0,
        }
    }
}
