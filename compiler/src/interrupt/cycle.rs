//! Finds the loops that may go round without a touch.

use wasmparser::Operator;

use super::steps::{Address, Changes};
use super::walk::{Header, Walk, Ways};

/// A place in a function, and what is known of the loops up to there.
#[derive(Debug)]
pub(super) struct Cycles {
    walk: Walk<Untouched>,
    /// For each loop up to the place, in the order of their headers: whether it may go round without a touch.
    found: Vec<bool>,
}

/// The number of loops around the outermost loop from whose header a way without a touch leads to a place; [`NONE`] if
/// there is no such loop, or no way at all. It suffices to know the outermost one: the same way leads past the headers
/// of the loops inside of it.
#[derive(Clone, Debug)]
struct Untouched(usize);

const NONE: usize = usize::MAX;

impl Ways for Untouched {
    fn none() -> Self {
        Self(NONE)
    }

    fn join(&mut self, others: Self) {
        self.0 = self.0.min(others.0);
    }

    fn enter_loop(&mut self, around: usize) {
        self.0 = self.0.min(around);
    }

    fn leave_loops(&mut self, around: usize) {
        if self.0 >= around {
            self.0 = NONE;
        }
    }
}

impl Cycles {
    /// Returns the beginning of a function.
    pub(super) fn new() -> Self {
        Self {
            walk: Walk::new(Untouched(NONE)),
            found: Vec::new(),
        }
    }

    /// Passes a load from an address, which is a touch for the loops that change the address and for those around them.
    /// Returns whether there is one. `changes`: those of each loop.
    pub(super) fn load(&mut self, address: Address, changes: &[Changes]) -> bool {
        let Some(innermost) = self.walk.around().next() else {
            return false;
        };
        let affected = |header: &Header| changes[header.number].affect(header.number, address);
        let Some(touched) = self.walk.around().find(affected) else {
            return false;
        };
        if self.walk.ways.0 <= touched.around {
            let inner = touched.around + 1;
            self.walk.ways.0 = if inner <= innermost.around { inner } else { NONE };
        }
        true
    }

    /// Passes the next operator. `touches`: whether it is sure to touch memory, apart from loads.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, touches: bool) {
        if touches {
            self.walk.ways.0 = NONE;
        }
        if let Operator::Loop { .. } = operator {
            self.found.push(false);
        }
        if let Operator::End = operator
            && let Some(header) = self.walk.header(0)
            && self.found[header.number]
        {
            // The way that falls out of the loop began at its header, which gets a touch.
            self.walk.ways.0 = NONE;
        }
        let found = &mut self.found;
        self.walk.pass(operator, |header, untouched| {
            found[header.number] |= untouched.0 <= header.around;
        });
    }

    /// Returns, for each loop of the function in the order of their headers, whether it may go round without a touch.
    pub(super) fn into_found(self) -> Vec<bool> {
        self.found
    }
}
