//! Inlines small functions, and finds the functions that are not needed. In: a [`Program`]. Out: a [`Plan`].
//!
//! Only functions of parts that are not guests are inlined: glue consists of many small functions, and a call costs
//! more than most of them do. They are inlined into each other and into guests. An engine could do the same, but would
//! also inline guests' functions, which their compiler has already done: that takes three times the time and space.
//!
//! Callees are decided before their callers, so their already expanded bodies are what gets inlined. A call to a
//! function whose own calls lead back to the caller stays a call.

pub(super) mod expand;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use super::link::Program;
use super::plan::{FunctionId, Plan};
use shape::Shape;

/// Largest size of a function that is inlined at all its calls. Sizes are operators, parameters and locals, with those
/// of everything inlined into the function.
const SMALL: usize = 100;

/// Largest size of a function that is inlined because there is only one call to it.
const ONCE: usize = 400;

/// Largest size of a function with inlined callees; for a guest's function, largest size of what is inlined into it.
const LARGEST: usize = 2_000;

/// Decides which functions are inlined, and which are left out.
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

/// Keeps functions, and everything to which they refer.
fn keep(plan: &mut Plan, shapes: &BTreeMap<FunctionId, Shape>, mut functions: Vec<FunctionId>) {
    while let Some(function) = functions.pop() {
        if plan.kept.insert(function) {
            find_references(plan, shapes, function, &mut functions);
        }
    }
}

/// Adds the functions to which a function refers once its callees are inlined.
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

/// Decides which calls are inlined.
struct Planner {
    shapes: BTreeMap<FunctionId, Shape>,
    /// Number of calls of each function and of other references to it.
    uses: BTreeMap<FunctionId, usize>,
    /// Functions whose calls are being decided, or have been.
    begun: BTreeSet<FunctionId>,
    /// Size of each function whose calls have been decided, with everything inlined into it. Guests' functions have
    /// none.
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

    /// Decides about the calls in a function, after those in its callees.
    fn settle(&mut self, function: FunctionId) {
        if !self.begun.insert(function) {
            return;
        }
        let shape = &self.shapes[&function];
        let (calls, is_guest) = (shape.calls.clone(), shape.is_guest);
        // Guests' functions are not inlined. They are not entered either: any number of them may call each other in a
        // row, and this is a recursion.
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

    /// Returns the size of a function that is worth inlining.
    fn copied(&self, callee: FunctionId) -> Option<usize> {
        // Its calls are still being decided: they led to the caller.
        let size = *self.sizes.get(&callee)?;
        let limit = if self.uses[&callee] == 1 { ONCE } else { SMALL };
        (self.shapes[&callee].can_be_copied() && size <= limit).then_some(size)
    }
}
