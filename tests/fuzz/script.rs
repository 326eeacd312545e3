//! Scripts that dictate what the guest does, and their generation.

use fastrand::Rng;

/// A function of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Init,
    Teardown,
    Pull,
    Notify,
    Process,
    Evaluate,
    Route,
    Ingest,
    Flush,
    Push,
    Complete,
}

/// Every function, with its name in kept cases.
pub(crate) const ENTRIES: [(Entry, &str); 11] = [
    (Entry::Init, "init"),
    (Entry::Teardown, "teardown"),
    (Entry::Pull, "pull"),
    (Entry::Notify, "notify"),
    (Entry::Process, "process"),
    (Entry::Evaluate, "evaluate"),
    (Entry::Route, "route"),
    (Entry::Ingest, "ingest"),
    (Entry::Flush, "flush"),
    (Entry::Push, "push"),
    (Entry::Complete, "complete"),
];

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

/// Numbers of functions in steps.
mod function {
    pub(super) const ALLOCATE: u32 = 1;
    pub(super) const CLONE: u32 = 2;
    pub(super) const APPEND: u32 = 3;
    pub(super) const WRITE: u32 = 4;
    pub(super) const SET_CONTENT_TYPE: u32 = 7;
    pub(super) const FREEZE: u32 = 8;
    pub(super) const READ: u32 = 11;
    pub(super) const READ_ALL: u32 = 12;
    pub(super) const DROP_BUFFER: u32 = 13;
    pub(super) const DROP_DRAFT: u32 = 14;
    pub(super) const DROP_CONTEXT: u32 = 15;
    pub(super) const STORE: u32 = 22;
    pub(super) const GROW: u32 = 23;
    pub(super) const PUBLISH: u32 = 24;
    pub(super) const MANY_TYPES: u32 = 25;
    pub(super) const MANY_BUFFERS: u32 = 26;
    /// One more than the last number.
    pub(super) const END: u32 = 28;
}

/// A call of an imported function.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    pub(crate) function: u32,
    /// Arguments: the handle, the return area, the list's pointer and its length.
    pub(crate) arguments: [u32; 4],
    /// Argument of 64 bits: offset or capacity.
    pub(crate) wide: u64,
}

/// The guest's actions in one call.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Result of the core function.
    pub(crate) returned: u32,
    /// 1: the allocator calls out at its call number `flags >> 8`; 2: so does post-return; 4: post-return traps.
    pub(crate) flags: u32,
    pub(crate) steps: Vec<Step>,
    /// Addresses to which a value is written at the end.
    pub(crate) handles: Vec<(u32, u32)>,
    /// Results of the first calls of the allocator; 0: the correct ones.
    pub(crate) allocations: [u32; 8],
    pub(crate) result: [u8; 48],
    pub(crate) blob: [u8; 256],
}

impl Script {
    /// The script as the configuration of the guest.
    pub(crate) fn config(&self) -> String {
        let mut words = vec![
            self.returned,
            self.flags,
            self.steps.len() as u32,
            self.handles.len() as u32,
        ];
        words.extend(self.allocations);
        for number in 0..4 {
            let (address, value) = self.handles.get(number).copied().unwrap_or_default();
            words.extend([address, value]);
        }
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(self.result);
        bytes.extend(self.blob);
        for step in &self.steps {
            let [a, b, c, d] = step.arguments;
            bytes.extend([step.function, a, b, c, d, 0].into_iter().flat_map(u32::to_le_bytes));
            bytes.extend(step.wide.to_le_bytes());
        }
        let letter = |nibble: u8| char::from(b'A' + nibble);
        let letters = bytes
            .into_iter()
            .flat_map(|byte| [letter(byte >> 4), letter(byte & 15)]);
        std::iter::once('S').chain(letters).collect()
    }

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

    fn step(&mut self, function: u32, arguments: [u32; 4], wide: u64) -> Step {
        let arguments = arguments.map(|argument| self.value(argument));
        let wide = match self.errs() {
            true => [0, wide + 1, wide.wrapping_sub(1), 1 << 32, u64::MAX, wide | 1 << 32][self.rng.usize(..6)],
            false => wide,
        };
        Step {
            function: self.value(function),
            arguments,
            wide,
        }
    }

    fn capacity(&mut self) -> u64 {
        match self.rng.u32(..20) {
            0 => 65_537 + self.rng.u64(..40_000),
            1 => 100_000 + self.rng.u64(..2),
            2 => 1 << self.rng.u32(..64),
            _ => self.length().into(),
        }
    }

    /// Any call.
    fn any_step(&mut self) -> Step {
        let (handle, area, length) = (self.handle(), self.area(), self.length());
        let at = match self.rng.bool() {
            true => 0x1_0000 + self.rng.u32(..64),
            false => self.text().0,
        };
        let wide = match self.rng.bool() {
            true => self.capacity(),
            false => self.rng.u64(..300),
        };
        match self.rng.u32(1..=function::END) {
            function::STORE if !self.errs() => Step::default(),
            function::GROW => {
                let pages = self.rng.u32(..3);
                self.step(function::GROW, [0, 0, pages, 0], 0)
            }
            function::MANY_TYPES if self.rng.u32(..200) > 0 => Step::default(),
            function::MANY_BUFFERS if self.rng.u32(..50) > 0 => Step::default(),
            function::END => self.step(function::PUBLISH, [0; 4], 0),
            27 if !self.errs() => Step::default(),
            function => self.step(function, [handle, area, at, length], wide),
        }
    }

    fn steps(&mut self, entry: Entry) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..self.rng.u32(..4) {
            steps.push(self.any_step());
        }
        if has_result(entry) && self.rng.u32(..8) > 0 {
            self.make_buffer(&mut steps, entry);
        }
        if has_input(entry) {
            let area = self.area();
            if self.rng.bool() {
                steps.push(self.step(function::READ_ALL, [PAYLOAD, area, 0, 0], 0));
            }
            let length = self.length();
            if self.rng.bool() {
                let offset = self.rng.u64(..20);
                steps.push(self.step(function::READ, [PAYLOAD, area, 0, length], offset));
            }
            if !self.errs() {
                steps.push(self.step(function::DROP_BUFFER, [PAYLOAD, 0, 0, 0], 0));
            }
            if !self.errs() {
                steps.push(self.step(function::DROP_CONTEXT, [CONTEXT, 0, 0, 0], 0));
            }
        }
        if self.errs() {
            steps.push(self.any_step());
        }
        steps.retain(|step| step.function > 0);
        steps
    }

    /// Adds the steps that make a buffer.
    fn make_buffer(&mut self, steps: &mut Vec<Step>, entry: Entry) {
        let (area, capacity) = (self.area(), self.capacity());
        steps.push(match has_input(entry) && self.rng.u32(..4) == 0 {
            true => self.step(function::CLONE, [PAYLOAD, area, 0, 0], 0),
            false => self.step(function::ALLOCATE, [0, area, 0, 0], capacity),
        });
        for _ in 0..self.rng.u32(..3) {
            let (area, at, length) = (self.area(), 0x1_0000 + self.rng.u32(..64), self.length());
            let offset = self.rng.u64(..16);
            steps.push(match self.rng.bool() {
                true => self.step(function::APPEND, [DRAFT, area, at, length], 0),
                false => self.step(function::WRITE, [DRAFT, area, at, length], offset),
            });
        }
        if self.rng.bool() {
            let (at, length) = self.text();
            steps.push(self.step(function::SET_CONTENT_TYPE, [DRAFT, 0, at, length], 0));
        }
        if !self.errs() {
            steps.push(self.step(function::FREEZE, [DRAFT, 0, 0, 0], 0));
        }
        if self.rng.u32(..4) > 0 {
            steps.push(self.step(function::DROP_DRAFT, [DRAFT, 0, 0, 0], 0));
        }
    }

    /// Fills the guest's data: lists in the first half, texts in the second.
    fn fill_blob(&mut self, script: &mut Script) {
        for number in 0..16 {
            let text = if self.errs() { INVALID } else { TEXTS };
            let text = text[self.rng.usize(..text.len())];
            script.blob[128 + 8 * number..136 + 8 * number].copy_from_slice(text);
        }
    }

    fn fill_result(&mut self, script: &mut Script, entry: Entry) {
        for byte in &mut script.result {
            // Padding has no meaning.
            *byte = if self.rng.u32(..4) == 0 { self.rng.u8(..) } else { 0 };
        }
        let fails = self.rng.u32(..6) == 0;
        let case = self.case(u8::from(fails));
        script.result[0] = case;
        match entry {
            Entry::Pull | Entry::Process | Entry::Ingest => {
                let none = self.rng.u32(..8) == 0;
                let some = u8::from(none == (entry == Entry::Process));
                let case = if fails { self.rng.u8(..5) } else { some };
                script.result[8] = self.case(case);
                let (at, length) = self.text();
                // An error's text and an element's content type are in different places.
                put(&mut script.result, 12, [at, length]);
                put(&mut script.result, 32, [at, length]);
                let address = self.value(RESULT + 40);
                self.hand_out(script, address);
            }
            Entry::Flush if !fails => self.fill_elements(script),
            Entry::Route if !fails => self.fill_ports(script),
            Entry::Init
            | Entry::Teardown
            | Entry::Notify
            | Entry::Evaluate
            | Entry::Route
            | Entry::Flush
            | Entry::Push
            | Entry::Complete => {
                let case = self.rng.u8(..if fails { 5 } else { 2 });
                script.result[4] = self.case(case);
                let (at, length) = self.text();
                put(&mut script.result, 8, [at, length]);
            }
        }
    }

    /// Fills in several elements, one or two of them with new buffers.
    fn fill_elements(&mut self, script: &mut Script) {
        let count = self.rng.u32(..4);
        let (at, listed) = (self.value(BLOB), self.value(count));
        put(&mut script.result, 4, [at, listed]);
        for number in 0..4 {
            let text = self.text();
            let element = 32 * number as usize;
            put(&mut script.blob, element + 16, [text.0, text.1]);
            let handle = self.handle();
            put(&mut script.blob, element + 24, [handle & 15]);
        }
        if count > 0 {
            self.hand_out(script, BLOB + 24);
        }
        if count > 1 {
            let mut more = self.steps(Entry::Pull);
            if script.steps.len() + more.len() < 30 {
                script.steps.append(&mut more);
            }
            script.handles.push((BLOB + 32 + 24, register(5)));
        }
        if count > 2 {
            script.handles.push((BLOB + 64 + 24, register(self.rng.u32(..6))));
        }
    }

    fn fill_ports(&mut self, script: &mut Script) {
        let (at, count) = (self.value(BLOB), self.rng.u32(..4));
        let count = self.value(count);
        put(&mut script.result, 4, [at, count]);
        for number in 0..16 {
            let (at, length) = self.text();
            put(&mut script.blob, 8 * number, [at, length]);
        }
    }

    /// Puts the handle of a new buffer into the result at `address`.
    fn hand_out(&mut self, script: &mut Script, address: u32) {
        let handle = if self.errs() { self.handle() } else { BUFFER };
        script.handles.push((address, handle));
    }

    fn case(&mut self, case: u8) -> u8 {
        if self.errs() { self.rng.u8(..) } else { case }
    }
}

/// Valid texts of eight bytes each.
const TEXTS: &[&[u8; 8]] = &[
    b"text/csv",
    b"a/bc/def",
    b"\0\0\0\0\0\0\0\0",
    // Characters of two bytes, and of four.
    b"gr\xc3\xb6\xc3\x9fe/",
    b"\xf0\x9f\xa6\x80\xf4\x8f\xbf\xbf",
];

/// Invalid UTF-8.
const INVALID: &[&[u8; 8]] = &[
    b"text\xffcsv",
    b"\x80\0\0\0\0\0\0\0",
    b"abcdefg\xc3",
    b"\xed\xa0\x80abcde",
    b"\xf4\x90\x80\x80abcd",
];

fn put<const N: usize>(bytes: &mut [u8], at: usize, words: [u32; N]) {
    for (number, word) in words.into_iter().enumerate() {
        bytes[at + 4 * number..at + 4 * number + 4].copy_from_slice(&word.to_le_bytes());
    }
}

pub(crate) fn has_input(entry: Entry) -> bool {
    match entry {
        Entry::Process | Entry::Evaluate | Entry::Route | Entry::Ingest | Entry::Push => true,
        Entry::Init | Entry::Teardown | Entry::Pull | Entry::Notify | Entry::Flush | Entry::Complete => false,
    }
}

fn has_result(entry: Entry) -> bool {
    matches!(entry, Entry::Pull | Entry::Process | Entry::Ingest | Entry::Flush)
}
