//! The properties of functions on which inlining depends, and the functions that are reached.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{Element, ElementItems, FunctionBody, Operator, OperatorsReader, Result};

use crate::weld::item::Kind;
use crate::weld::link::Program;
use crate::weld::module::Module;
use crate::weld::plan::FunctionId;

/// The properties of a function on which inlining depends.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Number of its operators, parameters and locals.
    pub(super) size: usize,
    /// Whether a guest defines it.
    pub(super) is_guest: bool,
    /// The functions that it calls, and at how many places. Imports of the welded module are not counted.
    pub(super) calls: BTreeMap<FunctionId, usize>,
    /// The functions to which it refers in other ways.
    pub(super) references: BTreeSet<FunctionId>,
    /// Whether it makes tail calls, which would leave the caller too.
    has_tail_calls: bool,
    /// Whether its last operator is `unreachable`.
    ends_in_trap: bool,
    /// Whether it calls imports of the welded module without a trap directly after the call.
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

    /// Whether inlining it is possible and worthwhile. A function that ends in a trap is a rare exit, and a call of an
    /// import costs more than inlining saves; either would make the callers save registers.
    pub(super) fn can_be_copied(&self) -> bool {
        !self.has_tail_calls && !self.ends_in_trap && !self.calls_host
    }
}

/// Returns the functions that are needed whatever code does: those that are exported, and those to which element
/// segments and globals refer.
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

/// Returns the functions to which a part's element segments and globals refer, by their numbers in the part.
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

/// Adds the functions to which a constant expression refers.
fn references(operators: OperatorsReader<'_>, named: &mut Vec<u32>) -> Result<()> {
    for operator in operators {
        if let Operator::RefFunc { function_index } = operator? {
            named.push(function_index);
        }
    }
    Ok(())
}

/// Returns the shapes of `roots` and of all functions that are reached from them.
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
