//! Counts the operators since the last touch, on the longest path to a place in a function. Control flow is structured,
//! so one pass over the code is enough.

use wasmparser::Operator;

use super::{STRETCH, ends_way, targets};

/// Operators with which code behind the header of a loop starts where the loop needs no touch of its own. A way back to
/// that header has no more.
const AT_HEADER: u32 = STRETCH / 2;

/// A place in a function.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Operators since the last touch, on the longest path to the place.
    passed: u32,
    /// The blocks around the place, innermost last.
    blocks: Vec<Block>,
}

/// A block around the place.
#[derive(Debug)]
enum Block {
    /// A loop with a touch at its header.
    Touched,
    /// A loop each of whose ways round has a touch.
    Loop,
    Other {
        /// Operators on the longest path that leaves the block by a branch.
        exit: u32,
        /// Operators on the longest path to the block's beginning.
        entry: u32,
        /// Whether there is also a path from the beginning to the end: an `if` without an `else`, so far.
        skips: bool,
    },
}

impl Stretch {
    /// Returns the beginning of a function, after its touch.
    pub(super) fn new() -> Self {
        Self {
            passed: 0,
            blocks: Vec::new(),
        }
    }

    /// Whether an operator that counts as `operators` is too far from the last touch.
    pub(super) fn exceeds(&self, operator: &Operator<'_>, operators: u32) -> bool {
        let passed = self.passed.saturating_add(operators);
        let goes_round = || targets(operator).into_iter().any(|depth| self.is_loop(depth));
        passed > STRETCH || (passed > AT_HEADER && goes_round())
    }

    /// Whether a label is the header of a loop without a touch.
    fn is_loop(&self, depth: u32) -> bool {
        matches!(self.blocks.iter().rev().nth(depth as usize), Some(Block::Loop))
    }

    /// Passes a touch.
    pub(super) fn touch(&mut self) {
        self.passed = 0;
    }

    /// Passes the beginning of a loop, with or without a touch.
    pub(super) fn enter_loop(&mut self, has_touch: bool) {
        self.blocks.push(if has_touch { Block::Touched } else { Block::Loop });
        self.passed = match has_touch {
            true => 0,
            false => self.passed.max(AT_HEADER),
        };
    }

    /// Passes any other operator, which counts as `operators`.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, operators: u32) {
        if let Operator::Block { .. } = operator {
            self.enter(operators, false);
        } else if let Operator::TryTable { .. } = operator {
            self.branch_from(operator, STRETCH);
            self.enter(operators, false);
        } else if let Operator::If { .. } = operator {
            self.enter(operators, true);
        } else if let Operator::Else = operator {
            self.enter_else();
        } else if let Operator::End = operator {
            self.leave();
        } else {
            self.passed = self.passed.saturating_add(operators);
            self.branch_from(operator, self.passed);
            if ends_way(operator) {
                self.passed = 0;
            }
        }
    }

    fn enter(&mut self, operators: u32, skips: bool) {
        self.passed = self.passed.saturating_add(operators);
        self.blocks.push(Block::Other {
            exit: 0,
            entry: self.passed,
            skips,
        });
    }

    fn enter_else(&mut self) {
        if let Some(Block::Other { exit, entry, skips }) = self.blocks.last_mut() {
            *exit = self.passed.max(*exit);
            *skips = false;
            self.passed = *entry;
        }
    }

    fn leave(&mut self) {
        if let Some(Block::Other { exit, entry, skips }) = self.blocks.pop() {
            let skipped = if skips { entry } else { 0 };
            self.passed = self.passed.max(exit).max(skipped);
        }
    }

    /// Notes the branches of an operator. `passed`: operators on the longest path to the one behind it.
    fn branch_from(&mut self, operator: &Operator<'_>, passed: u32) {
        for depth in targets(operator) {
            if let Some(Block::Other { exit, .. }) = self.blocks.iter_mut().rev().nth(depth as usize) {
                *exit = passed.max(*exit);
            }
        }
    }
}
