//! Finds the loops that may go round without a touch. Control flow is structured, so one pass over the code is enough.
//!
//! For each place in the code, it suffices to know the outermost loop from whose header a way without a touch leads
//! there: the same way leads past the headers of the loops inside of it.

use wasmparser::Operator;

use super::steps::{Address, Changes};
use super::{ends_way, targets};

/// A place in a function, and what is known of the loops up to there.
#[derive(Debug)]
pub(super) struct Cycles {
    /// Number of the outermost of the loops around the place from whose header a way without a touch leads there;
    /// [`NONE`] if there is none, or if the place can't be reached.
    untouched: usize,
    /// The blocks around the place, innermost last.
    blocks: Vec<Block>,
    /// Number of loops around the place.
    around: usize,
    /// For each loop up to the place, in the order of their headers: whether it may go round without a touch.
    found: Vec<bool>,
}

const NONE: usize = usize::MAX;

/// A block around the place.
#[derive(Debug)]
enum Block {
    Loop {
        /// Its number among the loops around the place.
        depth: usize,
        /// Its number among all loops of the function.
        number: usize,
    },
    Other {
        /// `untouched` of the ways that leave it by a branch, the outermost loop of all.
        exit: usize,
        /// `untouched` at its beginning.
        entry: usize,
        /// Whether there is also a way from the beginning to the end: an `if` without an `else`, so far.
        skips: bool,
    },
}

impl Cycles {
    /// Returns the beginning of a function.
    pub(super) fn new() -> Self {
        Self {
            untouched: NONE,
            blocks: Vec::new(),
            around: 0,
            found: Vec::new(),
        }
    }

    /// Passes a load from an address, which is a touch for the loops that change the address and for those around them.
    /// Returns whether there is one. `changes`: those of each loop.
    pub(super) fn load(&mut self, address: Address, changes: &[Changes]) -> bool {
        let loops = self.blocks.iter().rev().filter_map(|block| match block {
            Block::Loop { depth, number } => Some((*depth, *number)),
            Block::Other { .. } => None,
        });
        let mut loops = loops.filter(|(_, number)| changes[*number].affect(address));
        let Some((depth, _)) = loops.next() else {
            return false;
        };
        if self.untouched <= depth {
            let inner = depth + 1;
            self.untouched = if inner < self.around { inner } else { NONE };
        }
        true
    }

    /// Passes the next operator. `touches`: whether it is sure to touch memory, apart from loads.
    pub(super) fn pass(&mut self, operator: &Operator<'_>, touches: bool) {
        if touches {
            self.untouched = NONE;
        }
        if let Operator::Loop { .. } = operator {
            self.enter_loop();
        } else if let Operator::Block { .. } = operator {
            self.enter(false);
        } else if let Operator::TryTable { .. } = operator {
            // An exception may leave from any place inside, but no way to such a place has fewer touches.
            self.branch(operator);
            self.enter(false);
        } else if let Operator::If { .. } = operator {
            self.enter(true);
        } else if let Operator::Else = operator {
            self.enter_else();
        } else if let Operator::End = operator {
            self.leave();
        } else {
            self.branch(operator);
        }
    }

    /// Returns, for each loop of the function in the order of their headers, whether it may go round without a touch.
    pub(super) fn into_found(self) -> Vec<bool> {
        self.found
    }

    fn enter_loop(&mut self) {
        let (depth, number) = (self.around, self.found.len());
        self.blocks.push(Block::Loop { depth, number });
        self.found.push(false);
        self.untouched = self.untouched.min(depth);
        self.around += 1;
    }

    fn enter(&mut self, skips: bool) {
        self.blocks.push(Block::Other {
            exit: NONE,
            entry: self.untouched,
            skips,
        });
    }

    fn enter_else(&mut self) {
        if let Some(Block::Other { exit, entry, skips }) = self.blocks.last_mut() {
            *exit = self.untouched.min(*exit);
            *skips = false;
            self.untouched = *entry;
        }
    }

    fn leave(&mut self) {
        match self.blocks.pop() {
            Some(Block::Loop { depth, number }) => {
                self.around = depth;
                // The way that falls out of the loop began at its header, which gets a touch if it needs one.
                if self.found[number] || self.untouched >= depth {
                    self.untouched = NONE;
                }
            }
            Some(Block::Other { exit, entry, skips }) => {
                let skipped = if skips { entry } else { NONE };
                self.untouched = self.untouched.min(exit).min(skipped);
            }
            None => {}
        }
    }

    fn branch(&mut self, operator: &Operator<'_>) {
        for depth in targets(operator) {
            self.branch_to(depth);
        }
        if ends_way(operator) {
            self.untouched = NONE;
        }
    }

    fn branch_to(&mut self, depth: u32) {
        let untouched = self.untouched;
        match self.blocks.iter_mut().rev().nth(depth as usize) {
            Some(Block::Loop { depth, number }) => self.found[*number] |= untouched <= *depth,
            Some(Block::Other { exit, .. }) => *exit = untouched.min(*exit),
            // A branch out of the outermost block leaves the function.
            None => {}
        }
    }
}
