//! The walk through a function: what is known of the ways to a place, joined where ways meet. Control flow is
//! structured, so one pass over the code is enough.

use wasmparser::Operator;

use super::{ends_way, targets};

/// What is known of all ways to a place.
pub(super) trait Ways: Clone {
    /// What is known where no way leads.
    fn none() -> Self;

    /// Adds other ways to the same place.
    fn join(&mut self, others: Self);

    /// Goes on behind the header of a loop, which has `around` loops around it.
    fn enter_loop(&mut self, around: usize);

    /// Leaves all loops but the outermost `around`.
    fn leave_loops(&mut self, around: usize);
}

/// A loop around a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    /// Its number among all loops of the function.
    pub(super) number: usize,
    /// Number of loops around it.
    pub(super) around: usize,
}

/// A place in a function.
#[derive(Debug)]
pub(super) struct Walk<W> {
    /// The ways to the place.
    pub(super) ways: W,
    /// The blocks around the place, innermost last.
    blocks: Vec<Block<W>>,
    /// Number of loops around the place.
    around: usize,
    /// Number of loops whose headers were passed.
    passed: usize,
}

/// A block around the place.
#[derive(Debug)]
enum Block<W> {
    Loop(Header),
    Other {
        /// The ways that leave it by a branch.
        exit: W,
        /// The ways to its beginning that may also lead to its end: those of an `if` without an `else`, so far.
        skip: Option<W>,
        /// Number of loops around it.
        around: usize,
    },
}

impl<W: Ways> Walk<W> {
    /// Returns the beginning of a function.
    pub(super) fn new(ways: W) -> Self {
        Self {
            ways,
            blocks: Vec::new(),
            around: 0,
            passed: 0,
        }
    }

    /// The loops around the place, innermost first.
    pub(super) fn around(&self) -> impl Iterator<Item = Header> {
        self.blocks.iter().rev().filter_map(|block| match block {
            Block::Loop(header) => Some(*header),
            Block::Other { .. } => None,
        })
    }

    /// The loop to whose header a label leads.
    pub(super) fn header(&self, label: u32) -> Option<Header> {
        match self.blocks.iter().rev().nth(label as usize) {
            Some(Block::Loop(header)) => Some(*header),
            Some(Block::Other { .. }) | None => None,
        }
    }

    /// Passes an operator. `goes_back` is told of each branch to the header of a loop, with the ways to the branch.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, goes_back: impl FnMut(Header, &W)) {
        if let Operator::Loop { .. } = operator {
            self.enter_loop();
        } else if let Operator::Block { .. } | Operator::If { .. } | Operator::TryTable { .. } = operator {
            // An exception may leave a `try_table` from any place inside. Where these differ from its beginning, the
            // caller adds their ways by `branch`.
            branch(&mut self.blocks, operator, &self.ways, goes_back);
            self.blocks.push(Block::Other {
                exit: W::none(),
                skip: matches!(operator, Operator::If { .. }).then(|| self.ways.clone()),
                around: self.around,
            });
        } else if let Operator::Else = operator {
            self.enter_else();
        } else if let Operator::End = operator {
            self.leave();
        } else {
            branch(&mut self.blocks, operator, &self.ways, goes_back);
            if ends_way(operator) {
                self.ways = W::none();
            }
        }
    }

    /// Adds `ways` to those with which an operator branches to the ends of blocks.
    pub(super) fn branch(&mut self, operator: &Operator<'_>, ways: &W) {
        branch(&mut self.blocks, operator, ways, |_, _| ());
    }

    fn enter_loop(&mut self) {
        self.blocks.push(Block::Loop(Header {
            number: self.passed,
            around: self.around,
        }));
        self.ways.enter_loop(self.around);
        self.passed += 1;
        self.around += 1;
    }

    fn enter_else(&mut self) {
        if let Some(Block::Other { exit, skip, .. }) = self.blocks.last_mut()
            && let Some(entry) = skip.take()
        {
            exit.join(std::mem::replace(&mut self.ways, entry));
        }
    }

    fn leave(&mut self) {
        match self.blocks.pop() {
            Some(Block::Loop(Header { around, .. })) => {
                self.around = around;
                self.ways.leave_loops(around);
            }
            Some(Block::Other { exit, skip, .. }) => {
                self.ways.join(exit);
                if let Some(skip) = skip {
                    self.ways.join(skip);
                }
            }
            // The end of the function.
            None => {}
        }
    }
}

fn branch<W: Ways>(blocks: &mut [Block<W>], operator: &Operator<'_>, ways: &W, mut goes_back: impl FnMut(Header, &W)) {
    for label in targets(operator) {
        match blocks.iter_mut().rev().nth(label as usize) {
            Some(Block::Loop(header)) => goes_back(*header, ways),
            Some(Block::Other { exit, around, .. }) => {
                let mut ways = ways.clone();
                ways.leave_loops(*around);
                exit.join(ways);
            }
            // A branch out of the outermost block leaves the function.
            None => {}
        }
    }
}
