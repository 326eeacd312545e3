//! The calls of imported functions that a script makes.

use super::{CONTEXT, DRAFT, Maker, PAYLOAD};
use crate::script::{Entry, Step, has_input};

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

impl Maker<'_> {
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

    pub(super) fn steps(&mut self, entry: Entry) -> Vec<Step> {
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
}

fn has_result(entry: Entry) -> bool {
    matches!(entry, Entry::Pull | Entry::Process | Entry::Ingest | Entry::Flush)
}
