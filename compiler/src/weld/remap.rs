//! Rewrites the code of a part from its own numbers to those of the welded module.

use std::collections::BTreeSet;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{Encode as _, Instruction};
use wasmparser::{ConstExpr, Operator};

use super::WeldError;
use super::item::Kind;
use super::item::count;
use super::link::{Program, Target};

/// Rewrites one part.
pub(super) struct Remap<'x> {
    program: &'x Program<'x, 'x>,
    part: usize,
    /// Numbers of the part's first element segment and first data segment in the welded module.
    elements: u32,
    data: u32,
    /// Functions to which code makes references, by their numbers in the welded module.
    pub(super) referenced: BTreeSet<u32>,
    /// The globals whose initial values are being written; each is needed for the previous one.
    initial: Vec<(usize, usize)>,
}

/// An error while a part is rewritten.
pub(super) type Error = reencode::Error<WeldError>;

impl<'x> Remap<'x> {
    pub(super) fn new(program: &'x Program<'x, 'x>, part: usize) -> Self {
        let before = &program.modules[..part];
        Self {
            program,
            part,
            elements: count(before.iter().map(|module| module.elements.len()).sum()),
            data: count(before.iter().map(|module| module.data.len()).sum()),
            referenced: BTreeSet::new(),
            initial: Vec::new(),
        }
    }

    /// Writes the operators of a constant expression of `part`. In the welded module, one can only refer to imported
    /// globals: any other is replaced by its initial value.
    fn expression(&mut self, part: usize, expression: &ConstExpr<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut operators = expression.get_operators_reader();
        while !operators.is_end_then_eof() {
            let operator = operators.read()?;
            if let Operator::GlobalGet { global_index } = operator {
                self.initial_value(part, global_index, out)?;
            } else if let Operator::RefFunc { function_index } = operator {
                let function = self.program.index(part, Kind::Function, function_index);
                Instruction::RefFunc(function).encode(out);
            } else {
                self.instruction(operator)?.encode(out);
            }
        }
        Ok(())
    }

    /// Writes the operators that give the value of an immutable global of `part`.
    fn initial_value(&mut self, part: usize, global: u32, out: &mut Vec<u8>) -> Result<(), Error> {
        match self.program.origin(part, Kind::Global, global) {
            Target::Import(index) => Instruction::GlobalGet(index).encode(out),
            Target::Constant(value) => Instruction::I32Const(value).encode(out),
            Target::Defined { part: other, index } => {
                if self.initial.contains(&(other, index)) {
                    return Err(reencode::Error::UserError(self.program.cycle(part, global)));
                }
                self.initial.push((other, index));
                let value = self.program.modules[other].globals[index].init_expr.clone();
                self.expression(other, &value, out)?;
                self.initial.pop();
            }
        }
        Ok(())
    }
}

impl Reencode for Remap<'_> {
    type Error = WeldError;

    fn type_index(&mut self, ty: u32) -> Result<u32, Error> {
        Ok(self.program.types.number(self.part, ty))
    }

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        Ok(self.program.index(self.part, Kind::Function, function))
    }

    fn table_index(&mut self, table: u32) -> Result<u32, Error> {
        Ok(self.program.index(self.part, Kind::Table, table))
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, Error> {
        Ok(self.program.index(self.part, Kind::Memory, memory))
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error> {
        Ok(self.program.index(self.part, Kind::Global, global))
    }

    fn element_index(&mut self, element: u32) -> Result<u32, Error> {
        Ok(self.elements + element)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, Error> {
        Ok(self.data + data)
    }

    fn const_expr(&mut self, expression: ConstExpr<'_>) -> Result<wasm_encoder::ConstExpr, Error> {
        let mut code = Vec::new();
        self.expression(self.part, &expression, &mut code)?;
        Ok(wasm_encoder::ConstExpr::raw(code))
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
        let instruction = reencode::utils::instruction(self, operator)?;
        if let Instruction::RefFunc(function) = instruction {
            self.referenced.insert(function);
        }
        Ok(instruction)
    }
}
