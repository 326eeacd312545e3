//! What functions are like, and which of them are reached.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{Element, ElementItems, FunctionBody, Operator, OperatorsReader, Result};

use crate::weld::item::Kind;
use crate::weld::link::Program;
use crate::weld::module::Module;
use crate::weld::plan::FunctionId;

/// What matters of a function.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Its operators, parameters and locals.
    pub(super) size: usize,
    /// Whether a guest defines it.
    pub(super) is_guest: bool,
    /// The functions it calls, and at how many places: of those that parts define.
    pub(super) calls: BTreeMap<FunctionId, usize>,
    /// Those to which it refers in other ways.
    pub(super) references: BTreeSet<FunctionId>,
    /// Whether it makes tail calls, which would leave the caller too.
    has_tail_calls: bool,
    /// Whether it never returns by its end.
    ends_in_trap: bool,
    /// Whether it calls imports of the welded module that return.
    calls_host: bool,
}

impl Shape {
    fn new(program: &Program<'_, '_>, function: FunctionId) -> Result<Self> {
        let mut shape = Self {
            is_guest: program.parts[function.part].guest.is_some(),
            ..Self::default()
        };
        let module = &program.modules[function.part];
        shape.size += module.function_type(function.index).params().len();
        let body = &module.bodies[function.index];
        for locals in body.get_locals_reader()? {
            shape.size += locals?.0 as usize;
        }
        shape.read(program, function.part, body)?;
        Ok(shape)
    }

    fn read(&mut self, program: &Program<'_, '_>, part: usize, body: &FunctionBody<'_>) -> Result<()> {
        let mut operators = body.get_operators_reader()?;
        let mut is_behind_import = false;
        while !operators.is_end_then_eof() {
            let operator = operators.read()?;
            self.size += 1;
            self.ends_in_trap = matches!(operator, Operator::Unreachable);
            self.calls_host |= is_behind_import && !self.ends_in_trap;
            is_behind_import = false;
            if let Operator::Call { function_index } = operator {
                is_behind_import = program.is_imported(part, function_index);
                if let Some(callee) = program.function(part, function_index) {
                    *self.calls.entry(callee).or_default() += 1;
                }
            } else if let Operator::ReturnCall { function_index } = operator {
                self.has_tail_calls = true;
                self.references.extend(program.function(part, function_index));
            } else if let Operator::RefFunc { function_index } = operator {
                self.references.extend(program.function(part, function_index));
            } else if let Operator::ReturnCallIndirect { .. } = operator {
                self.has_tail_calls = true;
            }
        }
        self.calls_host |= is_behind_import;
        Ok(())
    }

    /// Whether it is sensible to put it in the place of a call. What ends in a trap is a rare way out, and a call of an import
    /// costs more than the call that is saved; both would have their callers save registers.
    pub(super) fn can_be_copied(&self) -> bool {
        !self.has_tail_calls && !self.ends_in_trap && !self.calls_host
    }
}

/// The functions that are needed whatever code does: what is exported, and what tables and globals start with.
pub(super) fn roots(program: &Program<'_, '_>) -> BTreeSet<FunctionId> {
    let mut roots = BTreeSet::new();
    for (part, kind, index) in &program.exports {
        if *kind == Kind::Function {
            roots.extend(program.function(*part, *index));
        }
    }
    for (part, module) in program.modules.iter().enumerate() {
        let named = initial(module).expect("invariant: the parts are valid");
        roots.extend(named.into_iter().filter_map(|index| program.function(part, index)));
    }
    roots
}

/// The functions, by their numbers in the part, with which tables and globals of a part start.
fn initial(module: &Module<'_>) -> Result<Vec<u32>> {
    let mut named = Vec::new();
    for global in &module.globals {
        references(global.init_expr.get_operators_reader(), &mut named)?;
    }
    for element in &module.elements {
        in_segment(element, &mut named)?;
    }
    Ok(named)
}

fn in_segment(element: &Element<'_>, named: &mut Vec<u32>) -> Result<()> {
    match &element.items {
        ElementItems::Functions(functions) => {
            for function in functions.clone() {
                named.push(function?);
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions.clone() {
                references(expression?.get_operators_reader(), named)?;
            }
        }
    }
    Ok(())
}

/// The functions to which a constant expression refers.
fn references(operators: OperatorsReader<'_>, named: &mut Vec<u32>) -> Result<()> {
    for operator in operators {
        if let Operator::RefFunc { function_index } = operator? {
            named.push(function_index);
        }
    }
    Ok(())
}

/// The shapes of `roots` and of all functions that are reached from them.
pub(super) fn reached(program: &Program<'_, '_>, roots: &BTreeSet<FunctionId>) -> BTreeMap<FunctionId, Shape> {
    let mut shapes = BTreeMap::new();
    let mut next: Vec<FunctionId> = roots.iter().copied().collect();
    while let Some(function) = next.pop() {
        if let Entry::Vacant(place) = shapes.entry(function) {
            let shape = Shape::new(program, function).expect("invariant: the parts are valid");
            next.extend(shape.calls.keys().chain(&shape.references));
            place.insert(shape);
        }
    }
    shapes
}
