//! Puts the bodies of small functions in the place of calls to them, and finds the functions that nothing needs. In: a
//! [`Program`]. Out: a [`Plan`].
//!
//! What is copied are functions of the parts that are no guests: the glue is made of many small functions, and a call costs
//! more than most of them do. They are copied into each other and into guests. An engine could do the same, but would copy
//! guests' functions too, whose compiler has done that already: with them it takes three times the time and space.
//!
//! A function is settled before its callers are, so that what is copied is what it became itself. A call to a function
//! whose own calls lead back to the caller stays a call.

pub(super) mod expand;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use super::link::Program;
use super::plan::{FunctionId, Plan};
use shape::Shape;

/// Most operators of a function that is copied to wherever it is called, with all that is copied into it.
const SMALL: usize = 100;

/// Most operators of a function that is copied because there is only one call to it.
const ONCE: usize = 400;

/// Most operators of a function that others are copied into; of a guest's function, most operators that are copied.
const LARGEST: usize = 2_000;

/// Decides what is copied where, and what is left out.
pub(super) fn plan(program: &Program<'_, '_>) -> Plan {
    let roots = shape::roots(program);
    let mut planner = Planner::new(program, &roots);
    let functions: Vec<FunctionId> = planner.shapes.keys().copied().collect();
    for function in functions {
        planner.settle(function);
    }
    let mut plan = Plan {
        replaced: planner.replaced,
        kept: BTreeSet::new(),
    };
    keep(&mut plan, &planner.shapes, roots.into_iter().collect());
    plan
}

/// Keeps functions, and whatever they refer to.
fn keep(plan: &mut Plan, shapes: &BTreeMap<FunctionId, Shape>, mut functions: Vec<FunctionId>) {
    while let Some(function) = functions.pop() {
        if plan.kept.insert(function) {
            find_references(plan, shapes, function, &mut functions);
        }
    }
}

/// Adds what a function refers to when others are copied into it.
fn find_references(
    plan: &Plan,
    shapes: &BTreeMap<FunctionId, Shape>,
    function: FunctionId,
    found: &mut Vec<FunctionId>,
) {
    let shape = &shapes[&function];
    for callee in shape.calls.keys() {
        match plan.replaces(function, *callee) {
            true => find_references(plan, shapes, *callee, found),
            false => found.push(*callee),
        }
    }
    found.extend(&shape.references);
}

/// Decides what is copied where.
struct Planner {
    shapes: BTreeMap<FunctionId, Shape>,
    /// How many calls and other references there are to each function.
    uses: BTreeMap<FunctionId, usize>,
    /// Functions whose calls are being decided, or have been.
    begun: BTreeSet<FunctionId>,
    /// Operators of each function whose calls have been decided, with all that is copied into it.
    sizes: BTreeMap<FunctionId, usize>,
    replaced: BTreeSet<(FunctionId, FunctionId)>,
}

impl Planner {
    fn new(program: &Program<'_, '_>, roots: &BTreeSet<FunctionId>) -> Self {
        let shapes = shape::reached(program, roots);
        let mut uses = BTreeMap::new();
        for root in roots {
            *uses.entry(*root).or_default() += 1;
        }
        for shape in shapes.values() {
            for (callee, calls) in &shape.calls {
                *uses.entry(*callee).or_default() += calls;
            }
            for other in &shape.references {
                *uses.entry(*other).or_default() += 1;
            }
        }
        Self {
            shapes,
            uses,
            begun: BTreeSet::new(),
            sizes: BTreeMap::new(),
            replaced: BTreeSet::new(),
        }
    }

    /// Decides the calls in a function, those in the functions it calls first.
    fn settle(&mut self, function: FunctionId) {
        if !self.begun.insert(function) {
            return;
        }
        let shape = &self.shapes[&function];
        let (calls, is_guest) = (shape.calls.clone(), shape.is_guest);
        // There may be any number of a guest's functions, one calling the next; they are not copied.
        let others: Vec<FunctionId> = calls
            .keys()
            .copied()
            .filter(|other| !self.shapes[other].is_guest)
            .collect();
        let mut size = if is_guest { 0 } else { shape.size };
        for other in &others {
            self.settle(*other);
        }
        for callee in others {
            let calls = calls[&callee];
            if let Some(copied) = self.copied(callee)
                && size + calls * copied <= LARGEST
            {
                size += calls * copied;
                self.replaced.insert((function, callee));
            }
        }
        if !is_guest {
            self.sizes.insert(function, size);
        }
    }

    /// Operators of a function that is worth copying.
    fn copied(&self, callee: FunctionId) -> Option<usize> {
        // Without a size yet, its own calls led to the caller.
        let size = *self.sizes.get(&callee)?;
        let limit = if self.uses[&callee] == 1 { ONCE } else { SMALL };
        (self.shapes[&callee].can_be_copied() && size <= limit).then_some(size)
    }
}
