//! How many operators can have been passed since the last poll, on the longest of the ways that lead to a place in a
//! function. Control flow is structured, so one pass over the code tells.

use wasmparser::Operator;

use super::STRETCH;

/// A place in a function.
#[derive(Debug)]
pub(super) struct Stretch {
    /// Operators since the last poll, on the longest way here.
    passed: u32,
    /// The blocks around the place, innermost last.
    blocks: Vec<Block>,
}

/// A block that code is in.
#[derive(Debug)]
struct Block {
    /// On the longest way to where its branches go on. A branch to a loop goes on at a poll.
    exit: Option<u32>,
    /// On the longest way to its beginning.
    entry: u32,
}

impl Stretch {
    /// The beginning of a function, behind its poll.
    pub(super) fn new() -> Self {
        Self {
            passed: 0,
            blocks: Vec::new(),
        }
    }

    /// Whether there would be too many operators with `operators` more.
    pub(super) fn exceeds(&self, operators: u32) -> bool {
        self.passed + operators > STRETCH
    }

    /// There is a poll.
    pub(super) fn poll(&mut self) {
        self.passed = 0;
    }

    /// A loop begins, with a poll.
    pub(super) fn enter_loop(&mut self) {
        self.blocks.push(Block { exit: None, entry: 0 });
        self.poll();
    }

    /// Passes an operator other than the beginning of a loop, which runs `operators`.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, operators: u32) {
        if let Operator::Block { .. } = operator {
            self.enter(operators, 0);
        } else if let Operator::If { .. } = operator {
            // Without an `else`, the way around leads to the end at once.
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

/// Whether what follows can only be reached by branches.
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
