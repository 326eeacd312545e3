//! The generation of scripts: normal behaviour of a stage, with a few wrong values.

mod result;
mod steps;

use fastrand::Rng;

use super::{Entry, Script};

/// Addresses in the guest's memory (see guest.wat).
const AREAS: u32 = 0x400;
const DIGEST: u32 = 0x700;
const RESULT: u32 = 0x800;
const BLOB: u32 = 0x1080;
const MEMORY_END: u32 = 0x3_0000;

/// Placeholder for the value of a register.
const fn register(number: u32) -> u32 {
    0x7fff_0000 + number
}
const PAYLOAD: u32 = register(0);
const CONTEXT: u32 = register(1);
const DRAFT: u32 = register(2);
const BUFFER: u32 = register(3);

impl Script {
    /// A script for a call of `entry`: normal behaviour of a stage, with mistakes.
    pub(crate) fn make_up(rng: &mut Rng, entry: Entry) -> Self {
        // Percentage of wrong values: most scripts have at most one mistake.
        let mistakes = [0, 0, 1, 1, 3, 12][rng.usize(..6)];
        let mut maker = Maker { rng, mistakes };
        let mut script = Script {
            returned: maker.value(RESULT),
            flags: 0,
            steps: maker.steps(entry),
            handles: Vec::new(),
            allocations: [0; 8],
            result: [0; 48],
            blob: [0; 256],
        };
        if maker.errs() {
            script.flags = maker.rng.u32(..8) | maker.rng.u32(..4) << 8;
        }
        for allocation in &mut script.allocations {
            if maker.errs() {
                *allocation = maker.pointer();
            }
        }
        maker.fill_blob(&mut script);
        maker.fill_result(&mut script, entry);
        script
    }
}

/// Generator of a script's parts.
struct Maker<'a> {
    rng: &'a mut Rng,
    /// Percentage of wrong values.
    mistakes: u32,
}

impl Maker<'_> {
    fn errs(&mut self) -> bool {
        self.rng.u32(..100) < self.mistakes
    }

    /// The given value, or a wrong one.
    fn value(&mut self, value: u32) -> u32 {
        if !self.errs() {
            return value;
        }
        match self.rng.u32(..6) {
            0 => value.wrapping_add(1),
            1 => value.wrapping_sub(1),
            2 => self.handle(),
            3 => value ^ (1 << self.rng.u32(..32)),
            4 => self.rng.u32(..),
            _ => self.pointer(),
        }
    }

    /// A pointer, often one at which something may go wrong.
    fn pointer(&mut self) -> u32 {
        match self.rng.u32(..10) {
            0 => 0,
            1 => self.rng.u32(..16),
            2 => MEMORY_END - self.rng.u32(..64),
            3 => MEMORY_END - 4 * self.rng.u32(..16),
            4 => MEMORY_END + self.rng.u32(..16),
            5 => u32::MAX - self.rng.u32(..64),
            6 => 0x8000_0000 - self.rng.u32(..2),
            7 => self.rng.u32(..MEMORY_END),
            _ => AREAS + self.rng.u32(..0x300),
        }
    }

    /// A handle, right or wrong.
    fn handle(&mut self) -> u32 {
        match self.rng.u32(..8) {
            0 => self.rng.u32(..12),
            1 => u32::MAX - self.rng.u32(..3),
            2 => 0x1_0000 - self.rng.u32(..3),
            _ => register(self.rng.u32(..6)),
        }
    }

    /// A length, sometimes one that reaches the end of something.
    fn length(&mut self) -> u32 {
        match self.rng.u32(..12) {
            0 => 0,
            1 => self.rng.u32(..2),
            2 => 255 + self.rng.u32(..3),
            3 => 4095 + self.rng.u32(..3),
            4 => 65_535 + self.rng.u32(..3),
            5 if self.errs() => u32::MAX - self.rng.u32(..64),
            6 => MEMORY_END - AREAS - self.rng.u32(..0x300),
            _ => self.rng.u32(..300),
        }
    }

    /// An address for a result.
    fn area(&mut self) -> u32 {
        let area = AREAS + 16 * self.rng.u32(..32);
        self.value(area)
    }

    fn text(&mut self) -> (u32, u32) {
        let (at, len) = match self.rng.u32(..6) {
            0 => (DIGEST, 8),
            1 => (BLOB + self.rng.u32(128..256), 0),
            2 => {
                let at = self.rng.u32(128..256);
                (BLOB + at, self.rng.u32(..=256 - at))
            }
            _ => (BLOB + 128 + 8 * self.rng.u32(..8), 8),
        };
        let (at, len) = (self.value(at), self.value(len));
        // Longer than a content type may be, or than the scratch area.
        match self.errs() {
            true => (0x1_0000, [1024, 1025, 4097, 65_537][self.rng.usize(..4)]),
            false => (at, len),
        }
    }
}
