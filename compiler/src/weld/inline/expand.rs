//! Writes a function with its inlined callees.
//!
//! A copy of a callee is a block with the callee's type: it takes the arguments from the operand stack, and leaves the
//! results there. Branches out of the callee's body become branches out of the block. Parameters and locals become
//! locals of the caller.

use wasm_encoder::reencode::Reencode as _;
use wasm_encoder::{BlockType, Encode as _, Function, Instruction, RefType, ValType};
use wasmparser::Operator;

use crate::weld::item::count;
use crate::weld::link::Program;
use crate::weld::plan::FunctionId;
use crate::weld::remap::{Error, Remap};

/// Writes a function. `remaps` has one for each part.
pub(in crate::weld) fn function<'x>(
    program: &'x Program<'x, 'x>,
    remaps: &mut [Remap<'x>],
    function: FunctionId,
) -> Result<Function, Error> {
    let mut expansion = Expansion {
        program,
        remaps,
        locals: Vec::new(),
        code: Vec::new(),
    };
    let parameters = expansion.add_parameters(function)?;
    expansion.add_locals(function)?;
    expansion.add_body(function, None)?;
    let mut written = Function::new_with_locals_types(expansion.locals.into_iter().skip(parameters));
    written.raw(expansion.code);
    Ok(written)
}

/// A function that is being written.
struct Expansion<'x, 'r> {
    program: &'x Program<'x, 'x>,
    remaps: &'r mut [Remap<'x>],
    /// Types of its parameters and locals, and of those of copies.
    locals: Vec<ValType>,
    code: Vec<u8>,
}

impl Expansion<'_, '_> {
    /// Adds the parameters of a function as locals. Returns how many there are.
    fn add_parameters(&mut self, function: FunctionId) -> Result<usize, Error> {
        let module = &self.program.modules[function.part];
        let parameters = module.function_type(function.index).params();
        for ty in parameters {
            self.locals.push(self.remaps[function.part].val_type(*ty)?);
        }
        Ok(parameters.len())
    }

    /// Adds the locals of a function, without its parameters.
    fn add_locals(&mut self, function: FunctionId) -> Result<(), Error> {
        let body = &self.program.modules[function.part].bodies[function.index];
        for locals in body.get_locals_reader()? {
            let (number, ty) = locals?;
            let ty = self.remaps[function.part].val_type(ty)?;
            self.locals.extend(std::iter::repeat_n(ty, number as usize));
        }
        Ok(())
    }

    /// Writes the body of a function, with its `end`. `copy` is the number of a copy's first local; `None` if the
    /// function is not a copy.
    fn add_body(&mut self, function: FunctionId, copy: Option<u32>) -> Result<(), Error> {
        let mut depth: u32 = 0;
        for operator in self.program.modules[function.part].bodies[function.index].get_operators_reader()? {
            let operator = operator?;
            if let Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } = operator {
                depth += 1;
            } else if let Operator::End = operator {
                // Nothing follows the last `end`, which closes the body.
                depth = depth.saturating_sub(1);
            }
            if let Some(callee) = self.copied(function, &operator) {
                self.add_copy(callee)?;
            } else {
                self.add_operator(function, operator, copy, depth)?;
            }
        }
        Ok(())
    }

    /// Writes an operator that is inside `depth` blocks.
    fn add_operator(
        &mut self,
        function: FunctionId,
        operator: Operator<'_>,
        copy: Option<u32>,
        depth: u32,
    ) -> Result<(), Error> {
        let first_local = copy.unwrap_or(0);
        let instruction = if let Operator::LocalGet { local_index } = operator {
            Instruction::LocalGet(first_local + local_index)
        } else if let Operator::LocalSet { local_index } = operator {
            Instruction::LocalSet(first_local + local_index)
        } else if let Operator::LocalTee { local_index } = operator {
            Instruction::LocalTee(first_local + local_index)
        } else if let (Operator::Return, Some(_)) = (&operator, copy) {
            Instruction::Br(depth)
        } else {
            self.remaps[function.part].instruction(operator)?
        };
        instruction.encode(&mut self.code);
        Ok(())
    }

    /// Returns the function that is inlined in place of an operator.
    fn copied(&self, function: FunctionId, operator: &Operator<'_>) -> Option<FunctionId> {
        let Operator::Call { function_index } = operator else {
            return None;
        };
        let callee = self.program.function(function.part, *function_index)?;
        self.program.plan.replaces(function, callee).then_some(callee)
    }

    fn add_copy(&mut self, callee: FunctionId) -> Result<(), Error> {
        let ty = self.program.modules[callee.part].functions[callee.index];
        let ty = self.program.types.number(callee.part, ty);
        Instruction::Block(BlockType::FunctionType(ty)).encode(&mut self.code);
        let first = count(self.locals.len());
        let parameters = first + count(self.add_parameters(callee)?);
        for parameter in (first..parameters).rev() {
            Instruction::LocalSet(parameter).encode(&mut self.code);
        }
        self.add_locals(callee)?;
        for local in parameters..count(self.locals.len()) {
            // The copy may have run before and left values.
            zero(self.locals[local as usize]).encode(&mut self.code);
            Instruction::LocalSet(local).encode(&mut self.code);
        }
        self.add_body(callee, Some(first))
    }
}

fn zero(ty: ValType) -> Instruction<'static> {
    match ty {
        ValType::I32 => Instruction::I32Const(0),
        ValType::I64 => Instruction::I64Const(0),
        ValType::F32 => Instruction::F32Const(0.0.into()),
        ValType::F64 => Instruction::F64Const(0.0.into()),
        ValType::V128 => Instruction::V128Const(0),
        ValType::Ref(RefType { heap_type, .. }) => Instruction::RefNull(heap_type),
    }
}
