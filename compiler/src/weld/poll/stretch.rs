//! Counts the operators since the last poll, on the longest path to a place in a function. Control flow is structured,
//! so one pass over the code is enough.

use wasmparser::Operator;

use super::STRETCH;

/// A place in a function.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Operators since the last poll, on the longest path to the place.
    passed: u32,
    /// The blocks around the place, innermost last.
    blocks: Vec<Block>,
}

/// A block around the place.
#[derive(Debug)]
struct Block {
    /// Operators on the longest path that leaves the block by a branch. `None` for a loop: a branch to it leads to a
    /// poll.
    exit: Option<u32>,
    /// Operators on the longest path to the block's beginning.
    entry: u32,
}

impl Stretch {
    /// Returns the beginning of a function, after its poll.
    pub(super) fn new() -> Self {
        Self {
            passed: 0,
            blocks: Vec::new(),
        }
    }

    /// Whether `operators` more would be too many without a poll.
    pub(super) fn exceeds(&self, operators: u32) -> bool {
        self.passed + operators > STRETCH
    }

    /// Passes a poll.
    pub(super) fn poll(&mut self) {
        self.passed = 0;
    }

    /// Passes the beginning of a loop, which has a poll.
    pub(super) fn enter_loop(&mut self) {
        self.blocks.push(Block { exit: None, entry: 0 });
        self.poll();
    }

    /// Passes any other operator, which counts as `operators`.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, operators: u32) {
        if let Operator::Block { .. } = operator {
            self.enter(operators, 0);
        } else if let Operator::If { .. } = operator {
            // Without an `else`, there is also a path from the condition to the end.
            self.enter(operators, self.passed + operators);
        } else if let Operator::Else = operator {
            self.enter_else();
        } else if let Operator::End = operator {
            self.leave();
        } else {
            self.passed += operators;
            self.branch(operator);
        }
    }

    fn enter(&mut self, operators: u32, exit: u32) {
        self.passed += operators;
        self.blocks.push(Block {
            exit: Some(exit),
            entry: self.passed,
        });
    }

    fn enter_else(&mut self) {
        let passed = self.passed;
        if let Some(block) = self.blocks.last_mut() {
            block.exit = block.exit.max(Some(passed));
            self.passed = block.entry;
        }
    }

    fn leave(&mut self) {
        if let Some(block) = self.blocks.pop() {
            self.passed = self.passed.max(block.exit.unwrap_or(0));
        }
    }

    fn branch(&mut self, operator: &Operator<'_>) {
        if let Operator::Br { relative_depth } | Operator::BrIf { relative_depth } = operator {
            self.branch_to(*relative_depth);
        } else if let Operator::BrTable { targets } = operator {
            for depth in targets.targets().flatten().chain([targets.default()]) {
                self.branch_to(depth);
            }
        }
        if ends_way(operator) {
            self.passed = 0;
        }
    }

    fn branch_to(&mut self, depth: u32) {
        let passed = self.passed;
        let block = self.blocks.iter_mut().rev().nth(depth as usize);
        // A branch out of the outermost block leaves the function.
        if let Some(Block { exit: Some(exit), .. }) = block {
            *exit = passed.max(*exit);
        }
    }
}

/// Whether the code that follows can only be reached by branches.
fn ends_way(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Br { .. }
            | Operator::BrTable { .. }
            | Operator::Return
            | Operator::Unreachable
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
    )
}
