//! Counts the operators since the last touch, on the longest path to a place in a function.

use wasmparser::Operator;

use super::walk::{Walk, Ways};
use super::{STRETCH, targets};

/// Operators with which code behind the header of a loop starts where the loop needs no touch of its own. A way back to
/// that header has no more.
const AT_HEADER: u32 = STRETCH / 2;

/// A place in a function.
#[derive(Debug)]
pub(super) struct Stretch {
    walk: Walk<Longest>,
    /// For each loop up to the place, in the order of their headers: whether there is a touch at its header.
    touched: Vec<bool>,
}

/// Operators since the last touch, on the longest path to a place.
#[derive(Clone, Debug)]
struct Longest(u32);

impl Ways for Longest {
    fn none() -> Self {
        Self(0)
    }

    fn join(&mut self, others: Self) {
        self.0 = self.0.max(others.0);
    }

    fn enter_loop(&mut self, _: usize) {
        self.0 = self.0.max(AT_HEADER);
    }

    fn leave_loops(&mut self, _: usize) {}
}

impl Stretch {
    /// Returns the beginning of a function, after its touch.
    pub(super) fn new() -> Self {
        Self {
            walk: Walk::new(Longest(0)),
            touched: Vec::new(),
        }
    }

    /// Whether an operator that counts as `operators` is too far from the last touch.
    pub(super) fn exceeds(&self, operator: &Operator<'_>, operators: u32) -> bool {
        let passed = self.walk.ways.0.saturating_add(operators);
        let goes_round = || targets(operator).into_iter().any(|label| self.is_untouched(label));
        passed > STRETCH || (passed > AT_HEADER && goes_round())
    }

    /// Whether a label is the header of a loop without a touch.
    fn is_untouched(&self, label: u32) -> bool {
        let header = self.walk.header(label);
        header.is_some_and(|header| !self.touched[header.number])
    }

    /// Passes a touch.
    pub(super) fn touch(&mut self) {
        self.walk.ways.0 = 0;
    }

    /// Passes the beginning of a loop, with or without a touch behind it.
    pub(super) fn enter_loop(&mut self, operator: &Operator<'_>, has_touch: bool) {
        self.touched.push(has_touch);
        self.walk.pass(operator, |_, _| ());
        if has_touch {
            self.touch();
        }
    }

    /// Passes any other operator, which counts as `operators`.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, operators: u32) {
        if !matches!(operator, Operator::Else | Operator::End) {
            let passed = &mut self.walk.ways.0;
            *passed = passed.saturating_add(operators);
        }
        if let Operator::TryTable { .. } = operator {
            // An exception may leave from any place inside.
            self.walk.branch(operator, &Longest(STRETCH));
        }
        self.walk.pass(operator, |_, _| ());
    }
}
